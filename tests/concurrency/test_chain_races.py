"""The chain's steps at one instant, in processes of their own: each happens once, or clearly not.

After each race every figure is held against its sources, and the server must have broken no
deadlock (the fixture `race`).
"""

import json
import urllib.request
import uuid
from typing import Any

from cooperatives.households.models import Lot
from cooperatives.ledger.models import Transaction
from cooperatives.partner.models import StockPool
from cooperatives.routing.models import Consignment, ConsignmentEvent, Drawing
from storefront.aftersales.models import Refund
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt, StripeEvent
from tests.support import chain
from tests.support.racers import GIVEN, call, tally


def from_stripe(sandbox: Any, what: str) -> list[dict[str, Any]]:
    """The first hundred of a list of the sandbox's."""
    request = urllib.request.Request(
        f"{sandbox.url}/v1/{what}", headers={"Authorization": f"Bearer {sandbox.api_key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)["data"]


def charged(sandbox: Any, attempt: PaymentAttempt) -> int:
    """How many charges an attempt's intent has."""
    return len(from_stripe(sandbox, f"charges?limit=100&payment_intent={attempt.intent_id}"))


def values(outcomes) -> list[Any]:
    """What the calls gave; none may have failed."""
    assert [item.trace for item in outcomes if item.kind != GIVEN] == []
    return [item.value for item in outcomes]


def test_of_forty_buyers_of_five_packs_five_get_one(race, stripe):
    grove = chain.make_grove(grams=5 * 2500)
    chain.make_freight()
    baskets = [chain.make_basket([(grove.pack, 1)]) for _ in range(40)]

    outcomes = race([call("start", basket.pk) for basket in baskets])

    given = values(outcomes)
    assert given.count("too_little") == 35
    assert len({value for value in given if "-" in value}) == 5
    assert chain.figures(grove.partner, grove.produce) == (12_500, 0, 12_500, 0)


def test_one_basket_started_at_once_eight_times_has_one_attempt_and_one_intent(race, stripe):
    grove = chain.make_grove()
    chain.make_freight()
    basket = chain.make_basket([(grove.pack, 1)])

    given = values(race([call("start", basket.pk)] * 8))

    assert len(set(given)) == 1
    attempt = PaymentAttempt.objects.get()
    assert set(given) == {str(attempt.uuid)}
    intents = from_stripe(stripe, "payment_intents?limit=100")
    ours = [item for item in intents if item["metadata"].get("attempt") == str(attempt.uuid)]
    assert [item["id"] for item in ours] == [attempt.intent_id]
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 2500, 0)


def test_webhook_return_and_sweep_at_one_instant_give_one_order(race, stripe):
    grove = chain.make_grove()
    attempt = chain.start([(grove.pack, 2)])
    chain.pay(attempt)
    event = _succeeded(stripe, attempt)

    key = str(attempt.uuid)
    given = values(
        race(
            [
                call("webhook", event),
                call("finalize", key),
                call("expire", key),
                call("webhook", event),
                call("abandon", key),
                call("webhook", event),
                call("finalize", key),
                call("webhook", event),
                call("webhook", event),
            ]
        )
    )

    assert given.count("new") == 1
    assert given.count("known") == 4
    assert StripeEvent.objects.count() == 1
    order = Order.objects.get()
    assert Transaction.objects.filter(kind="sale").count() == 1
    assert charged(stripe, attempt) == 1
    assert PaymentAttempt.objects.get().order == order
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 5000)
    assert order.consignments.get().lines.get().packs == 2


def _succeeded(sandbox: Any, attempt: PaymentAttempt) -> dict[str, Any]:
    events = from_stripe(sandbox, "events?limit=100&type=payment_intent.succeeded")
    return next(each for each in events if each["data"]["object"]["id"] == attempt.intent_id)


def test_a_price_changed_between_payment_and_webhook_does_not_matter(race, stripe):
    grove = chain.make_grove(price_fen=2480)
    attempt = chain.start([(grove.pack, 2)])
    chain.pay(attempt)
    grove.pack.offer_price = "99.00"
    grove.pack.save(update_fields=["offer_price"])

    values(race([call("webhook", _succeeded(stripe, attempt))]))

    order = Order.objects.get()
    assert str(order.total_incl_tax) == "61.60"
    assert str(order.lines.get().unit_price_incl_tax) == "24.80"
    assert order.consignments.get().lines.get().net_fen == 4960


def test_two_products_in_opposite_order_never_deadlock(race, stripe):
    first, second = chain.make_grove("A", grams=30 * 2500), chain.make_grove("B", grams=30 * 2500)
    chain.make_freight()
    there = [(first.pack, 1), (second.pack, 1)]
    baskets = [
        chain.make_basket(there if number % 2 else reversed(there)).pk for number in range(40)
    ]

    given = values(race([call("buy", basket) for basket in baskets]))

    assert tally_of(given) == {"order": 30, "too_little": 10}
    for grove in (first, second):
        assert chain.figures(grove.partner, grove.produce) == (75_000, 0, 0, 75_000)


def tally_of(given: list[Any]) -> dict[Any, int]:
    return {value: given.count(value) for value in set(given)}


