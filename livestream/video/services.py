"""Every write about a session's video: its key, who sends, and what that does to the session."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.clock import now
from livestream.sessions.models import LiveSession, SessionEvent, State
from livestream.sessions.services import CannotSave, lock_session, move
from livestream.video.models import Ingest, Publisher, Signal

Kind, Reason, Cause = Signal.Kind, Signal.Reason, SessionEvent.Cause
# nginx says every five seconds who still sends: so long without a word, and it is gone. Somebody
# else who comes with the key need not wait that long: it is he, after the media server was gone.
GONE_AFTER, GIVES_WAY_AFTER = timedelta(seconds=30), timedelta(seconds=12)
# While it is so, video is taken.
TAKES = (State.SCHEDULED, State.LIVE, State.PAUSED)


class Refused(Exception):
    """The video is not taken; the message is one of Signal.Reason, or "key"."""


def public_name(session_id: int) -> str:
    """The name under which a session's video is played: its key never shows."""
    return f"s{session_id}"


def digest_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def new_key(session_id: int, actor: Any) -> str:
    """Give a session a new key, and return it: it is shown once, and kept nowhere.

    The old one is refused from now on; whoever sends with it is cut at the media server's next
    question. Raises CannotSave for a session that takes no video.
    """
    session, key = lock_session(session_id), secrets.token_urlsafe(24)
    if session.state not in TAKES:
        raise CannotSave("", _("Video is taken once it is scheduled, and until it has ended."))
    Ingest.objects.update_or_create(
        session=session, defaults={"digest": digest_of(key), "made_at": now()}
    )
    _leave(session, Kind.ENDED, Reason.NEW_KEY)
    _note(session, Kind.KEY, actor=actor)
    return key


@transaction.atomic
def let_begin(session_id: int, yes: bool) -> None:
    """Say whether the first video begins a scheduled session. Nothing where it has no key yet."""
    Ingest.objects.filter(session=lock_session(session_id)).update(begins_session=yes)


def begin(key: str, client: str, *, named: str | None = None, tells: bool = False) -> LiveSession:
    """Take the video that a connection sends with a key.

    A session that the last signal paused goes on; one that is scheduled begins if the desk lets
    the video begin it (`let_begin`), and is rehearsing its picture otherwise. What the desk
    paused stays so. `named`: the public name that is asked for, where the media server lets
    senders choose. `tells`: the server goes on saying that it is there (`still_sends`). Raises
    Refused, and nothing has changed but the log.
    """
    known = Ingest.objects.filter(digest=digest_of(key)).values_list("session_id", flat=True)
    session_id = known.first()
    if session_id is None:
        raise Refused("key")
    with transaction.atomic():
        session = lock_session(session_id)
        if not known.exists():  # replaced while we waited for the lock
            raise Refused("key")
        refusal = _refusal(session, client, named)
        if refusal:
            _note(session, Kind.REFUSED, client, refusal)
        else:
            _enter(session, client, tells)
    if refusal:
        raise Refused(refusal)
    return session


def _refusal(session: LiveSession, client: str, named: str | None) -> str:
    """Why a connection may not send; empty if it may. Under the session's lock."""
    if named is not None and named != public_name(session.pk):
        return Reason.NAME
    if session.state not in TAKES:
        return Reason.STATE
    _forget_silent(session, GIVES_WAY_AFTER)
    sends = Publisher.objects.filter(session=session, ended_at=None).first()
    return Reason.TAKEN if sends and sends.client != client else ""


def _enter(session: LiveSession, client: str, tells: bool) -> None:
    moment = now()
    if Publisher.objects.filter(session=session, ended_at=None).update(seen_at=moment):
        return  # asked twice of one connection
    Publisher.objects.create(
        session=session, client=client, tells=tells, began_at=moment, seen_at=moment
    )
    _note(session, Kind.BEGAN, client)
    last = session.events.last()
    begins = session.state == State.SCHEDULED and session.ingest.begins_session
    was_cut = session.state == State.PAUSED and last is not None and last.cause == Cause.INGEST
    if begins or was_cut:
        move(session, State.LIVE, None, Cause.INGEST)


def still_sends(key: str, client: str) -> bool:
    """Note that a connection is there; one that was given up, or is not known yet, is taken.

    False: its key was replaced, another sends, or the session is over; cut it.
    """
    known = Publisher.objects.filter(
        session__ingest__digest=digest_of(key),
        session__state__in=TAKES,
        client=client,
        ended_at=None,
    )
    if known.update(seen_at=now()):
        return True
    try:
        begin(key, client, tells=True)
    except Refused:
        return False
    return True


@transaction.atomic
def end(session_id: int, client: str) -> bool:
    """The connection that sent a session's video is over: what is live pauses, no more.

    False: another sends, or nobody.
    """
    session = LiveSession.objects.select_for_update(no_key=True).filter(pk=session_id).first()
    if session is None:
        return False
    if not Publisher.objects.filter(session=session, client=client, ended_at=None).exists():
        return False
    _leave(session, Kind.ENDED)
    return True


def end_by_key(key: str, client: str) -> bool:
    """As `end`, where the media server knows the key alone. A new key has ended it already."""
    known = Ingest.objects.filter(digest=digest_of(key)).first()
    return known is not None and end(known.session_id, client)


def end_silent() -> int:
    """Pause the sessions whose media server has not said for long that their video comes.

    Gives how many.
    """
    silent = Publisher.objects.filter(tells=True, ended_at=None, seen_at__lt=now() - GONE_AFTER)
    return sum(
        _end_silent(session_id) for session_id in silent.values_list("session_id", flat=True)
    )


@transaction.atomic
def _end_silent(session_id: int) -> bool:
    return _forget_silent(lock_session(session_id), GONE_AFTER)


def _forget_silent(session: LiveSession, after: timedelta) -> bool:
    """End a publisher of whom nothing was heard for so long. Under the session's lock."""
    sends = Publisher.objects.filter(session=session, ended_at=None).first()
    if sends is None or not sends.tells or sends.seen_at >= now() - after:
        return False
    _leave(session, Kind.LOST, Reason.SILENT)
    return True


def _leave(session: LiveSession, kind: str, reason: str = "") -> None:
    """Whoever sends is gone; a session that is live pauses. Under the session's lock."""
    sends = Publisher.objects.filter(session=session, ended_at=None).first()
    if sends is None:
        return
    # A clock that was set back: nothing ended before it began.
    sends.ended_at = max(now(), sends.began_at)
    sends.save(update_fields=["ended_at"])
    _note(session, kind, sends.client, reason)
    if session.state == State.LIVE:
        move(session, State.PAUSED, None, Cause.INGEST)


def _note(
    session: LiveSession, kind: str, client: str = "", reason: str = "", actor: Any = None
) -> None:
    Signal.objects.create(
        session=session, kind=kind, client=client[:80], reason=reason, actor=actor, at=now()
    )
