"""Every write to live sessions: what is prepared, and the moves from one state to the next."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from catalog.clock import now
from catalog.models import Product
from livestream.campaigns.models import Campaign
from livestream.sessions.models import (
    CueCard,
    LiveSession,
    SessionChannel,
    SessionEvent,
    ShelfItem,
    State,
)
from livestream.sessions.selectors import villages_of

Cause = SessionEvent.Cause
Platform = SessionChannel.Platform
DESK, BOTH = frozenset({Cause.DESK}), frozenset({Cause.DESK, Cause.INGEST})
# Every move there is, and what may cause it. A video signal begins what is scheduled; one that
# fails pauses it, and one that comes back lets it go on. That it is over, a person says. Nothing
# here looks at the clock.
MOVES: dict[tuple[str, str], frozenset[str]] = {
    (State.DRAFT, State.SCHEDULED): DESK,
    (State.SCHEDULED, State.DRAFT): DESK,
    (State.SCHEDULED, State.LIVE): BOTH,
    (State.LIVE, State.PAUSED): BOTH,
    (State.PAUSED, State.LIVE): BOTH,
    (State.LIVE, State.ENDED): DESK,
    (State.PAUSED, State.ENDED): DESK,
    (State.ENDED, State.REPLAY): DESK,
    (State.REPLAY, State.ENDED): DESK,
}
# Moves after which there is no way back.
FINAL = {
    (State.SCHEDULED, State.LIVE),
    (State.LIVE, State.ENDED),
    (State.PAUSED, State.ENDED),
}
# What others do with a move, in its transaction and under the session's lock; they add themselves
# at start-up.
AFTER_MOVE: list[Callable[[LiveSession, SessionEvent], None]] = []


class CannotMove(Exception):
    """A session stays where it is; the message says why, in the reader's language."""