def test_the_first_orders_of_new_cooperatives_at_once_never_wait_in_a_circle(race, stripe):
    groves = [chain.make_grove(letter) for letter in "ABCD"]
    chain.make_freight()
    baskets = [
        chain.make_basket([(groves[n % 4].pack, 1), (groves[(n + 1 + n // 4) % 4].pack, 1)]).pk
        for n in range(12)
    ]

    given = values(race([call("buy", basket) for basket in baskets]))

    assert tally_of(given) == {"order": 12}


def test_expiry_and_paying_at_one_instant_end_whole(race, stripe):
    # given eight payments, the time of each of which is over while its buyer pays
    grove = chain.make_grove(grams=8 * 2500)
    attempts = [chain.start([(grove.pack, 1)]) for _ in range(8)]

    race(
        [
            step
            for number, attempt in enumerate(attempts)
            for step in (
                call("confirm", str(attempt.uuid), number * 10),
                call("expire", str(attempt.uuid)),
            )
        ]
    )
    outcomes = race([call("finalize", str(attempt.uuid)) for attempt in attempts])

    values(outcomes)
    for attempt in attempts:
        attempt.refresh_from_db()
        paid = charged(stripe, attempt)
        if attempt.state == PaymentAttempt.State.PLACED:
            assert paid == 1
            assert Refund.objects.filter(attempt=attempt).count() == 0
        elif attempt.state == PaymentAttempt.State.CLOSED:
            assert paid == 0
        else:
            assert (attempt.state, paid) == (PaymentAttempt.State.REFUNDED, 1)
            assert Refund.objects.get(attempt=attempt).amount_fen == attempt.amount_fen
    placed = sum(attempt.state == PaymentAttempt.State.PLACED for attempt in attempts)
    assert Order.objects.count() == placed
    assert chain.figures(grove.partner, grove.produce) == (20_000, 0, 0, 2500 * placed)


def test_a_pack_tapped_twice_at_once_is_packed_once(race, stripe):
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 2)])
    consignment = Consignment.objects.get(order=order)

    given = values(race([call("pack", consignment.pk)] * 4))

    assert tally_of(given) == {"packed": 1, "refused": 3}
    assert Drawing.objects.count() == 1
    assert ConsignmentEvent.objects.filter(state="packed").count() == 1
    assert chain.figures(grove.partner, grove.produce) == (95_000, 0, 0, 0)


def test_one_refund_decided_twice_at_once_is_one(race, stripe):
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 3)])
    line = Consignment.objects.get(order=order).lines.get()
    name = str(uuid.uuid4())

    given = values(race([call("refund", order.pk, line.pk, 1, name)] * 4))

    assert set(given) == {name}
    assert Refund.objects.get().amount_fen == 2480
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 5000)


def test_of_two_refunds_of_the_last_pack_at_once_one_is_refused(race, stripe):
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 1)])
    line = Consignment.objects.get(order=order).lines.get()

    given = values(race([call("refund", order.pk, line.pk, 1, None)] * 4))

    assert given.count("refused") == 3
    assert Refund.objects.get().amount_fen == 2480
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 0)


def test_the_buyer_cancels_while_the_store_packs_and_one_of_them_was_first(race, stripe):
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 2)])
    line = Consignment.objects.get(order=order).lines.get()
    name = str(uuid.uuid4())
    taking_back = call("cancel", order.pk, line.pk, 2, 4960 + 1200, name)

    given = values(race([taking_back, call("pack", line.consignment_id)] * 2))

    line.refresh_from_db()
    if "cancelled" in given:
        assert tally_of(given) == {"cancelled": 2, "refused": 2}
        assert Refund.objects.get(pk=name).amount_fen == 6160
        assert line.consignment.state == "cancelled"
    else:
        assert tally_of(given) == {"too late": 2, "packed": 1, "refused": 1}
        assert not Refund.objects.exists()
        assert (line.consignment.state, line.refunded_fen) == ("packed", 0)


def test_one_delivery_entered_at_once_four_times_is_one_lot(race, stripe):
    grove = chain.make_grove(grams=0)
    pool = StockPool.objects.get()

    given = values(race([call("bring", "S1", "COOP-A-001", pool.pk, 4000)] * 4))

    assert tally_of(given) == {"entered": 1, "known": 3}
    assert Lot.objects.get().grams == 4000
    assert chain.figures(grove.partner, grove.produce) == (4000, 0, 0, 0)


def test_everything_at_once_for_some_seconds_leaves_every_figure_equal_to_its_sources(race, stripe):
    # given three groves, one of which sells what is not yet picked
    groves = [chain.make_grove(letter, grams=60_000) for letter in "AB"]
    groves.append(chain.make_grove("C", grams=0))
    chain.promise("COOP-C-001", groves[2].produce, 90_000, per_day=20_000)
    for grove in groves:
        chain.buy([(grove.pack, 2)])

    outcomes = race([call("mixed", seed, 8) for seed in (1, 2, 3, 4)])

    done = sum((item for item in values(outcomes)), start=tally([]))
    print(sorted(done.items()))
    for step in ("_buy", "_pack", "_undo", "_send", "_refund", "_bring", "_spoil", "_share"):
        assert done[step] > 0, f"{step} never came to be done: {done}"
