"""Favourites and reminders: one each, told once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from catalog.clock import now, today
from storefront.accounts.contacts import reached
from storefront.accounts.deleting import delete_account
from storefront.accounts.exporting import data_of
from storefront.accounts.models import User
from storefront.notifications import preferences
from storefront.notifications.links import preference_key
from storefront.notifications.models import Message
from storefront.notifications.rendering import build
from storefront.wishes import services
from storefront.wishes.models import Favourite, Reminder
from storefront.wishes.selectors import due
from tests.support import chain
from tests.support.shop import make_many

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unlimited() -> None:
    cache.clear()


@pytest.fixture
def member() -> User:
    return User.objects.create_user(email="m@example.org", password="secret-words-9")


@pytest.fixture
def client(member) -> Client:
    client = Client()
    client.force_login(member)
    return client


def test_a_favourite_is_kept_once_and_by_members_alone(client, member):
    produce = chain.make_grove("A").produce
    address = reverse("wishes:favourite", args=[produce.code])

    # Given a guest: led to sign in, nothing is kept
    answer = Client().post(address, {"keep": "1"})
    assert answer["Location"].startswith("/accounts/login/?next=")
    assert "HX-Redirect" in Client().post(address, headers={"HX-Request": "true"}).headers
    assert Client().get(reverse("wishes:which")).json() == {"codes": []}
    assert not Favourite.objects.exists()

    # When a member taps twice, then it is there once, also in the database's eyes
    for _tap in range(2):
        client.post(address, {"keep": "1"})
    assert client.get(reverse("wishes:which")).json() == {"codes": [produce.code]}
    with pytest.raises(IntegrityError), transaction.atomic():
        Favourite.objects.create(user=member, produce=produce, created_at=now())

    # And the same page is shown to everybody
    page = produce.get_absolute_url()
    assert 'name="keep" value="1"' in client.get(page).content.decode()

    # And it can go
    button = client.post(address, {"keep": "0"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="false"' in button.content.decode()
    assert not Favourite.objects.exists()


def test_favourites_cost_the_same_at_any_number(client, member, django_assert_max_num_queries):
    packs = make_many(20)
    counts = []
    for many in (2, 20):
        for pack in packs[:many]:
            services.keep(member, pack.produce)
        with django_assert_max_num_queries(11):
            page = client.get(reverse("wishes:favourites"))
        counts.append(len(page.context["cards"]))
    assert counts == [2, 20]


def test_a_guest_is_reminded_once_when_it_is_back(django_capture_on_commit_callbacks):
    # Given a produce that is sold out
    grove = chain.make_grove("A", grams=0)
    address = reverse("wishes:remind", args=[grove.produce.code])
    sent = {"kind": "stock", "contact": "Guest@Example.org", "agreed": "on"}
    guest = Client()
    for wrong in ({"agreed": ""}, {"contact": "nobody"}, {"kind": "season"}):
        assert guest.post(address, sent | wrong).status_code == 422
    assert not Reminder.objects.exists()

    # When they ask twice, one waits; the database would refuse another
    for _time in range(2):
        assert guest.post(address, sent).status_code == 302
    reminder = Reminder.objects.get()
    assert (reminder.person, reminder.sent_at) == ("guest@example.org", None)
    reminder.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        reminder.save()
    assert services.send_due() == 0

    # When it is back, two workers that both found it send one message
    chain.deliver("COOP-A-001", grove.produce, 50_000)
    found = due()
    assert [services._send(one) for one in found + found] == [True, False]
    message = Message.objects.get(kind="reminder")
    assert (message.recipient, message.order, message.state) == (
        "guest@example.org",
        None,
        "waiting",
    )
    said = build(message)
    assert grove.produce.get_absolute_url() in said.text
    assert grove.produce.name in said.subject
    assert services.send_due() == 0

    # And by its link they want no more of them
    key = preference_key(message.pk)
    guest.post(reverse("messages:choose", args=[key]), {"List-Unsubscribe": "One-Click"})
    assert services.remind(
        grove.produce, "stock", user=None, guest=reached("guest@example.org"), language="en"
    )
    assert services.send_due() == 1
    assert Message.objects.latest("pk").state == "unwanted"


def test_a_member_is_told_when_the_season_begins(client, member, monkeypatch):
    # Given a produce that is out of season, round New Year, and can be bought
    grove = chain.make_grove("A", grams=100_000)
    month = today().month
    later = month % 12 + 1
    grove.produce.season_from = grove.produce.season_to = later
    grove.produce.save()
    assert (
        client.post(
            reverse("wishes:remind", args=[grove.produce.code]), {"kind": "season"}
        ).status_code
        == 302
    )
    reminder = Reminder.objects.get()
    assert reminder.season == date(today().year + (later == 1), later, 1)
    assert services.next_season(grove.produce, reminder.season) == date(
        reminder.season.year + 1, later, 1
    )
    assert services.send_due() == 0
    assert grove.produce.name in client.get(reverse("wishes:reminders")).content.decode()

    # When the season has begun
    Reminder.objects.update(season=today() - timedelta(days=1))
    grove.produce.season_from = month
    grove.produce.save()
    assert services.send_due() == 1

    # Then they were told by account, and their choice there counts
    message = Message.objects.get(kind="reminder")
    assert message.context == {"produce": grove.produce.pk, "user": member.pk}
    assert preferences.buyer_of_message(message).user_id == member.pk


def test_ones_own_reminders_alone_can_be_removed_and_go_with_the_account(client, member):
    grove = chain.make_grove("A", grams=0)
    services.keep(member, grove.produce)
    services.remind(grove.produce, "stock", user=member, guest=None, language="en")
    reminder = Reminder.objects.get()
    stranger = Client()
    stranger.force_login(User.objects.create_user(email="s@example.org"))
    address = reverse("wishes:reminder-delete", args=[reminder.pk])

    assert stranger.post(address).status_code == 404
    assert Reminder.objects.count() == 1
    data = data_of(member)
    assert [one["produce__code"] for one in data["favourites"]] == [grove.produce.code]
    assert [one["kind"] for one in data["reminders"]] == ["stock"]
    delete_account(member)

    assert (Favourite.objects.count(), Reminder.objects.count()) == (0, 0)
    assert services.forget_reminders(datetime(2999, 1, 1, tzinfo=UTC)) == 0


def test_a_card_has_a_heart_that_is_the_same_for_everybody(client, member):
    produce = chain.make_grove("A").produce
    address = reverse("wishes:favourite", args=[produce.code])

    # Given the list, which says nothing of who keeps what
    services.keep(member, produce)
    page = client.get("/produce/").content.decode()
    assert f'formaction="{address}"' in page
    assert page.count('aria-pressed="true"') == Client().get("/produce/").content.decode().count(
        'aria-pressed="true"'
    )

    # When the heart is tapped by htmx, then the button alone comes back
    sent = {"keep": "0", "card": "1"}
    answer = client.post(address, sent, headers={"HX-Request": "true"}).content.decode()
    assert "<form" not in answer and 'value="1"' in answer and 'aria-pressed="false"' in answer
    assert not Favourite.objects.exists()

    # And without scripts it leads to the produce's page
    assert client.post(address, {"keep": "1"})["Location"] == produce.get_absolute_url()
    assert Favourite.objects.get().produce == produce
