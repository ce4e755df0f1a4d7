"""500 buyers for a voucher of 50 uses; one gift voucher spent and filled at one moment."""

from collections import Counter

from django.db.models import Sum

from cooperatives.routing.models import ConsignmentLine
from storefront.discounts.models import BuyerCount, GiftMove, Use
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt
from storefront.payments.services import abandon
from tests.support import chain, discounts
from tests.support.racers import call

BUYERS, USES = 500, 50


def test_500_buyers_for_a_voucher_of_50_uses_give_exactly_50(race, settings):
    chain.make_freight()
    grove = chain.make_grove(grams=5_000_000)
    terms = discounts.offer("FIFTY", uses_limit=USES, budget_fen=USES * 500, amount_fen=500)
    baskets = [
        discounts.put_in(chain.make_basket([(grove.pack, 1)]), "FIFTY").pk for _ in range(BUYERS)
    ]

    given = race([call("start_with_voucher", baskets[number::4]) for number in range(4)])

    done = sum((outcome.value for outcome in given), Counter())
    assert done == {"held": USES, "voucher_gone": BUYERS - USES}
    terms.refresh_from_db()
    assert (terms.uses_held, terms.uses_done, terms.budget_held_fen) == (USES, 0, USES * 500)
    assert Use.objects.filter(state="held").count() == PaymentAttempt.objects.count() == USES


def test_one_buyer_in_four_tabs_uses_a_voucher_once(race):
    chain.make_freight()
    grove = chain.make_grove()
    discounts.offer("MINE", per_buyer=1)
    baskets = [discounts.put_in(chain.make_basket([(grove.pack, 1)]), "MINE").pk for _ in range(8)]

    given = race([call("start", pk) for pk in baskets])

    assert sorted(item.value == "voucher_gone" for item in given) == [False] + [True] * 7
    assert set(BuyerCount.objects.values_list("uses", flat=True)) == {1}


def test_a_gift_voucher_in_many_baskets_never_goes_below_zero(race):
    chain.make_freight()
    grove = chain.make_grove(price_fen=2000)
    card = discounts.gift(5600 + 399)
    baskets = [
        discounts.put_in(chain.make_basket([(grove.pack, 1)]), cards=(card,)).pk for _ in range(8)
    ]

    given = race([call("spend_gift", pk) for pk in baskets])

    # Two of 28.00 fit whole; what is left goes to one of the others, who pay the rest by card.
    assert {item.value for item in given} <= {"order", "open", "voucher_gone"}
    card.refresh_from_db()
    assert Order.objects.count() == 2
    moved = GiftMove.objects.aggregate(free=Sum("balance_fen"), held=Sum("held_fen"))
    assert (card.balance_fen, card.held_fen) == (moved["free"], moved["held"])
    assert card.balance_fen + card.held_fen == 399
    for attempt in PaymentAttempt.objects.filter(state="open"):
        abandon(attempt.uuid)
    card.refresh_from_db()
    assert (card.balance_fen, card.held_fen) == (399, 0)


def test_refunds_fill_a_balance_while_others_spend_it(race):
    grove = chain.make_grove(price_fen=2000)
    card = discounts.gift(4 * 2800)
    orders = [chain.buy([(grove.pack, 1)], cards=(card,)) for _ in range(4)]
    lines = [ConsignmentLine.objects.get(consignment__order=order).pk for order in orders]
    baskets = [
        discounts.put_in(chain.make_basket([(grove.pack, 1)]), cards=(card,)).pk for _ in range(4)
    ]
    calls = [
        item
        for order, line, basket in zip(orders, lines, baskets, strict=True)
        for item in (call("refund", order.pk, line, 1, None), call("spend_gift", basket))
    ]

    given = race(calls)

    assert {item.kind for item in given} == {"given"}
    assert "refused" not in [item.value for item in given]
    card.refresh_from_db()
    spent = Use.objects.filter(state="used").aggregate(fen=Sum("fen"))["fen"]
    assert card.balance_fen + card.held_fen == 4 * 2800 - spent + 4 * 2000
