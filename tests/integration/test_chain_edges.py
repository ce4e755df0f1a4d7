"""The chain where it frays: what happens between two steps, or long after one."""

import uuid
from datetime import timedelta

import pytest
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from catalog.clock import now
from cooperatives.households.models import Lot
from cooperatives.ledger.models import Posting
from cooperatives.partner import stock
from cooperatives.partner.models import StockPool
from cooperatives.partner.selectors import available_packs
from cooperatives.routing.models import Consignment
from cooperatives.routing.services import pack, ship, undo
from cooperatives.settlement import services as settlement
from cooperatives.settlement.models import SharingOut
from cooperatives.settlement.services import share_out_due
from storefront.aftersales.models import Refund
from storefront.aftersales.services import (
    RefundWish,
    refresh_refund,
    refund_lines,
    refund_order,
    send,
    waiting_refunds,
)
from storefront.aftersales.tasks import sweep_refunds
from storefront.order.models import Order
from storefront.payments import events, gateway, services
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt, StripeEvent
from storefront.payments.services import CannotPay
from tests.support import chain

pytestmark = pytest.mark.django_db
State = PaymentAttempt.State


def balance(kind: str) -> int:
    """Debits less credits of all accounts of a kind, in fen."""
    return Posting.objects.filter(account__kind=kind).aggregate(s=Sum("amount_fen"))["s"] or 0


# Routing and holding


def start_with_an_old_quote(basket, others: list, monkeypatch) -> PaymentAttempt:
    """Start a basket's payment after others were quicker than its quote."""
    chain.make_freight()
    old = [services.quote(basket, "北京")]
    chain.start(others)
    real = services.quote
    monkeypatch.setattr(services, "quote", lambda *given: old.pop() if old else real(*given))
    return services.start_payment(
        basket, contact=chain.CONTACT, address=chain.ADDRESS, language="en"
    )


def test_who_loses_the_last_pack_to_another_is_routed_to_the_next_cooperative(stripe, monkeypatch):
    first, second = chain.make_cooperative("A"), chain.make_cooperative("B")
    produce = chain.make_produce("XL")
    item = chain.make_pack(produce, [first, second])
    chain.deliver("A-001", produce, 2500)
    chain.deliver("B-001", produce, 50_000)

    attempt = start_with_an_old_quote(chain.make_basket([(item, 1)]), [(item, 1)], monkeypatch)

    assert [part["partner_code"] for part in attempt.snapshot["parts"]] == ["B"]
    assert chain.figures(first, produce) == (2500, 0, 2500, 0)
    assert chain.figures(second, produce) == (50_000, 0, 2500, 0)


def test_a_pool_whose_lots_expired_does_not_keep_the_others_from_selling(stripe, set_clock):
    # given A's lot past its time, which nobody has rolled forward yet, and a fresh one of B's
    first, second = chain.make_cooperative("A"), chain.make_cooperative("B")
    produce = chain.make_produce("XL", shelf_days=12)
    item = chain.make_pack(produce, [first, second])
    chain.deliver("A-001", produce, 10_000, days_ago=10)
    chain.deliver("B-001", produce, 10_000, days_ago=1)
    set_clock(3 * 86400)

    attempt = chain.start([(item, 1)])

    assert [part["partner_code"] for part in attempt.snapshot["parts"]] == ["B"]
    assert chain.figures(first, produce) == (0, 0, 0, 0)


def test_who_is_refused_at_the_hold_hears_how_many_there_are(stripe, monkeypatch):
    grove = chain.make_grove(grams=3 * 2500)
    basket = chain.make_basket([(grove.pack, 3)])

    with pytest.raises(CannotPay) as refused:
        start_with_an_old_quote(basket, [(grove.pack, 1)], monkeypatch)

    assert (refused.value.kind, list(refused.value.available.values())) == ("too_little", [2])
    assert chain.figures(grove.partner, grove.produce) == (7500, 0, 2500, 0)


def test_a_pool_that_turns_stale_during_a_hold_is_not_held_twice(stripe, monkeypatch):
    # given a promise whose picking days in time are full, and midnight just after the UPDATE
    grove = chain.make_grove(grams=0)
    chain.promise("COOP-A-001", grove.produce, 50_000, per_day=5000)
    pool = chain.pool_of(grove.partner, grove.produce)
    real = stock.picking.book

    def at_midnight(pool_id, *, to_pick):
        monkeypatch.setattr(stock.picking, "book", real)
        StockPool.objects.filter(pk=pool_id).update(next_change_at=now())
        return False

    monkeypatch.setattr(stock.picking, "book", at_midnight)

    with pytest.raises(stock.OutOfStock):
        stock.reserve(uuid.uuid4(), {pool.pk: 2500}, now() + timedelta(minutes=15))


