"""Two desks, and the video signal, move one session at one moment."""

import threading

from django.contrib.auth import get_user_model
from django.db import connection

from livestream.sessions.models import LiveSession
from livestream.sessions.services import CannotMove, move
from tests.support.sessions import make_session


def test_of_desks_that_move_at_once_one_wins_and_the_others_are_told(fresh_database):
    staff = get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")
    session = make_session()
    move(session, "scheduled", staff, "desk")
    move(session, "live", staff, "desk")
    barrier, told, won = threading.Barrier(8), [], []

    def press(to: str) -> None:
        try:
            seen = LiveSession.objects.get()
            barrier.wait()
            won.append(move(seen, to, staff, "desk", seen="live").to_state)
        except CannotMove as refusal:
            told.append(str(refusal))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=press, args=[to]) for to in ("paused", "ended") for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert len(told) == 7
    assert LiveSession.objects.get().state == won[0]
    assert list(session.events.values_list("sequence", "to_state")) == [
        (1, "scheduled"),
        (2, "live"),
        (3, won[0]),
    ]


def test_signals_and_desks_without_a_view_of_it_leave_a_gapless_story(fresh_database):
    staff = get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")
    session = make_session()
    move(session, "scheduled", staff, "desk")
    move(session, "live", staff, "desk")
    barrier, made, refused = threading.Barrier(6), [], []

    def toggle(number: int) -> None:
        actor, cause = (staff, "desk") if number % 2 else (None, "ingest")
        barrier.wait()
        for _ in range(5):
            for to in ("paused", "live"):
                try:
                    made.append(move(LiveSession.objects.get(), to, actor, cause).sequence)
                except CannotMove:
                    refused.append(to)
        connection.close()

    threads = [threading.Thread(target=toggle, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    story = list(session.events.values_list("sequence", "from_state", "to_state"))
    assert len(made) + len(refused) == 60
    assert [row[0] for row in story] == list(range(1, len(made) + 3))
    assert all(before[2] == after[1] for before, after in zip(story, story[1:], strict=False))
    assert LiveSession.objects.get().state == story[-1][2]
