"""Coupons that a host hands out in a live room (发券)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from catalog.clock import now
from livestream.room import events
from livestream.room.selectors import room_state
from livestream.sessions.models import LiveSession
from livestream.sessions.services import move
from storefront.accounts.models import User
from storefront.accounts.roles import Role
from storefront.discounts.models import Terms
from storefront.discounts.services import pause
from tests.support import chain
from tests.support.discounts import offer
from tests.support.sessions import begin_session, make_campaign
from tests.support.staff import person

pytestmark = pytest.mark.django_db
Basket = get_model("basket", "Basket")
JSON = {"accept": "application/json"}


@pytest.fixture
def host() -> User:
    return person(Role.EDITOR)


@pytest.fixture
def session() -> LiveSession:
    return begin_session(packs=[chain.make_grove("A").pack])


@pytest.fixture
def viewer() -> Client:
    return Client(headers={"accept-language": "en"})


def claim(viewer: Client, session: LiveSession):
    return viewer.post(reverse("shop:room-coupon", args=[session.pk]), headers=JSON)


def codes() -> list[str]:
    return sorted(
        code for (code,) in Basket.objects.filter(vouchers__gt=0).values_list("vouchers__code")
    )


def test_a_coupon_is_handed_out_taken_once_and_taken_away(host, session, viewer):
    offer("GROVE5", campaign_id=session.campaign_id, uses_limit=20)
    desk, room = Client(headers={"accept-language": "en"}), reverse("room:room", args=[session.pk])
    desk.force_login(host)
    act = reverse("desk:act", args=[session.pk])
    assert "GROVE5" in desk.get(reverse("desk:desk", args=[session.pk])).content.decode()
    assert claim(viewer, session).status_code == 409

    # When the host hands it out, then the room shows its name, and its code to nobody who can't
    desk.post(act, {"do": "coupon", "code": "GROVE5"})
    shown = room_state(session.pk).coupon
    assert shown["code"] == "GROVE5"
    assert shown["en"] in viewer.get(room).content.decode()

    # And a viewer whose basket is empty still has it, by two taps once
    for _tap in range(2):
        answer = claim(viewer, session)
        assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert codes() == ["GROVE5"]

    # And it counts for what they put in from the room
    item = session.shelf.get()
    viewer.post(reverse("shop:room-buy", args=[session.pk, item.pk]))
    assert "5.00" in viewer.get(reverse("shop:basket")).content.decode()

    # When it is taken away, nobody takes it any more; an undo hands it out again
    desk.post(act, {"do": "no-coupon"})
    assert room_state(session.pk).coupon is None
    late = Client(headers={"accept-language": "en"})
    assert claim(late, session).json()["message"] == "It is not handed out any more."
    desk.post(act, {"do": "undo", "seen": events.last_undoable(session).sequence})
    assert claim(late, session).status_code == 200
    assert codes() == ["GROVE5", "GROVE5"]


@pytest.mark.parametrize(
    "more",
    [
        {"starts_at": now() + timedelta(days=1)},
        {"ends_at": now() - timedelta(hours=1)},
        {"uses_limit": 0},
    ],
)
def test_a_voucher_that_cannot_be_used_is_not_handed_out(host, session, more):
    offer("NEVER", **more)

    with pytest.raises(events.CannotDo):
        events.coupon(session.pk, "NEVER", host)

    assert room_state(session.pk).coupon is None


def test_a_voucher_of_another_campaign_an_automatic_offer_and_a_paused_one_are_none(host, session):
    offer("THEIRS", campaign_id=make_campaign("spring").pk)
    offer()
    pause(offer("PAUSED").pk, True)

    for code in ("THEIRS", "PAUSED", "NOTHING"):
        with pytest.raises(events.CannotDo):
            events.coupon(session.pk, code, host)

    assert room_state(session.pk).coupon is None


def test_what_ran_out_meanwhile_is_said_and_not_put_in(host, session, viewer):
    terms = offer("GROVE5", uses_limit=1)
    events.coupon(session.pk, "GROVE5", host)
    Terms.objects.filter(pk=terms.pk).update(uses_done=1)

    answer = claim(viewer, session)

    assert answer.status_code == 409
    assert answer.json()["message"] == "It is used up: all its uses are taken."
    assert codes() == []


def test_a_rehearsal_gives_nothing_and_an_end_takes_the_coupon_away(host, session):
    offer("GROVE5")
    rehearsal = begin_session(rehearsal=True)
    with pytest.raises(events.CannotDo):
        events.coupon(rehearsal.pk, "GROVE5", host)

    events.coupon(session.pk, "GROVE5", host)
    move(session, "ended", host, "desk")

    assert room_state(rehearsal.pk).coupon is room_state(session.pk).coupon is None
