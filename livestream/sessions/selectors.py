"""What the pages about live sessions show."""

from django.db.models import Count, QuerySet

from cooperatives.partner.models import Partner
from livestream.campaigns.models import Campaign
from livestream.sessions.models import CueCard, LiveSession, ShelfItem, State
from livestream.sessions.words import Warned, warnings_of

# While it is so, its room sells. A signal that fails pauses it, and buyers go on.
ON_AIR = (State.LIVE, State.PAUSED)
# Fields of a cue card that are said aloud.
SAID = tuple(
    f"{name}_{language}"
    for name in ("points", "proofs", "quota", "village")
    for language in ("zh", "en")
)


def all_sessions() -> QuerySet[LiveSession]:
    """Sessions with their campaign and channels, and how much lies on the shelf; newest first."""
    return (
        LiveSession.objects.select_related("campaign")
        .prefetch_related("channels")
        .annotate(items=Count("shelf"))
        .order_by("-starts_at", "-pk")
    )


def public_sessions(campaign: Campaign | None = None, replays: int = 6) -> list[LiveSession]:
    """What visitors are shown: on air, then what comes, the soonest first, then the last replays.

    Of one campaign, or of all. One query.
    """
    rows = LiveSession.objects.filter(rehearsal=False).exclude(state__in=[State.DRAFT, State.ENDED])
    if campaign is not None:
        rows = rows.filter(campaign=campaign)
    on_air = [one for one in rows if one.state in ON_AIR]
    coming = sorted(
        (one for one in rows if one.state == State.SCHEDULED), key=lambda one: one.starts_at
    )
    return on_air + coming + [one for one in rows if one.state == State.REPLAY][:replays]


def shelf_of(session: LiveSession) -> QuerySet[ShelfItem]:
    """The shelf in its order, each item with its pack, produce and cue card."""
    return ShelfItem.objects.filter(session=session).select_related("pack__produce", "card")


def villages_of(pack_id: int) -> tuple[str, str]:
    """The villages whose cooperatives sell a pack, in Chinese and English: what a card begins with.

    English is empty where one of them has no English name.
    """
    places = list(
        Partner.objects.filter(stockrecords__product=pack_id)
        .order_by("code")
        .values_list("village", "village_en")
    )
    english = [en for _, en in places]
    return "、".join(zh for zh, _ in places), ", ".join(english) if all(english) else ""


def card_warnings(card: CueCard) -> dict[str, list[Warned]]:
    """{field: words that advertising must not use} of a cue card, without the clean fields."""
    found = {name: warnings_of(getattr(card, name)) for name in SAID}
    return {name: warnings for name, warnings in found.items() if warnings}