def test_a_withdrawn_pack_that_lies_in_a_basket_is_not_sold(stripe):
    grove = chain.make_grove()
    basket = chain.make_basket([(grove.pack, 1)])
    chain.make_freight()
    grove.pack.is_public = False
    grove.pack.save(update_fields=["is_public"])

    with pytest.raises(CannotPay) as refused:
        services.start_payment(basket, contact=chain.CONTACT, address=chain.ADDRESS, language="en")

    assert (refused.value.kind, list(refused.value.available.values())) == ("too_little", [0])
    assert available_packs([grove.pack.pk]) == {grove.pack.pk: 0}
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 0)


# Stripe


def refuse(*arguments, **more):
    raise gateway.GatewayRefused("No such payment_intent")


def test_an_amount_that_stripe_refuses_leaves_the_basket_open(stripe, monkeypatch):
    grove = chain.make_grove()
    monkeypatch.setattr(gateway, "create_intent", refuse)

    with pytest.raises(CannotPay) as refused:
        chain.start([(grove.pack, 1)])

    assert refused.value.kind == "refused"
    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.basket.status) == (State.CLOSED, "Open")
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 0)


def test_an_expired_attempt_that_stripe_does_not_know_ends(stripe, monkeypatch, set_clock):
    grove = chain.make_grove()
    attempt = chain.start([(grove.pack, 1)])
    monkeypatch.setattr(gateway, "cancel_intent", refuse)
    monkeypatch.setattr(gateway, "retrieve_intent", refuse)
    set_clock(16 * 60)

    services.expire(attempt.uuid)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.basket.status) == (State.CLOSED, "Open")
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 0)


def in_session_of(attempt: PaymentAttempt) -> Client:
    browser = Client()
    session = browser.session
    session["payment_attempts"] = [str(attempt.uuid)]
    session.save()
    browser.cookies["sessionid"] = session.session_key
    return browser


def test_the_payments_pages_say_wait_when_stripe_refuses_to_answer(stripe, monkeypatch):
    grove = chain.make_grove()
    attempt = chain.start([(grove.pack, 1)])
    monkeypatch.setattr(gateway, "cancel_intent", refuse)
    monkeypatch.setattr(gateway, "retrieve_intent", refuse)
    browser = in_session_of(attempt)

    come_back = browser.get(reverse("checkout:return", args=[attempt.uuid]))
    give_up = browser.post(reverse("checkout:give-up", args=[attempt.uuid]))

    assert come_back.status_code == 200
    assert "Refresh" in come_back.headers
    assert give_up.headers["Location"] == reverse("shop:basket")
    attempt.refresh_from_db()
    assert attempt.state == State.OPEN


def test_an_attempt_given_up_while_its_intent_is_made_has_no_intent_that_can_be_paid(
    stripe, monkeypatch
):
    # given a buyer who gives up in another tab while Stripe makes the intent
    grove = chain.make_grove()
    real = gateway.create_intent

    def slow(uuid, amount_fen, currency):
        made = real(uuid, amount_fen, currency)
        services.abandon(uuid)
        return made

    monkeypatch.setattr(gateway, "create_intent", slow)

    attempt = chain.start([(grove.pack, 1)])

    assert attempt.state == State.CLOSED
    assert gateway.retrieve_intent(attempt.intent_id).canceled
    page = in_session_of(attempt).get(reverse("checkout:pay", args=[attempt.uuid]))
    assert page.status_code == 302


def test_an_attempt_whose_intent_comes_while_it_is_given_up_is_cancelled_with_it(
    stripe, monkeypatch
):
    # given an attempt without intent, which gets one after abandon() has read it
    grove = chain.make_grove()

    def down(*arguments):
        raise gateway.GatewayDown

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(gateway, "create_intent", down)
        with pytest.raises(CannotPay):
            chain.start([(grove.pack, 1)])
    attempt = PaymentAttempt.objects.get()
    real = services.close

    def late(*arguments, **more):
        monkeypatch.setattr(services, "close", real)
        services.ensure_intent(PaymentAttempt.objects.get(pk=attempt.pk))
        return real(*arguments, **more)

    monkeypatch.setattr(services, "close", late)

    attempt = services.abandon(attempt.uuid)

    assert attempt.state == State.CLOSED
    assert gateway.retrieve_intent(attempt.intent_id).canceled


