"""Livestreams that visitors are shown, and reminded of once (预约)."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from catalog.clock import now
from livestream.sessions.models import LiveSession
from livestream.sessions.selectors import public_sessions
from livestream.sessions.services import move
from storefront.accounts.contacts import reached
from storefront.accounts.exporting import data_of
from storefront.accounts.models import User
from storefront.notifications.models import Message
from storefront.notifications.rendering import build
from storefront.wishes import services
from storefront.wishes.models import Reminder
from storefront.wishes.selectors import due_livestreams
from tests.support import chain
from tests.support.sessions import make_campaign, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unlimited() -> None:
    cache.clear()


@pytest.fixture
def host() -> User:
    return User.objects.create_user(email="host@example.org")


@pytest.fixture
def member() -> User:
    return User.objects.create_user(email="m@example.org", language="en")


def planned(host: User, *states: str, **more) -> LiveSession:
    session = make_session(**more)
    for state in ("scheduled", *states):
        move(session, state, host, "desk")
    return session


def asking(session: LiveSession) -> str:
    return reverse("wishes:remind-live", args=[session.pk])


def begins_in(session: LiveSession, minutes: int) -> None:
    starts = now() + timedelta(minutes=minutes)
    LiveSession.objects.filter(pk=session.pk).update(
        starts_at=starts, ends_at=starts + timedelta(hours=2)
    )


def test_a_member_is_reminded_by_one_tap_and_once(host, member):
    session = planned(host)
    client = Client(headers={"accept-language": "en"})
    client.force_login(member)
    room = reverse("room:room", args=[session.pk])
    assert f'method="post" action="{asking(session)}"' in client.get(room).content.decode()

    # When they tap twice, then one reminder waits, also in the database's eyes
    for _tap in range(2):
        assert client.post(asking(session))["Location"] == room
    reminder = Reminder.objects.get()
    assert (reminder.kind, reminder.session, reminder.user) == ("live", session, member)
    assert "Harvest evening" in client.get(reverse("wishes:reminders")).content.decode()
    assert [one["session__title_zh"] for one in data_of(member)["reminders"]] == ["秋收专场"]
    reminder.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        reminder.save()

    # And nothing is said before its time
    begins_in(session, 16)
    assert services.send_livestreams() == 0

    # When it begins in a quarter of an hour, two workers that both found it send one message
    begins_in(session, 15)
    found = due_livestreams()
    assert [services._send(one) for one in found + found] == [True, False]
    message = Message.objects.get()
    assert (message.kind, message.channel, message.recipient) == ("live", "mail", "m@example.org")
    said = build(message)
    assert "Harvest evening" in said.subject
    assert room in said.text

    # And not again when it is live
    move(session, "live", host, "desk")
    assert services.send_livestreams() == 0


def test_a_guest_is_told_by_text_message_and_consents(host):
    session = planned(host)
    guest = Client(headers={"accept-language": "en"})
    form = guest.get(asking(session)).content.decode()
    assert 'name="contact"' in form

    refused = guest.post(asking(session), {"contact": "13800000000"})
    assert (refused.status_code, Reminder.objects.count()) == (422, 0)
    assert "Without your consent" in refused.content.decode()
    guest.post(asking(session), {"contact": "138 0000 0000", "agreed": "on"})

    # When the host begins before the plan says so
    move(session, "live", host, "desk")
    assert services.send_livestreams() == 1
    message = Message.objects.get()
    assert (message.channel, message.recipient) == ("sms", "13800000000")
    assert reverse("room:room", args=[session.pk]) in build(message).text


def test_nobody_is_reminded_of_what_is_a_draft_again_over_or_a_rehearsal(host, member):
    waits = planned(host)
    services.remind_of_livestream(waits, user=member, guest=None, language="en")
    begins_in(waits, -5)
    move(waits, "draft", host, "desk")
    assert services.send_livestreams() == 0

    over = planned(host)
    services.remind_of_livestream(over, user=None, guest=reached("g@example.org"), language="en")
    move(over, "live", host, "desk")
    move(over, "ended", host, "desk")
    assert services.send_livestreams() == 0
    assert Reminder.objects.filter(sent_at=None).count() == 2

    client = Client()
    client.force_login(member)
    for session in (waits, planned(host, rehearsal=True), make_session()):
        assert client.post(asking(session)).status_code == 404
    assert client.post(asking(over))["Location"] == reverse("room:room", args=[over.pk])
    assert Reminder.objects.count() == 2


def test_a_reminder_is_of_one_thing(host, member):
    session, grove = planned(host), chain.make_grove("A", grams=0)
    services.remind_of_livestream(session, user=member, guest=None, language="en")
    for wrong in ({"produce": grove.produce}, {"session": None}, {"kind": "stock"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Reminder.objects.update(**wrong)
    assert Reminder.objects.get().session == session


@pytest.mark.parametrize("more", [0, 12])
def test_visitors_are_shown_what_is_on_air_and_what_comes(
    host, more, django_assert_max_num_queries
):
    for _one in range(more):
        planned(host)
    later = planned(host, starts_at=now() + timedelta(hours=9), ends_at=now() + timedelta(hours=10))
    soon = planned(host, starts_at=now() + timedelta(hours=1), ends_at=now() + timedelta(hours=2))
    live = planned(host, "live")
    replay = planned(host, "live", "ended", "replay", campaign_id=make_campaign("spring").pk)
    ended = planned(host, "live", "ended")
    hidden = [make_session(), planned(host, rehearsal=True), ended]

    shown = public_sessions()
    assert (shown[:3], shown[-1]) == ([live, soon, later], replay)
    assert not set(hidden) & set(shown)
    assert replay not in public_sessions(live.campaign)
    with django_assert_max_num_queries(9):
        page = Client().get(reverse("room:rooms")).content.decode()
    for one in shown:
        assert f'href="{reverse("room:room", args=[one.pk])}"' in page
