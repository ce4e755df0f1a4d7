"""Desks that do things to one room at one moment."""

import json
import threading
from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.db import connection

from livestream.room import events, wire
from livestream.room.selectors import room_state
from livestream.sessions.services import move
from tests.support import chain
from tests.support.sessions import make_session


def at_once(*acts: Callable[[], object]) -> None:
    """Do all of it at one moment, in threads."""
    barrier = threading.Barrier(len(acts))

    def do(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_desks_leave_a_gapless_story_and_viewers_know_its_end(fresh_database):
    staff = get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")
    session = make_session(packs=[chain.make_grove(letter).pack for letter in "AB"])
    for to in ("scheduled", "live"):
        move(session, to, staff, "desk")
    one, two = session.shelf.values_list("pk", flat=True)
    told: list[str] = []

    def reorder() -> None:
        try:
            events.reorder(session.pk, [two, one], staff, seen=2)
        except events.CannotDo as refusal:
            told.append(str(refusal))

    pins = [lambda item=item: events.pin(session.pk, item, staff) for item in (one, two, None) * 4]
    at_once(*pins, reorder, reorder)

    story = list(session.shelf_events.values_list("sequence", flat=True))
    assert story == list(range(1, 16))
    assert len(told) == 1
    kept = wire.line().hgetall(wire.state_key(session.pk))
    assert int(kept["sequence"]) == 15
    assert json.loads(kept["room"]) == room_state(session.pk).plain()


def test_of_two_desks_that_undo_at_once_one_is_told(fresh_database):
    staff = get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")
    session = make_session(packs=[chain.make_grove().pack])
    move(session, "scheduled", staff, "desk")
    for text in ("一", "二"):
        events.notice(session.pk, text, staff)
    told: list[str] = []

    def undo() -> None:
        try:
            events.undo(session.pk, staff, seen=3)
        except events.CannotDo as refusal:
            told.append(str(refusal))

    at_once(undo, undo, undo)

    assert len(told) == 2
    assert room_state(session.pk).notice == "一"
