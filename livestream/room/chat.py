"""Every write to a room's chat, and what is counted of its viewers."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from re import IGNORECASE, Pattern, compile
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.clock import now
from livestream.room import wire
from livestream.room.models import ChatMessage, Mute, RoomMinute
from livestream.room.selectors import room_state
from livestream.sessions.models import LiveSession, State

FILE = Path(__file__).with_name("chat_words.toml")
LONGEST, LONGEST_NAME = 200, 20
# Seconds between two messages of one person, also without slow mode.
SOONEST = 1
# Rows that are forgotten in one night.
MOST = 2_000
SEE = """
INSERT INTO live_room_visit (session_id, visitor, first_at, last_at, views)
VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (session_id, visitor)
DO UPDATE SET views = live_room_visit.views + 1, last_at = excluded.last_at
"""


class CannotSay(Exception):
    """Nothing was said; the message says why, in the reader's language."""


@dataclass(frozen=True)
class Author:
    """Somebody who writes: a member, or a browser in one room."""

    key: str
    user: Any
    name: str


@cache
def _rules() -> list[tuple[Pattern[str], str]]:
    rules = tomllib.loads(FILE.read_text(encoding="utf-8"))["rule"]
    return [(compile("|".join(rule["words"]), IGNORECASE), rule["reason"]) for rule in rules]


def blocked(text: str) -> str:
    """Why a text may not be said here ("abuse", "contact", "link"); empty if it may.

    Blanks between the letters of a word do not hide it.
    """
    close = "".join(text.split())
    found = (reason for words, reason in _rules() if words.search(text) or words.search(close))
    return next(found, "")


def _why(reason: str) -> str:
    return {
        "abuse": _("Please stay friendly: this has a word in it that we don't show."),
        "contact": _("Please leave out phone numbers and accounts: everybody reads this."),
        "link": _("Please leave out addresses of other sites."),
    }[reason]


def one_line(text: str) -> str:
    """What was typed as one line, without the NUL that PostgreSQL cannot keep."""
    return " ".join(text.replace("\0", " ").split())


@transaction.atomic
def say(session_id: int, author: Author, text: str) -> ChatMessage:
    """Say something in a room's chat; everybody there reads it. Raises CannotSay."""
    text, name = one_line(text), one_line(author.name)
    if not text or not name:
        raise CannotSay(_("Write a name and a message."))
    if len(text) > LONGEST or len(name) > LONGEST_NAME:
        raise CannotSay(_("That is too long."))
    if reason := blocked(text) or blocked(name):
        raise CannotSay(_why(reason))
    state = room_state(session_id)
    if not state.chat_open:
        raise CannotSay(_("The chat is closed."))
    # One author's messages one after the other: two at once would both be the first.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{session_id} {author.key}"]
        )
    if Mute.objects.filter(session=session_id, author=author.key, lifted_at=None).exists():
        raise CannotSay(_("You cannot write here at the moment."))
    moment = now()
    _check_pace(session_id, author, text, moment, max(SOONEST, state.slow_seconds))
    message = ChatMessage.objects.create(
        session_id=session_id, author=author.key, user=author.user, name=name, text=text, at=moment
    )
    transaction.on_commit(lambda: wire.put(session_id, "chat", plain(message)))
    return message


def _check_pace(session_id: int, author: Author, text: str, moment: datetime, seconds: int) -> None:
    own = ChatMessage.objects.filter(session=session_id, author=author.key)
    last = own.filter(at__gt=moment - timedelta(seconds=max(seconds, 30))).order_by("-at").first()
    if last is None:
        return
    wait = seconds - (moment - last.at).total_seconds()
    if wait > 0:
        raise CannotSay(_("A moment, please: again in %(count)d s.") % {"count": int(wait) + 1})
    if last.text == text:
        raise CannotSay(_("You have just said that."))


def plain(message: ChatMessage) -> dict[str, Any]:
    """A message as everybody may read it. No more of its author than the name."""
    return {
        "id": message.pk,
        "name": message.name,
        "text": message.text,
        "at": round(message.at.timestamp() * 1000),
    }


def latest(session_id: int, count: int = 30) -> list[ChatMessage]:
    """The last messages that are not hidden, oldest first."""
    shown = ChatMessage.objects.filter(session=session_id, hidden_at=None).order_by("-pk")[:count]
    return list(shown)[::-1]


@transaction.atomic
def hide(session_id: int, message_id: int, actor: Any) -> None:
    """Hide a message from everybody. Hiding it again changes nothing."""
    shown = ChatMessage.objects.filter(session=session_id, pk=message_id, hidden_at=None)
    if shown.update(hidden_at=now(), hidden_by=actor):
        transaction.on_commit(lambda: wire.put(session_id, "hide", {"ids": [message_id]}))


@transaction.atomic
def mute(session_id: int, message_id: int, actor: Any) -> None:
    """Let the author of a message write nothing more in this room, and hide what was said."""
    said = ChatMessage.objects.filter(session=session_id, pk=message_id).first()
    if said is None:
        return
    Mute.objects.bulk_create(
        [Mute(session_id=session_id, author=said.author, name=said.name, at=now(), by=actor)],
        ignore_conflicts=True,
    )
    own = ChatMessage.objects.filter(session=session_id, author=said.author, hidden_at=None)
    ids = list(own.values_list("pk", flat=True))
    own.filter(pk__in=ids).update(hidden_at=now(), hidden_by=actor)
    transaction.on_commit(lambda: wire.put(session_id, "hide", {"ids": ids}))


def unmute(session_id: int, mute_id: int, actor: Any) -> None:
    """Let somebody write again. What was hidden stays hidden."""
    muted = Mute.objects.filter(session=session_id, pk=mute_id, lifted_at=None)
    muted.update(lifted_at=now(), lifted_by=actor)


def see(session: LiveSession, visitor: str) -> None:
    """Count somebody who opened the room while it was live. Nothing of a rehearsal counts."""
    if session.rehearsal or session.state not in (State.LIVE, State.PAUSED):
        return
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(SEE, [session.pk, visitor, moment, moment])


def keep_minute(session_id: int, viewers: int, likes: int) -> None:
    """Keep how many watch in this minute, while it is live and no rehearsal. Once a minute."""
    live = LiveSession.objects.filter(
        pk=session_id, rehearsal=False, state__in=(State.LIVE, State.PAUSED)
    )
    if live.exists():
        moment = now().replace(second=0, microsecond=0)
        row = RoomMinute(session_id=session_id, at=moment, viewers=viewers, likes=likes)
        RoomMinute.objects.bulk_create([row], ignore_conflicts=True)


def forget_chat(before: datetime) -> int:
    """Delete messages that were said before a moment, and mutes; gives how many messages."""
    old = ChatMessage.objects.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)
    chosen = list(old[:MOST])
    ChatMessage.objects.filter(pk__in=chosen).delete()
    Mute.objects.filter(at__lt=before).delete()
    return len(chosen)


def chat_data(user: Any) -> list[dict[str, Any]]:
    """What a member said, for the copy of their data."""
    return list(user.chat_messages.order_by("pk").values("session_id", "name", "text", "at"))