def test_an_event_tells_of_an_intent_whose_answer_was_lost_without_making_another(
    stripe, monkeypatch
):
    # given an intent that was made and paid, though its answer never came
    grove = chain.make_grove()
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    intent_id, secret = attempt.intent_id, attempt.client_secret
    PaymentAttempt.objects.update(intent_id=None, client_secret="")
    monkeypatch.setattr(gateway, "create_intent", refuse)
    found = {"id": intent_id, "client_secret": secret, "metadata": {"attempt": str(attempt.uuid)}}
    events.store({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": found}})

    events.process("evt_1")

    attempt.refresh_from_db()
    assert (attempt.state, attempt.intent_id) == (State.PLACED, intent_id)


# Placing


def test_what_is_deleted_between_payment_and_placement_is_refunded(stripe):
    # given a pack, and a cooperative's offer of another, that are gone when the webhook comes
    pack_gone, offer_gone = chain.make_grove("A"), chain.make_grove("B")
    attempts = [chain.start([(grove.pack, 1)]) for grove in (pack_gone, offer_gone)]
    for attempt in attempts:
        chain.pay(attempt)
    pack_gone.pack.delete()
    offer_gone.pack.stockrecords.all().delete()

    outcomes = [finalize(attempt.uuid).kind for attempt in attempts]

    assert outcomes == ["refunded", "refunded"]
    assert {refund.amount_fen for refund in Refund.objects.all()} == {3280}
    assert Order.objects.count() == 0
    for grove in (pack_gone, offer_gone):
        assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 0)


# Lots that are drawn


def test_an_undone_packing_gives_its_lots_to_what_was_packed_without_any(stripe):
    # given two boxes of which one drew the only lot, and the other found none
    grove = chain.make_grove(grams=0)
    chain.promise("COOP-A-001", grove.produce, 50_000, per_day=50_000)
    orders = [chain.buy([(grove.pack, 2)]) for _ in range(2)]
    chain.deliver("COOP-A-001", grove.produce, 5000)
    first, second = (Consignment.objects.get(order=order) for order in orders)
    pack(first.pk, {})
    pack(second.pk, {})
    assert (balance("sales"), balance("pool")) == (-4960, -4960)

    # when the first is undone and cancelled
    undo(first.pk)
    refund_order(orders[0].pk)

    # then the lot is the second's, and its money is in the lot's sales pool
    assert second.lines.get().drawn_grams == 5000
    assert (balance("sales"), balance("pool")) == (0, -4960)
    assert Lot.objects.get().left == 0
    assert chain.pool_of(grove.partner, grove.produce).allocated == 0


def test_packs_that_come_back_to_the_store_cover_what_was_packed_without_a_lot(stripe):
    grove = chain.make_grove(grams=0)
    chain.promise("COOP-A-001", grove.produce, 50_000, per_day=50_000)
    orders = [chain.buy([(grove.pack, 2)]) for _ in range(2)]
    chain.deliver("COOP-A-001", grove.produce, 5000)
    first, second = (Consignment.objects.get(order=order) for order in orders)
    pack(first.pk, {})
    pack(second.pk, {})

    refund_lines(orders[0].pk, [RefundWish(first.lines.get().pk, packs=1)], restock=True)

    assert second.lines.get().drawn_grams == 2500
    assert (balance("sales"), balance("pool")) == (-2480, -4960)
    pool = chain.pool_of(grove.partner, grove.produce)
    assert (pool.on_hand, pool.allocated) == (0, 2500)


# Refunds


def test_cancelling_an_order_takes_its_packs_back_though_their_money_went_back_before(stripe):
    grove, other = chain.make_grove("A"), chain.make_grove("B")
    order = chain.buy([(grove.pack, 2), (other.pack, 1)])
    line = Consignment.objects.get(order=order, partner=grove.partner).lines.get()
    refund_lines(order.pk, [RefundWish(line.pk, amount_fen=4960)])

    refund_order(order.pk)

    states = set(Consignment.objects.filter(order=order).values_list("state", flat=True))
    assert states == {"cancelled"}
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 0)
    assert sum(r.amount_fen for r in Refund.objects.all()) == order.total_incl_tax * 100


