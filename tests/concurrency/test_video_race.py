"""Connections that send a session's video with one key, at one instant."""

from collections import Counter

from django.contrib.auth import get_user_model

from livestream.sessions.models import LiveSession
from livestream.sessions.services import move
from livestream.video.models import Publisher
from livestream.video.services import let_begin, new_key
from tests.support.racers import call
from tests.support.sessions import make_session


def test_of_eight_that_send_at_once_one_is_taken_and_the_session_begins_once(race):
    host = get_user_model().objects.create_user(email="host@example.org", password="pears-4-me")
    session = make_session()
    move(session, "scheduled", host, "desk")
    key = new_key(session.pk, host)
    let_begin(session.pk, True)

    told = race([call("publish", key, f"nginx:{number}") for number in range(8)])

    assert Counter(each.value for each in told) == {"taken in": 1, "taken": 7}
    assert Publisher.objects.get().ended_at is None
    assert list(session.events.values_list("sequence", "to_state")) == [
        (1, "scheduled"),
        (2, "live"),
    ]

    client = Publisher.objects.get().client
    race([call("unpublish", session.pk, client) for _ in range(8)])

    assert LiveSession.objects.get().state == "paused"
    assert list(session.signals.values_list("kind", flat=True)).count("ended") == 1
    assert session.events.count() == 3