class CannotSave(Exception):
    """Nothing was saved; the message says why, `field` names the field at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class SessionPlan:
    """What staff say of a session before it begins."""

    campaign_id: int
    title_zh: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    rehearsal: bool = False


@dataclass(frozen=True)
class ChannelPlan:
    """One place where a session is to be shown."""

    platform: str
    account: str
    room: str
    address: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class CardText:
    """What a cue card says. Lines of points and proofs are separate points and proofs."""

    points_zh: str = ""
    points_en: str = ""
    proofs_zh: str = ""
    proofs_en: str = ""
    quota_zh: str = ""
    quota_en: str = ""
    village_zh: str = ""
    village_en: str = ""


def lock_session(session_id: int) -> LiveSession:
    """The session with its row locked. Raises LiveSession.DoesNotExist."""
    return LiveSession.objects.select_for_update(no_key=True).get(pk=session_id)


def ways_from(session: LiveSession, cause: str = Cause.DESK) -> list[State]:
    """The states that a session may be moved to."""
    return [
        State(to)
        for (start, to), causes in MOVES.items()
        if start == session.state
        and cause in causes
        and not (session.rehearsal and to == State.REPLAY)
    ]


@transaction.atomic
def move(
    session: LiveSession, to: str, actor: Any, cause: str, seen: str | None = None
) -> SessionEvent:
    """Move a session to another state and write down who did it, when, and how far into it.

    `cause` is "desk", with the person as `actor`, or "ingest", without one. `seen` is the state
    that the desk was shown: of two desks at once the second is told. Brings `session` up to date.
    Raises CannotMove, and nothing has changed.
    """
    row = lock_session(session.pk)
    if seen is not None and seen != row.state:
        raise CannotMove(
            _("Someone else has just moved it: it is “%(state)s” now. Look again.")
            % {"state": row.get_state_display()}
        )
    if row.rehearsal and to == State.REPLAY:
        raise CannotMove(_("A rehearsal has no replay."))
    if to not in ways_from(row, cause):
        raise CannotMove(
            _("It is “%(from)s”: from there it does not go to “%(to)s” in this way.")
            % {"from": row.get_state_display(), "to": dict(State.choices).get(to, to)}
        )
    if (cause == Cause.DESK) == (actor is None):
        raise CannotMove(_("A move at the desk has a name, one by the video signal has none."))
    last = SessionEvent.objects.filter(session=row).order_by("-sequence").first()
    moment = now()
    if row.started_at is not None:
        # A clock that was set back does not end a session before it began.
        moment = max(moment, row.started_at)
    before, row.state = row.state, State(to)
    if to == State.LIVE and row.started_at is None:
        row.started_at = moment
    if to == State.ENDED and row.ended_at is None:
        row.ended_at = moment
    row.save(update_fields=["state", "started_at", "ended_at"])
    event = SessionEvent.objects.create(
        session=row,
        sequence=last.sequence + 1 if last else 1,
        from_state=before,
        to_state=row.state,
        cause=cause,
        actor=actor,
        at=moment,
        offset_ms=milliseconds_into(row, moment),
    )
    for follow in AFTER_MOVE:
        follow(row, event)
    session.state, session.started_at, session.ended_at = row.state, row.started_at, row.ended_at
    return event


def milliseconds_into(session: LiveSession, moment: datetime) -> int | None:
    """How far into a session a moment lies; None before it started."""
    if session.started_at is None:
        return None
    since = moment - session.started_at
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _changeable(session_id: int) -> LiveSession:
    """The session under its lock, if it has not begun. Raises CannotSave."""
    session = lock_session(session_id)
    if not session.is_before:
        raise CannotSave("", _("It has begun: what was prepared stays as it is."))
    return session


def _check_period(plan: SessionPlan | ChannelPlan) -> None:
    if plan.ends_at <= plan.starts_at:
        raise CannotSave("ends_at", _("It ends before it begins."))


@transaction.atomic
def save_session(plan: SessionPlan, session_id: int | None = None) -> LiveSession:
    """Make a session, a draft at first, or change one that has not begun.

    Raises CannotSave: its period is none, it lies outside its campaign's (what it sells could not
    be credited to the campaign then), or it has begun.
    """
    _check_period(plan)
    campaign = Campaign.objects.get(pk=plan.campaign_id)
    if plan.starts_at < campaign.starts_at or plan.ends_at > campaign.ends_at:
        raise CannotSave("starts_at", _("The campaign does not run all that time."))
    session = LiveSession() if session_id is None else _changeable(session_id)
    _take(session, plan)
    return session


@transaction.atomic
def delete_draft(session_id: int) -> None:
    """Delete a session that was never scheduled, with all that was prepared for it.

    Raises CannotSave.
    """
    session = lock_session(session_id)
    if session.state != State.DRAFT or SessionEvent.objects.filter(session=session).exists():
        raise CannotSave("", _("It was scheduled once: it stays in the list."))
    session.delete()


@transaction.atomic
def save_channel(
    session_id: int, plan: ChannelPlan, channel_id: int | None = None
) -> SessionChannel:
    """Add a channel to a session that has not begun, or change one. Raises CannotSave."""
    session = _changeable(session_id)
    _check_period(plan)
    own = plan.platform == Platform.OWN
    if own and (plan.account or plan.address):
        raise CannotSave("account", _("Our own room has no account and no other address."))
    if not own and not plan.account:
        raise CannotSave("account", _("Say whose account it is."))
    others = SessionChannel.objects.filter(
        session=session, platform=plan.platform, account=plan.account
    )
    channel = SessionChannel(session=session)
    if channel_id is not None:
        channel = SessionChannel.objects.get(session=session, pk=channel_id)
        others = others.exclude(pk=channel_id)
    if others.exists():
        raise CannotSave("account", _("This channel is in the list already."))
    _take(channel, plan)
    return channel


@transaction.atomic
def remove_channel(session_id: int, channel_id: int) -> None:
    """Take a channel out of a session that has not begun. Raises CannotSave."""
    SessionChannel.objects.filter(session=_changeable(session_id), pk=channel_id).delete()


@transaction.atomic
def add_item(session_id: int, pack_id: int, per_buyer: int | None = None) -> ShelfItem:
    """Put a pack at the end of the shelf, with a cue card that names its villages.

    `per_buyer`: packs that one buyer may have at most. Raises CannotSave.
    """
    session = _changeable(session_id)
    shelf = ShelfItem.objects.filter(session=session)
    if shelf.filter(pack_id=pack_id).exists():
        raise CannotSave("pack", _("It lies on the shelf already."))
    pack = Product.objects.filter(pk=pack_id, produce__isnull=False, is_public=True).first()
    if pack is None:
        raise CannotSave("pack", _("The shop does not sell that."))
    last = shelf.aggregate(last=Max("position"))["last"] or 0
    item = ShelfItem.objects.create(
        session=session, pack=pack, position=last + 1, per_buyer=_limit(per_buyer)
    )
    village_zh, village_en = villages_of(pack_id)
    CueCard.objects.create(item=item, village_zh=village_zh, village_en=village_en)
    return item


@transaction.atomic
def limit_item(session_id: int, item_id: int, per_buyer: int | None) -> None:
    """Say how many packs one buyer may have; None: as many as there are. Raises CannotSave."""
    session = _changeable(session_id)
    shelf = ShelfItem.objects.filter(session=session, pk=item_id)
    shelf.update(per_buyer=_limit(per_buyer))


def _limit(per_buyer: int | None) -> int | None:
    if per_buyer is not None and not 1 <= per_buyer <= 9999:
        raise CannotSave("per_buyer", _("From 1 to 9999, or empty."))
    return per_buyer


@transaction.atomic
def shift_item(session_id: int, item_id: int, up: bool) -> None:
    """Let an item change places with the one before it, or after it. Raises CannotSave.

    The first stays first and the last stays last.
    """
    shelf = list(ShelfItem.objects.filter(session=_changeable(session_id)))
    at = next((at for at, item in enumerate(shelf) if item.pk == item_id), None)
    if at is None:
        return
    other = at - 1 if up else at + 1
    if 0 <= other < len(shelf):
        one, two = shelf[at], shelf[other]
        one.position, two.position = two.position, one.position
        ShelfItem.objects.bulk_update([one, two], ["position"])


@transaction.atomic
def remove_item(session_id: int, item_id: int) -> None:
    """Take an item and its cue card off the shelf; those after it move up. Raises CannotSave."""
    session = _changeable(session_id)
    ShelfItem.objects.filter(session=session, pk=item_id).delete()
    left = list(ShelfItem.objects.filter(session=session))
    for position, item in enumerate(left, 1):
        item.position = position
    ShelfItem.objects.bulk_update(left, ["position"])


@transaction.atomic
def save_card(session_id: int, item_id: int, text: CardText) -> CueCard:
    """Write an item's cue card: until the session has ended, for hosts read it meanwhile.

    Words that advertising must not use are kept as they are: `words.warnings_of` names them.
    Raises CannotSave.
    """
    session = lock_session(session_id)
    if session.state in (State.ENDED, State.REPLAY):
        raise CannotSave("", _("It has ended: its cue cards stay as they were."))
    card = CueCard.objects.get(item__session=session, item_id=item_id)
    _take(card, text)
    return card


def _take(row: Any, plan: Any) -> None:
    """Give a row what a plan says, and save it."""
    for field in fields(plan):
        setattr(row, field.name, getattr(plan, field.name))
    row.save()