def test_a_refund_that_the_bank_returns_after_all_is_owed_again(stripe, monkeypatch):
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 1)])
    refund = refund_order(order.pk)
    refund = send(refund.pk)
    assert (refund.state, balance("refund_due")) == ("done", 0)
    found = gateway.StripeRefund(refund.stripe_refund_id, "failed", refund.amount_fen)
    monkeypatch.setattr(gateway, "retrieve_refund", lambda pk: found)

    refresh_refund(refund.stripe_refund_id, "")
    refresh_refund(refund.stripe_refund_id, "")

    refund.refresh_from_db()
    assert (refund.state, refund.done_at) == ("failed", None)
    assert balance("refund_due") == -refund.amount_fen
    assert balance("stripe") == order.total_incl_tax * 100


def test_a_refund_tried_again_after_a_day_is_looked_for_at_stripe_first(
    stripe, monkeypatch, set_clock
):
    # given a refund that Stripe made, though its answer was lost, and whose key it has forgotten
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 2)])
    line = Consignment.objects.get(order=order).lines.get()
    refund = refund_lines(order.pk, [RefundWish(line.pk, packs=1)])
    real = gateway.create_refund

    def lost(*arguments):
        real(*arguments)
        raise gateway.GatewayDown("timed out")

    monkeypatch.setattr(gateway, "create_refund", lost)
    with pytest.raises(gateway.GatewayDown):
        send(refund.pk)
    monkeypatch.setattr(gateway, "create_refund", refuse)
    set_clock(86400)

    assert send(refund.pk).state == "done"


def test_a_delivery_released_on_its_way_is_not_undone(stripe, set_clock):
    from cooperatives.routing.services import WrongState

    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 1)])
    consignment = Consignment.objects.get(order=order)
    pack(consignment.pk, {})
    ship(consignment.pk, "顺丰", "SF1")
    set_clock(30 * 86400)
    share_out_due()
    assert consignment.lines.get().released_at is not None

    with pytest.raises(WrongState):
        undo(consignment.pk)


# Sweeps


def test_an_outage_of_stripe_does_not_use_up_an_events_tries(stripe, monkeypatch):
    grove = chain.make_grove()
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    found = {"id": attempt.intent_id}
    events.store({"id": "evt_2", "type": "payment_intent.succeeded", "data": {"object": found}})

    def down(*arguments):
        raise gateway.GatewayDown("out of reach")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(gateway, "retrieve_intent", down)
        for _ in range(events.MAX_TRIES):
            with pytest.raises(gateway.GatewayDown):
                events.process("evt_2")

    event = StripeEvent.objects.get(pk="evt_2")
    assert (event.tries, event.error) == (0, "GatewayDown: out of reach")
    events.process("evt_2")
    assert Order.objects.count() == 1


def test_a_refund_that_breaks_does_not_keep_the_sweep_from_the_others(
    stripe, monkeypatch, set_clock
):
    groves = [chain.make_grove(letter) for letter in "AB"]
    refunds = [refund_order(chain.buy([(grove.pack, 1)]).pk) for grove in groves]
    set_clock(120)
    real = gateway.create_refund

    def breaks(key, *arguments):
        if key == refunds[0].pk:
            raise RuntimeError("test")
        return real(key, *arguments)

    monkeypatch.setattr(gateway, "create_refund", breaks)

    assert sweep_refunds() == 2

    assert set(Refund.objects.values_list("state", flat=True)) == {"decided", "done"}


def test_refunds_never_tried_go_before_those_that_failed(stripe, set_clock):
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 2)])
    line = Consignment.objects.get(order=order).lines.get()
    failed, fresh = (refund_lines(order.pk, [RefundWish(line.pk, packs=1)]) for _ in range(2))
    Refund.objects.filter(pk=failed.pk).update(state="failed", tried_at=now())
    set_clock(7200)

    assert waiting_refunds() == [fresh.pk, failed.pk]


def test_a_sales_pool_that_breaks_does_not_keep_the_others_from_being_shared_out(
    stripe, monkeypatch
):
    for letter in "AB":
        grove = chain.make_grove(letter)
        order = chain.buy([(grove.pack, 1)])
        pack(Consignment.objects.get(order=order).pk, {})
    first, second = settlement.pools_to_share()
    real = settlement.share_out

    def breaks(pk):
        if pk == first:
            raise RuntimeError("test")
        return real(pk)

    monkeypatch.setattr(settlement, "share_out", breaks)

    with pytest.raises(RuntimeError):
        share_out_due()

    assert [sharing.sales_pool_id for sharing in SharingOut.objects.all()] == [second]
