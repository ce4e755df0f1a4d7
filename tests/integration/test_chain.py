"""One order from hold to household credit, to the fen."""

from datetime import timedelta

import pytest
from django.db.models import Sum

from catalog.clock import today
from cooperatives.households.models import Household, Lot
from cooperatives.ledger.models import Account, Posting, Transaction
from cooperatives.ledger.selectors import household_balances
from cooperatives.routing.models import Consignment, Draw
from cooperatives.routing.services import WrongState, deliver, pack, ship, undo
from cooperatives.settlement.services import share_out_due
from storefront.aftersales.models import Refund
from storefront.aftersales.services import RefundWish, refund_lines, refund_order, send
from storefront.payments.services import CannotPay
from tests.support import chain

pytestmark = pytest.mark.django_db


def balance(kind: str, **owner) -> int:
    """Debits less credits of all accounts of a kind, in fen."""
    found = Posting.objects.filter(account__kind=kind, **owner).aggregate(s=Sum("amount_fen"))
    return found["s"] or 0


def one_consignment(order) -> Consignment:
    return Consignment.objects.get(order=order)


def test_a_paid_order_holds_its_grams_and_books_its_sale(stripe):
    grove = chain.make_grove(grams=10_000)

    order = chain.buy([(grove.pack, 2)])

    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 5_000)
    assert str(order.total_incl_tax) == "61.60"  # 2 × 24.80 + 8.00 + 2 × 2.00 freight for 5 kg
    assert balance("stripe") == 6160
    assert balance("sales") == -4960
    assert balance("freight") == -1200
    assert order.lines.get().quantity == 2
    line = one_consignment(order).lines.get()
    assert (line.packs, line.ordered_grams, line.net_fen) == (2, 5000, 4960)


def test_packing_draws_the_lot_that_expires_first_and_sharing_out_credits_by_weight(stripe):
    # given two households of one week's pool, 6 kg grade A and 4 kg grade B, and a newer lot
    grove = chain.make_grove(grams=0)
    monday = today() - timedelta(days=today().weekday() + 14)
    ago = (today() - monday).days
    chain.deliver("COOP-A-001", grove.produce, 6000, days_ago=ago)
    chain.deliver("COOP-A-002", grove.produce, 4000, days_ago=ago - 1, grade="B")
    newer = chain.deliver("COOP-A-003", grove.produce, 9000, days_ago=ago - 8)
    order = chain.buy([(grove.pack, 4)])
    consignment = one_consignment(order)

    # when it is packed and shared out
    pack(consignment.pk, {})
    assert share_out_due() == 1

    # then 9920 fen: 8 % fee 793, 2 % fund 198, and 8928 by 60 000 000 : 32 000 000
    newer.refresh_from_db()
    assert newer.drawn_grams == 0
    assert chain.figures(grove.partner, grove.produce) == (9000, 0, 0, 0)
    assert balance("service_fee") == -793
    assert balance("village_fund") == -198
    first, second = Household.objects.filter(code__in=["COOP-A-001", "COOP-A-002"])
    assert household_balances(grove.partner.pk) == {
        first.pk: (9920 * 9000 * 60 // (10000 * 92), 0),
        second.pk: (9920 * 9000 * 32 // (10000 * 92), 0),
    }
    assert share_out_due() == 0


def test_release_makes_pending_available_and_a_finished_pool_leaves_no_fen(stripe, set_clock):
    grove = chain.make_grove(grams=0)
    chain.deliver("COOP-A-001", grove.produce, 3333, days_ago=14)
    chain.deliver("COOP-A-002", grove.produce, 3334, days_ago=14)
    chain.deliver("COOP-A-003", grove.produce, 833, days_ago=14)
    order = chain.buy([(grove.pack, 3)])
    consignment = one_consignment(order)
    pack(consignment.pk, {})
    ship(consignment.pk, "顺丰", "SF123456")
    deliver(consignment.pk)
    share_out_due()
    assert balance("available") == 0

    set_clock(8 * 86400)
    assert share_out_due() == 1

    assert balance("pending") == 0
    assert balance("available") + balance("service_fee") + balance("village_fund") == -7440
    assert balance("pool") == 0


def test_a_refund_after_packing_takes_its_part_back_from_the_households(stripe):
    grove = chain.make_grove(grams=10_000)
    order = chain.buy([(grove.pack, 4)])
    consignment = one_consignment(order)
    pack(consignment.pk, {})
    share_out_due()
    line = consignment.lines.get()

    refund = refund_lines(order.pk, [RefundWish(line.pk, packs=1)], restock=False)
    assert refund.amount_fen == 2480
    send(refund.pk)
    share_out_due()

    refund.refresh_from_db()
    assert refund.state == Refund.State.DONE
    assert balance("refund_due") == 0
    assert balance("stripe") == 4 * 2480 + 2200 - 2480
    assert -balance("pending") == 3 * 2480 * 9000 // 10000
    assert chain.figures(grove.partner, grove.produce) == (0, 0, 0, 0)


def test_a_refund_before_packing_frees_the_grams_and_the_rest_can_be_packed(stripe):
    grove = chain.make_grove(grams=10_000)
    order = chain.buy([(grove.pack, 3)])
    consignment = one_consignment(order)
    line = consignment.lines.get()

    refund_lines(order.pk, [RefundWish(line.pk, packs=2)])
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 2500)
    pack(consignment.pk, {})

    assert chain.figures(grove.partner, grove.produce) == (7500, 0, 0, 0)
    assert balance("pool") == -2480


def test_refunding_a_whole_order_before_packing_cancels_it_and_its_freight(stripe):
    grove = chain.make_grove(grams=10_000)
    order = chain.buy([(grove.pack, 3)])

    refund = refund_order(order.pk)

    assert refund.amount_fen == 3 * 2480 + 1800
    assert one_consignment(order).state == Consignment.State.CANCELLED
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)
    assert balance("sales") == balance("freight") == 0
    with pytest.raises(ValueError, match=r"left to refund|没有"):
        refund_order(order.pk)
    assert Refund.objects.count() == 1


