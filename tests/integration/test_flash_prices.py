"""Flash prices and limits of a live room: what a desk may offer, what a buyer pays for it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog.clock import now
from livestream.offers.models import FlashPrice
from livestream.offers.selectors import shelf_now
from livestream.offers.services import CannotOffer, begin_flash, end_flash
from livestream.sessions.models import LiveSession
from livestream.sessions.services import limit_item, move
from storefront.accounts.models import User
from tests.support import chain
from tests.support.sessions import make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def host() -> User:
    return User.objects.create_user(email="host@example.org", password="pears-4-me")


def on_air(host: User, *packs: Any, limit: int | None = None, **more: Any) -> LiveSession:
    """A session that is live, with these packs on its shelf."""
    session = make_session(packs=packs, **more)
    if limit is not None:
        limit_item(session.pk, session.shelf.get().pk, limit)
    for state in ("scheduled", "live"):
        move(session, state, host, "desk")
    return session


def flash(session: LiveSession, host: User, **more: Any) -> FlashPrice:
    given = {"price_fen": 1980, "seconds": 300, "quantity": 10, "per_buyer": 2} | more
    return begin_flash(session.shelf.get(), **given, actor=host)


def test_the_shelf_says_what_a_pack_costs_now(host, django_assert_num_queries):
    # given a session with two packs, one of them at a flash price
    grove, other = chain.make_grove("A"), chain.make_grove("B", price_fen=3000)
    session = on_air(host, cheap(grove), other.pack)
    begun = begin_flash(
        session.shelf.get(pack=grove.pack),
        price_fen=1980,
        seconds=300,
        quantity=10,
        per_buyer=2,
        actor=host,
    )

    with django_assert_num_queries(3):
        shelf = shelf_now(session)

    assert [(row.pack_id, row.price_fen, row.full_price_fen, row.available) for row in shelf] == [
        (grove.pack.pk, 1980, 2480, 40),
        (other.pack.pk, 3000, 3000, 40),
    ]
    assert shelf[0].flash == begun
    assert shelf[0].flash.left == 10

    # when the desk ends it, the full price is back
    end_flash(begun, host)
    assert [row.price_fen for row in shelf_now(session)] == [2480, 3000]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"price_fen": 2480}, "price"),
        ({"price_fen": 0}, "price"),
        ({"price_fen": 1899}, "price"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 86_401}, "seconds"),
        ({"quantity": 0}, "quantity"),
        ({"per_buyer": 0}, "per_buyer"),
    ],
)
def test_a_flash_price_that_cannot_be_is_refused(host, given, field):
    # given a pack of ¥24.80 that two cooperatives sell, which accept ¥19.00 and ¥18.00 at least
    one, two = chain.make_cooperative("ONE"), chain.make_cooperative("TWO")
    pack = chain.make_pack(chain.make_produce("XX"), [one, two], prices=[1900, 1800])
    session = on_air(host, pack)

    with pytest.raises(CannotOffer) as refused:
        flash(session, host, **given)

    assert refused.value.field == field
    assert not FlashPrice.objects.exists()


def test_a_flash_price_is_for_a_session_that_is_live(host):
    session = make_session(packs=[cheap(chain.make_grove())])

    with pytest.raises(CannotOffer, match="live"):
        flash(session, host)

    assert not FlashPrice.objects.exists()


def test_one_flash_price_of_an_item_runs_at_a_time(host):
    session = on_air(host, cheap(chain.make_grove()))
    first = flash(session, host)

    with pytest.raises(CannotOffer, match="running"):
        flash(session, host)
    with pytest.raises(IntegrityError, match="flash_one_at_a_time"), transaction.atomic():
        FlashPrice.objects.create(
            item=first.item,
            price_fen=1,
            quantity=1,
            begins_at=now(),
            ends_at=now() + timedelta(1),
            actor=host,
        )
    assert FlashPrice.objects.count() == 1

    # when its time is over, another may begin; the first ended when it said
    over = now() - timedelta(seconds=1)
    FlashPrice.objects.update(begins_at=over - timedelta(seconds=9), ends_at=over)
    second = flash(session, host, price_fen=1990)
    first.refresh_from_db()
    assert (first.ended_at, first.ended_by) == (over, None)
    assert [row.price_fen for row in shelf_now(session)] == [1990]
    assert end_flash(second, host).ended_by == host


def cheap(grove: chain.Grove) -> Any:
    """The grove's pack, whose cooperative accepts ¥10.00 for it."""
    grove.pack.stockrecords.update(price="10.00")
    return grove.pack
