"""Refunds by weight, by bearer, by dispute and by hand; and what each of them refuses."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from catalog.clock import now
from cooperatives.ledger.models import Posting
from cooperatives.routing.cuts import short_of
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.services import WrongState, deliver, pack, ship, undo
from storefront.aftersales import sending
from storefront.aftersales.models import Refund
from storefront.aftersales.services import (
    CannotRefund,
    RefundWish,
    pay_by_hand,
    record_lost_dispute,
    refresh_refund,
    refund_lines,
    refund_order,
    send,
    waiting_refunds,
)
from storefront.books.runner import verify
from storefront.notifications.models import Message
from storefront.notifications.services import send as send_message
from storefront.payments import gateway
from tests.support import chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def stripe(stripe):
    """The sandbox without what other tests paid there."""
    stripe.reset()
    return stripe


@pytest.fixture
def grove(stripe):
    return chain.make_grove(grams=100_000)


@pytest.fixture
def finance():
    return get_user_model().objects.create(email="finance@example.org")


def one_line(order) -> ConsignmentLine:
    return ConsignmentLine.objects.get(consignment__order=order)


def packed(order, grams: int | None = None, *, shipped: bool = True) -> ConsignmentLine:
    line = one_line(order)
    pack(line.consignment_id, {line.pk: grams} if grams else {})
    if shipped:
        ship(line.consignment_id, "顺丰", f"SF{line.pk}")
    return one_line(order)


def fen(kind: str) -> int:
    """What an account of a kind holds, debit positive."""
    legs = Posting.objects.filter(account__kind=kind)
    return sum(legs.values_list("amount_fen", flat=True))


def everything() -> tuple:
    return (
        Posting.objects.count(),
        sorted(Refund.objects.values_list("pk", "state", "paid_from")),
        sorted(ConsignmentLine.objects.values_list("pk", "refunded_fen", "billed_grams")),
    )


def assert_the_books_are_in_order(*but: str) -> None:
    for refund in Refund.objects.exclude(state=Refund.State.DONE):
        send(refund.pk)
    for message in Message.objects.filter(state=Message.State.WAITING):
        send_message(message.pk)
    said = [(each.name, each.detail) for each in verify() if not each.ok and each.name not in but]
    assert said == []


def refused(call, *arguments, **more) -> None:
    before = everything()
    with pytest.raises(CannotRefund):
        call(*arguments, **more)
    assert everything() == before


# By weight


def test_missing_grams_are_refunded_at_their_part_of_the_price_and_each_once(grove):
    # given four packs of 2,500 g for ¥99.20, of which the box holds 9,700 g
    line = packed(chain.buy([(grove.pack, 4)]), 9700)
    order_id = line.consignment.order_id
    assert short_of(line) == 300

    # when two thirds of what is missing are refunded, then the rest
    first = refund_lines(order_id, [RefundWish(line.pk, short_grams=200)], reason="weight")
    line.refresh_from_db()
    assert (first.amount_fen, line.billed_grams, short_of(line)) == (198, 9800, 100)
    refused(refund_lines, order_id, [RefundWish(line.pk, short_grams=101)])
    refused(refund_lines, order_id, [RefundWish(line.pk, short_grams=0)])
    refused(refund_lines, order_id, [RefundWish(line.pk, short_grams=1, packs=1)])
    second = refund_lines(order_id, [RefundWish(line.pk, short_grams=100)], reason="weight")

    # then ⌊(9920 − 198)·100/9800⌋, and nothing is missing any more
    line.refresh_from_db()
    assert (second.amount_fen, line.billed_grams, short_of(line)) == (99, 9700, 0)
    refused(refund_lines, order_id, [RefundWish(line.pk, short_grams=1)])
    # a pack of the box costs a quarter of what remains, and the rest goes with the last one
    by_pack = refund_lines(order_id, [RefundWish(line.pk, packs=1)], restock=False)
    assert by_pack.amount_fen == (9920 - 297) // 4
    whole = refund_order(order_id)
    assert sum(r.amount_fen for r in Refund.objects.all()) == 9920 + line.consignment.freight_fen
    assert whole.lines.get(consignment_line=line).packs == 3
    assert_the_books_are_in_order()


def test_refunded_packs_take_their_part_of_what_is_missing_along(grove):
    line = packed(chain.buy([(grove.pack, 4)]), 9700)
    order_id = line.consignment.order_id
    refund_lines(order_id, [RefundWish(line.pk, packs=2)], restock=False)
    line.refresh_from_db()

    assert short_of(line) == 150

    by_weight = refund_lines(order_id, [RefundWish(line.pk, short_grams=150)], reason="weight")
    assert by_weight.amount_fen == 4960 * 150 // 5000
    refund_lines(order_id, [RefundWish(line.pk)], restock=True)
    line.refresh_from_db()
    assert (short_of(line), line.net_fen - line.refunded_fen) == (0, 0)
    assert_the_books_are_in_order()


def test_before_packing_and_of_a_heavy_box_nothing_is_missing(grove):
    order = chain.buy([(grove.pack, 2)])
    line = one_line(order)
    refused(refund_lines, order.pk, [RefundWish(line.pk, short_grams=1)])
    line = packed(order, 5001)
    refused(refund_lines, order.pk, [RefundWish(line.pk, short_grams=1)])


# Who bears it


def test_what_the_programme_bears_leaves_the_households_their_credit(grove):
    line = packed(chain.buy([(grove.pack, 4)]))
    order_id = line.consignment.order_id

    refund_lines(order_id, [RefundWish(line.pk, amount_fen=1000)], bearer="programme")
    refund_lines(order_id, [RefundWish(line.pk, packs=1)], restock=False, bearer="carrier")
    wish = RefundWish(line.pk, packs=1)
    restocked = refund_lines(order_id, [wish], restock=True, bearer="carrier")

    line.refresh_from_db()
    carrier = (9920 - 1000) // 4
    cooperative = (9920 - 1000 - carrier) // 3
    assert line.borne_elsewhere_fen == 1000 + carrier
    assert (fen("programme_expense"), fen("carrier_claim")) == (1000, carrier)
    # Goods that came back are nobody's loss: the sale is undone, whoever was to bear it.
    assert fen("pool") == -(9920 - cooperative)
    assert (restocked.bearer, restocked.lines.get().bearer) == ("carrier", "cooperative")
    # when all is refunded, then never more than was paid; freight by whom was chosen
    refund_order(order_id, restock=False, bearer="programme")
    line.refresh_from_db()
    assert line.refunded_fen == line.net_fen
    assert fen("refund_due") == -(9920 + line.consignment.freight_fen)
    assert fen("pool") == -(9920 - cooperative)
    refused(refund_lines, order_id, [RefundWish(line.pk, amount_fen=1)], bearer="programme")
    refused(refund_order, order_id, bearer="village")
    assert_the_books_are_in_order()


def test_what_the_programme_bore_of_packs_that_are_cancelled_after_all_goes_back_to_it(grove):
    order = chain.buy([(grove.pack, 3)])
    line = one_line(order)
    refund_lines(order.pk, [RefundWish(line.pk, amount_fen=1000)], bearer="programme")
    # The carrier has nothing yet: what it can't bear, the cooperative does.
    refund_lines(order.pk, [RefundWish(line.pk, amount_fen=10)], bearer="carrier")
    assert (fen("sales"), fen("programme_expense"), fen("carrier_claim")) == (-7430, 1000, 0)

    refund_lines(order.pk, [RefundWish(line.pk, packs=1)])

    assert (fen("sales"), fen("programme_expense")) == (-7430 + 2143 + 333, 667)
    refund_order(order.pk)
    assert (fen("sales"), fen("programme_expense"), fen("freight")) == (0, 0, 0)
    line.refresh_from_db()
    assert (line.borne_elsewhere_fen, line.consignment.state) == (0, "cancelled")
    assert_the_books_are_in_order()


def test_nobody_else_bears_the_freight_of_a_parcel_that_is_never_sent(grove):
    order = chain.buy([(grove.pack, 2)])
    line = one_line(order)

    first = refund_lines(order.pk, [], freight={line.consignment_id: 300}, bearer="programme")

    assert [part.bearer for part in first.lines.all()] == ["cooperative"]
    refund_order(order.pk)
    assert (fen("freight"), fen("programme_expense"), fen("sales")) == (0, 0, 0)
    # once it was sent, others may bear it; then it can't become one that is never sent
    other = packed(chain.buy([(grove.pack, 1)]))
    freight = {other.consignment_id: 300}
    refund_lines(other.consignment.order_id, [], freight=freight, bearer="programme")
    assert (fen("freight"), fen("programme_expense")) == (-other.consignment.freight_fen, 300)
    undo(other.consignment_id)
    with pytest.raises(WrongState):
        undo(other.consignment_id)
    assert_the_books_are_in_order()


def test_packing_is_not_undone_after_any_refund_from_the_box(grove):
    # a refund of packs whose money had gone back before has no posting of its own
    other = chain.make_pack(grove.produce, [grove.partner])
    order = chain.buy([(grove.pack, 1), (other, 1)])
    first = ConsignmentLine.objects.filter(consignment__order=order).earliest("pk")
    refund_lines(order.pk, [RefundWish(first.pk, amount_fen=2480)])
    pack(first.consignment_id, {})
    freight = {first.consignment_id: 100}
    refund_lines(order.pk, [RefundWish(first.pk)], freight=freight, restock=True)

    with pytest.raises(WrongState):
        undo(first.consignment_id)

    first.refresh_from_db()
    assert (first.returned_grams, first.consignment.state) == (2500, "packed")
    third = packed(chain.buy([(grove.pack, 2)]), 4900, shipped=False)
    wish = RefundWish(third.pk, short_grams=100)
    refund_lines(third.consignment.order_id, [wish], bearer="programme")
    with pytest.raises(WrongState):
        undo(third.consignment_id)
    assert_the_books_are_in_order()


# By a dispute


def test_a_lost_dispute_takes_what_remains_and_nothing_is_left_to_refund(grove):
    order = chain.buy([(grove.pack, 4)])
    attempt = order.payment_attempt
    line = packed(order)
    deliver(line.consignment_id)
    earlier = refund_lines(order.pk, [RefundWish(line.pk, amount_fen=500)])
    send(earlier.pk)
    left = attempt.amount_fen - 500

    lost = record_lost_dispute(attempt, attempt.amount_fen, "dp_1", "programme")

    assert (lost.amount_fen, lost.buyer_fen, lost.state) == (left, left, "done")
    assert (lost.reason, lost.paid_from, lost.paid_reference) == ("dispute", "disputed", "dp_1")
    assert (fen("disputed"), fen("refund_due"), fen("programme_expense")) == (-left, 0, left)
    assert record_lost_dispute(attempt, left, "dp_1", "programme").pk == lost.pk
    # refunding after a lost dispute is refused, and so is another dispute
    refused(refund_order, order.pk)
    refused(refund_lines, order.pk, [RefundWish(line.pk, packs=1)])
    refused(refund_lines, order.pk, [RefundWish(line.pk, amount_fen=1)])
    refused(record_lost_dispute, attempt, 1, "dp_2", "programme")
    assert not Message.objects.filter(reference=f"refund:{lost.pk}").exists()


def test_a_dispute_lost_before_packing_cancels_what_nobody_pays_for(grove):
    order = chain.buy([(grove.pack, 4)])
    attempt = order.payment_attempt
    part = record_lost_dispute(attempt, 1000, "dp_1", "cooperative")
    assert part.amount_fen == 1000
    assert Consignment.objects.get(order=order).state == "paid"

    record_lost_dispute(attempt, attempt.amount_fen - 1000, "dp_2", "programme")

    assert Consignment.objects.get(order=order).state == "cancelled"
    assert (fen("sales"), fen("freight"), fen("programme_expense")) == (0, 0, 0)
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 0)


# By hand, and the states of a refund


def refuse(*arguments):
    raise gateway.GatewayRefused("The balance is too low.")


def test_what_stripe_refused_is_tried_again_with_the_same_key_or_paid_by_hand_never_both(
    grove, finance, monkeypatch, set_clock
):
    order = chain.buy([(grove.pack, 4)])
    line = one_line(order)
    refund = refund_lines(order.pk, [RefundWish(line.pk, packs=1)])
    # while it may still be paid by Stripe, not by hand
    refused(pay_by_hand, refund.pk, "bank", "T-1", finance)
    keys = []

    def refuse_and_note(key, *more):
        keys.append(key)
        # while a try is under way another one does nothing, and nobody pays by hand
        assert send(refund.pk).tries == len(keys)
        refused(pay_by_hand, refund.pk, "bank", "T-1", finance)
        refuse()

    monkeypatch.setattr(gateway, "create_refund", refuse_and_note)
    for tries in (1, 2):
        again = send(refund.pk)
        assert (again.state, again.tries, again.error) == (
            "failed", tries, "The balance is too low.",
        )  # fmt: skip
    assert keys == [refund.pk, refund.pk]
    set_clock(1800)
    assert waiting_refunds() == []
    set_clock(3700)
    assert waiting_refunds() == [refund.pk]

    def time_out(*arguments):
        raise gateway.GatewayDown("timed out")

    # what came of it is unknown now: not by hand
    monkeypatch.setattr(gateway, "create_refund", time_out)
    with pytest.raises(gateway.GatewayDown):
        send(refund.pk)
    refused(pay_by_hand, refund.pk, "bank", "T-1", finance)
    monkeypatch.setattr(gateway, "create_refund", refuse)
    send(refund.pk)
    refused(pay_by_hand, refund.pk, "stripe", "T-1", finance)
    refused(pay_by_hand, refund.pk, "bank", "  ", finance)

    done = pay_by_hand(refund.pk, "bank", "T-1", finance)

    assert (done.state, done.paid_from, done.paid_reference) == ("done", "bank", "T-1")
    assert (fen("refund_due"), fen("bank")) == (0, -2480)
    assert pay_by_hand(refund.pk, "bank", "T-1", finance).pk == refund.pk
    refused(pay_by_hand, refund.pk, "cash", "T-1", finance)
    before = everything()
    assert send(refund.pk).state == "done"
    assert waiting_refunds() == []
    assert everything() == before
    monkeypatch.undo()


def test_what_the_buyers_bank_sent_back_is_owed_again_and_paid_by_hand(grove, finance, monkeypatch):
    order = chain.buy([(grove.pack, 1)])
    refund = send(refund_order(order.pk).pk)
    there = gateway.StripeRefund(refund.stripe_refund_id, "failed", refund.amount_fen)
    monkeypatch.setattr(gateway, "retrieve_refund", lambda pk: there)
    refresh_refund(refund.stripe_refund_id, "")
    assert (fen("refund_due"), Refund.objects.get().state) == (-3280, "failed")

    pay_by_hand(refund.pk, "cash", "R-7", finance)
    # Stripe's events come late and twice
    refresh_refund(refund.stripe_refund_id, "")

    refund.refresh_from_db()
    assert (refund.state, refund.paid_from, refund.paid_by) == ("done", "cash", finance)
    assert (fen("refund_due"), fen("cash"), fen("stripe")) == (0, -3280, 3280)
    monkeypatch.undo()
    # At Stripe this one refund still stands as done: only the answer here says otherwise.
    assert_the_books_are_in_order("stripe.refunds")


def test_a_try_that_died_is_taken_over_later(grove, set_clock):
    refund = refund_order(chain.buy([(grove.pack, 1)]).pk)
    Refund.objects.update(tries=1, tried_at=now(), busy_until=now() + timedelta(minutes=2))

    assert send(refund.pk).state == "decided"

    set_clock(150)
    assert waiting_refunds() == [refund.pk]
    assert send(refund.pk).state == "done"


def test_the_same_refund_twice_is_one_and_another_orders_name_is_not_taken(grove):
    order, other = chain.buy([(grove.pack, 1)]), chain.buy([(grove.pack, 1)])
    name = uuid.uuid4()
    first = refund_order(order.pk, uuid=name)
    before = everything()
    assert refund_order(order.pk, uuid=name).pk == first.pk
    assert everything() == before
    refused(refund_order, other.pk, uuid=name)


def test_what_came_back_stays_owed_whoever_asked_stripe_before(stripe):
    order = chain.buy([(chain.make_grove().pack, 1)])
    refund = send(refund_order(order.pk).pk)
    said = gateway.retrieve_refund(refund.stripe_refund_id)
    assert (refund.state, said.status) == ("done", "succeeded")

    sending._record(refund.pk, replace(said, status="failed"))
    # Read before it failed, written after.
    late = sending._record(refund.pk, said)

    assert late.state == "failed"
    owed = Posting.objects.filter(account__kind="refund_due").values_list("amount_fen", flat=True)
    assert -sum(owed) == refund.buyer_fen
    by_hand = pay_by_hand(refund.pk, "bank", "B-1", None)
    assert (by_hand.state, sum(owed.all())) == ("done", 0)