def test_restocked_goods_return_to_their_lot(stripe):
    grove = chain.make_grove(grams=10_000)
    order = chain.buy([(grove.pack, 2)])
    consignment = one_consignment(order)
    pack(consignment.pk, {})

    refund_lines(order.pk, [RefundWish(consignment.lines.get().pk, packs=1)], restock=True)

    assert chain.figures(grove.partner, grove.produce) == (7500, 0, 0, 0)
    assert Lot.objects.get().drawn_grams == 2500
    assert Draw.objects.aggregate(s=Sum("grams"))["s"] == 2500


def test_undoing_each_step_takes_it_back_exactly(stripe):
    grove = chain.make_grove(grams=10_000)
    order = chain.buy([(grove.pack, 2)])
    consignment = one_consignment(order)

    pack(consignment.pk, {consignment.lines.get().pk: 5300})
    assert chain.figures(grove.partner, grove.produce) == (4700, 0, 0, 0)
    undo(consignment.pk)

    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 5000)
    assert balance("pool") == 0
    assert balance("sales") == -4960
    with pytest.raises(WrongState):
        ship(consignment.pk, "顺丰", "SF123456")
    pack(consignment.pk, {})
    assert chain.figures(grove.partner, grove.produce) == (5000, 0, 0, 0)
    assert balance("pool") == -4960


def test_fruit_sold_from_a_promise_is_drawn_from_the_lot_that_comes(stripe):
    grove = chain.make_grove(grams=0)
    chain.promise("COOP-A-001", grove.produce, 20_000, per_day=5000)
    order = chain.buy([(grove.pack, 2)])
    consignment = one_consignment(order)
    assert chain.figures(grove.partner, grove.produce) == (0, 20_000, 0, 5000)

    pack(consignment.pk, {})
    assert chain.figures(grove.partner, grove.produce) == (0, 20_000, 0, 5000)
    assert balance("sales") == -4960
    chain.deliver("COOP-A-001", grove.produce, 8000, days_ago=0)

    assert chain.figures(grove.partner, grove.produce) == (3000, 12_000, 0, 0)
    assert balance("sales") == 0
    assert balance("pool") == -4960


def test_a_days_picking_limits_what_is_sold_within_ship_within(stripe):
    grove = chain.make_grove(grams=0)
    chain.promise("COOP-A-001", grove.produce, 50_000, per_day=5000)

    # 48 hours: today, tomorrow, the day after: 15 kg, six packs
    with pytest.raises(CannotPay) as refused:
        chain.start([(grove.pack, 7)])
    assert refused.value.kind == "too_little"
    assert list(refused.value.available.values()) == [6]
    chain.buy([(grove.pack, 6)])

    with pytest.raises(CannotPay):
        chain.start([(grove.pack, 1)])
    assert chain.figures(grove.partner, grove.produce) == (0, 50_000, 0, 15_000)


def test_a_lapsed_promise_makes_the_newest_line_short_and_a_lot_covers_it(stripe, set_clock):
    grove = chain.make_grove(grams=5000)
    chain.promise("COOP-A-001", grove.produce, 5000, per_day=5000, days=1)
    first = chain.buy([(grove.pack, 2)])
    second = chain.buy([(grove.pack, 2)])

    set_clock(86400)
    from cooperatives.partner.stock import roll_forward

    roll_forward([chain.pool_of(grove.partner, grove.produce).pk])

    assert one_consignment(first).lines.get().short_grams == 0
    assert one_consignment(second).lines.get().short_grams == 5000
    assert chain.figures(grove.partner, grove.produce) == (5000, 0, 0, 5000)
    chain.deliver("COOP-A-002", grove.produce, 4000, days_ago=0)
    assert one_consignment(second).lines.get().short_grams == 1000


def test_an_order_is_split_over_cooperatives_in_fair_share_order(stripe):
    first, second = chain.make_cooperative("A"), chain.make_cooperative("B")
    produce = chain.make_produce("XL")
    item = chain.make_pack(produce, [first, second], price_fen=999)
    chain.deliver("A-001", produce, 5000)
    chain.deliver("B-001", produce, 5000)

    order = chain.buy([(item, 3)])

    parts = [
        (c.partner.code, line.packs, line.net_fen)
        for c in Consignment.objects.filter(order=order).order_by("partner__code")
        for line in c.lines.all()
    ]
    assert parts == [("A", 2, 1998), ("B", 1, 999)]
    assert balance("freight") == -2000  # 5 kg and 2.5 kg


def test_a_cooperative_that_asks_more_than_the_offer_gets_nothing_until_it_agrees(stripe):
    dear = chain.make_cooperative("A")
    produce = chain.make_produce("XL")
    item = chain.make_pack(produce, [dear], price_fen=2480, prices=[2580])
    chain.deliver("A-001", produce, 50_000)
    with pytest.raises(CannotPay):
        chain.start([(item, 1)])

    item.stockrecords.update(agreed_price=item.offer_price)

    assert chain.buy([(item, 1)]).total_incl_tax > 0


def test_every_ledger_transaction_balances_and_names_its_event(stripe):
    grove = chain.make_grove(grams=10_000)
    chain.buy([(grove.pack, 2)])

    assert Posting.objects.aggregate(s=Sum("amount_fen"))["s"] == 0
    assert Transaction.objects.get().kind == Transaction.Kind.SALE
    assert set(Account.objects.values_list("kind", flat=True)) == {"stripe", "sales", "freight"}
