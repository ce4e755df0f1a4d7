"""What staff see of messages and their wording."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from storefront.notifications import wording
from storefront.notifications.models import Message, MessageText


def messages(q: str = "", state: str = "", kind: str = "", channel: str = "") -> QuerySet[Message]:
    """Messages, the latest first, by the order's number, state, kind and channel."""
    found = Message.objects.select_related("order")
    if q:
        found = found.filter(order__number__startswith=q)
    for name, value in (("state", state), ("kind", kind), ("channel", channel)):
        if value:
            found = found.filter(**{name: value})
    return found.order_by("-created_at", "-pk")


@dataclass(frozen=True)
class WordingRow:
    """The wordings of a kind by one channel: per language, its latest version or None."""

    kind: Message.Kind
    channel: Message.Channel
    latest: list[tuple[str, MessageText | None]]


def wordings() -> list[WordingRow]:
    """Every kind and channel, with what staff wrote last. One query."""
    latest = {
        (text.kind, text.channel, text.language): text
        for text in MessageText.objects.order_by("kind", "channel", "language", "-version")
        .distinct("kind", "channel", "language")
        .select_related("created_by")
    }
    return [
        WordingRow(
            kind,
            channel,
            [(name, latest.get((kind, channel, code))) for code, name in settings.LANGUAGES],
        )
        for kind in Message.Kind
        for channel in Message.Channel
    ]


def in_force(kind: str, channel: str) -> dict[str, wording.Effective]:
    """The wording in force in each of the site's languages."""
    return {code: wording.effective(kind, code, channel) for code, _ in settings.LANGUAGES}


def history(kind: str, channel: str) -> QuerySet[MessageText]:
    """All versions of a kind's wordings by a channel, the latest first."""
    texts = MessageText.objects.filter(kind=kind, channel=channel).select_related("created_by")
    return texts.order_by("-created_at", "-pk")
