"""Many buyers for a few packs at a flash price, each in two tabs, two packs for one buyer."""

from collections import Counter

from django.db.models import Sum

from livestream.offers.models import FlashCount, RoomHold
from livestream.offers.selectors import source_of
from livestream.offers.services import begin_flash
from livestream.sessions.services import move
from storefront.accounts.models import User
from storefront.order.models import Order
from tests.support import chain
from tests.support.racers import call
from tests.support.sessions import make_session

BUYERS, PACKS, MOST = 40, 20, 2
FLASH_FEN, FREIGHT_FEN = 1980, 1200


def test_exactly_the_packs_of_a_flash_price_are_sold_and_nobody_has_more_than_the_maximum(race):
    # given 20 packs at a flash price, of a pool that holds plenty, and 40 buyers in two tabs each
    chain.make_freight()
    grove = chain.make_grove(grams=1_000_000)
    grove.pack.stockrecords.update(price="10.00")
    host = User.objects.create(email="host@example.org")
    session = make_session(packs=[grove.pack])
    for state in ("scheduled", "live"):
        move(session, state, host, "desk")
    flash = begin_flash(
        session.shelf.get(),
        price_fen=FLASH_FEN,
        seconds=600,
        quantity=PACKS,
        per_buyer=MOST,
        actor=host,
    )
    line = (grove.pack, MOST, source_of(session.pk))
    tabs = [
        (chain.make_basket([line]).pk, f"138{buyer:08}")
        for _ in range(2)
        for buyer in range(BUYERS)
    ]

    # when all pay what the room showed
    given = race(
        [call("buy_flash", tabs[number::4], MOST * FLASH_FEN + FREIGHT_FEN) for number in range(4)]
    )

    # then 10 buyers have two each; all others were told of another total and not charged
    done = sum((outcome.value for outcome in given), Counter())
    assert done == {"order": PACKS // MOST, "changed": 2 * BUYERS - PACKS // MOST}
    flash.refresh_from_db()
    assert (flash.held, flash.sold) == (0, PACKS)
    assert RoomHold.objects.filter(state="sold").aggregate(packs=Sum("packs"))["packs"] == PACKS
    assert list(FlashCount.objects.values_list("packs", flat=True)) == [MOST] * (PACKS // MOST)
    paid = Order.objects.values_list("total_incl_tax", flat=True)
    assert {int(total * 100) for total in paid} == {MOST * FLASH_FEN + FREIGHT_FEN}
    assert chain.figures(grove.partner, grove.produce) == (1_000_000, 0, 0, PACKS * 2500)
