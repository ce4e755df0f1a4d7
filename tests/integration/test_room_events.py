"""The events of a room: what a desk does, what it takes back, and what the database holds."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from catalog.clock import now
from livestream.room import events, wire
from livestream.room.models import ShelfEvent
from livestream.room.selectors import room_state
from livestream.sessions.models import LiveSession
from livestream.sessions.services import move
from storefront.accounts.models import User
from tests.support import chain
from tests.support.sessions import make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def host() -> User:
    return User.objects.create_user(email="host@example.org", password="pears-4-me")


@pytest.fixture
def session(host: User) -> LiveSession:
    """One that is live, with three packs on its shelf."""
    made = make_session(packs=[chain.make_grove(letter).pack for letter in "ABC"])
    for to in ("scheduled", "live"):
        move(made, to, host, "desk")
    return made


def rows() -> list[Any]:
    return list(ShelfEvent.objects.order_by("pk").values())


def test_what_a_desk_does_is_written_down_and_taken_back_one_by_one(session, host):
    first, second, third = session.shelf.values_list("pk", flat=True)

    events.pin(session.pk, first, host)
    events.pin(session.pk, second, host)
    events.reorder(session.pk, [third, first, second], host, seen=4)
    events.notice(session.pk, "  今晚 <b>20:00</b>\n 上新 ", host)
    state = room_state(session.pk)
    assert (state.sequence, state.state, state.pinned) == (6, "live", second)
    assert state.order == [third, first, second]
    assert (state.notice, state.chat_open, state.slow_seconds) == (
        "今晚 <b>20:00</b> 上新",
        True,
        0,
    )

    for expected in (6, 5, 4):
        last = events.last_undoable(session)
        assert last.sequence == expected
        events.undo(session.pk, host, seen=last.sequence)
    state = room_state(session.pk)
    assert (state.sequence, state.pinned, state.notice) == (9, first, "")
    assert state.order == [first, second, third]
    events.undo(session.pk, host, seen=3)
    assert room_state(session.pk).pinned is None
    with pytest.raises(events.CannotDo):
        events.undo(session.pk, host, seen=3)
    assert [(row["sequence"], row["kind"]) for row in rows()] == [
        *((1, "state"), (2, "state"), (3, "pin"), (4, "pin"), (5, "order"), (6, "notice")),
        *((7, "undo"), (8, "undo"), (9, "undo"), (10, "undo")),
    ]


def test_an_event_knows_when_and_how_far_into_the_session(session, host, monkeypatch):
    moment = session.started_at + timedelta(minutes=2, milliseconds=345)
    monkeypatch.setattr("livestream.room.events.now", lambda: moment)
    event = events.pin(session.pk, None, host)
    assert (event.at, event.offset_ms, event.actor) == (moment, 120_345, host)
    # A clock that was set back.
    monkeypatch.setattr(
        "livestream.room.events.now", lambda: session.started_at - timedelta(hours=1)
    )
    event = events.pin(session.pk, None, host)
    assert (event.at, event.offset_ms) == (session.started_at, 0)
    before = make_session()
    move(before, "scheduled", host, "desk")
    assert events.pin(before.pk, None, host).offset_ms is None


def test_what_cannot_be_done_changes_nothing(session, host):
    item = session.shelf.first().pk
    other = make_session(packs=[chain.make_grove("D").pack])
    move(other, "scheduled", host, "desk")
    foreign = other.shelf.get().pk
    ended = make_session(packs=[chain.make_grove("E").pack])
    for to in ("scheduled", "live", "ended"):
        move(ended, to, host, "desk")
    draft = make_session()
    before = rows()

    for refused in (
        lambda: events.pin(session.pk, foreign, host),
        lambda: events.reorder(session.pk, [item], host, seen=99),
        lambda: events.reorder(session.pk, [item] * 3, host, seen=99),
        lambda: events.notice(session.pk, "长" * 201, host),
        lambda: events.set_chat(session.pk, True, 601, host),
        lambda: events.set_chat(session.pk, True, -1, host),
        lambda: events.undo(session.pk, host, seen=2),
        lambda: events.pin(ended.pk, ended.shelf.get().pk, host),
        lambda: events.pin(draft.pk, None, host),
    ):
        with pytest.raises(events.CannotDo):
            refused()
    assert rows() == before


def test_a_desk_that_did_not_see_another_order_is_told(session, host):
    order = list(session.shelf.values_list("pk", flat=True))
    events.pin(session.pk, order[0], host)
    events.reorder(session.pk, order[::-1], host, seen=2)
    with pytest.raises(events.CannotDo):
        events.reorder(session.pk, order, host, seen=3)
    events.undo(session.pk, host, seen=4)
    with pytest.raises(events.CannotDo):
        events.reorder(session.pk, order, host, seen=4)
    assert room_state(session.pk).order == order
    events.reorder(session.pk, order[::-1], host, seen=5)
    assert room_state(session.pk).order == order[::-1]


def test_what_is_over_has_no_pinned_item_and_no_chat(session, host):
    events.pin(session.pk, session.shelf.first().pk, host)
    events.notice(session.pk, "上新", host)
    move(session, "ended", host, "desk")
    state = room_state(session.pk)
    assert (state.state, state.pinned, state.notice, state.chat_open) == ("ended", None, "", False)


def test_the_wire_has_the_newest_state_whatever_comes_late(
    session, host, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        events.pin(session.pk, session.shelf.first().pk, host)
    wire.put_state(session.pk, 2, {"sequence": 2})

    line = wire.line()
    kept = json.loads(line.hget(wire.state_key(session.pk), "room"))
    assert kept == room_state(session.pk).plain()
    told = [json.loads(entry["data"]) for _, entry in line.xrange(wire.stream_key(session.pk))]
    assert told == [kept]


def test_without_redis_the_desk_goes_on(
    session, host, django_capture_on_commit_callbacks, settings
):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    wire.line.cache_clear()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            events.pin(session.pk, session.shelf.first().pk, host)
    finally:
        wire.line.cache_clear()
    assert room_state(session.pk).pinned == session.shelf.first().pk


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE live_room_shelfevent SET data = '{}'",
        "DELETE FROM live_room_shelfevent",
        "TRUNCATE live_room_shelfevent",
    ],
)
def test_the_database_refuses_to_change_what_happened(session, sql):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert ShelfEvent.objects.count() == 2


def test_the_database_holds_sequence_actor_and_undo(session, host):
    pinned = events.pin(session.pk, None, host)
    other = make_session()
    move(other, "scheduled", host, "desk")
    good = {"session": session, "sequence": 9, "at": now(), "kind": "pin", "actor": host}
    before = rows()
    for wrong in (
        {"sequence": 3},
        {"sequence": 0},
        {"actor": None},
        {"kind": "undo"},
        {"undoes": pinned},
        {"kind": "undo", "undoes": pinned, "session": other},
        {"kind": "undo", "undoes": ShelfEvent.objects.get(session=session, sequence=1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ShelfEvent.objects.create(**(good | wrong))
    assert rows() == before
    ShelfEvent.objects.create(**(good | {"kind": "undo", "undoes": pinned}))
    with pytest.raises(IntegrityError), transaction.atomic():
        ShelfEvent.objects.create(**(good | {"kind": "undo", "undoes": pinned, "sequence": 10}))
