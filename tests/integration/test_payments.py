"""Paying when things go wrong: goods gone, time over, Stripe out of reach."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from oscar.core.loading import get_model

from catalog.clock import now
from cooperatives.households.models import Lot
from cooperatives.households.services import write_off
from cooperatives.ledger.models import Posting, Transaction
from storefront.aftersales.models import Refund
from storefront.aftersales.tasks import send_refund, sweep_refunds
from storefront.notifications.models import Message
from storefront.order.models import Order
from storefront.payments import gateway
from storefront.payments.finalizing import finalize
from storefront.payments.gateway import GatewayDown
from storefront.payments.models import PaymentAttempt
from storefront.payments.services import CannotPay, abandon, expire, start_payment
from storefront.payments.tasks import sweep_attempts
from tests.support import chain

pytestmark = pytest.mark.django_db
Basket = get_model("basket", "Basket")
State = PaymentAttempt.State
MINUTE = 60


@pytest.fixture
def grove(db) -> chain.Grove:
    return chain.make_grove(grams=10_000)


def charges(stripe: Any, attempt: PaymentAttempt) -> list[Any]:
    """The attempt's charges, as the service lists them."""
    return list(gateway._client().v1.charges.list({"payment_intent": attempt.intent_id}).data)


def balance(kind: str) -> int:
    """Debits less credits of a kind of account, in fen."""
    return Posting.objects.filter(account__kind=kind).aggregate(s=Sum("amount_fen"))["s"] or 0


# Starting


def test_when_stripe_is_out_of_reach_the_goods_stay_held_and_a_retry_pays(stripe, grove):
    stripe.fault(kind="500", path="/v1/payment_intents", count=None)
    with pytest.raises(CannotPay) as refused:
        chain.start([(grove.pack, 1)])
    assert refused.value.kind == "gateway_down"
    stripe.clear_faults()
    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.intent_id) == (State.OPEN, None)
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 2500, 0)

    again = _start_again(attempt.basket)

    assert again == attempt
    assert again.intent_id
    chain.pay(again)
    assert finalize(again.uuid).kind == "order"
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 2500)


def _start_again(basket: Any) -> PaymentAttempt:
    return start_payment(basket, contact=chain.CONTACT, address=chain.ADDRESS, language="en")


def test_an_intent_whose_answer_was_lost_is_found_again_by_the_same_key(stripe, grove, settings):
    # given that Stripe makes the intent, and the answer never comes
    settings.STRIPE_TIMEOUT_SECONDS = 0.3
    gateway._client.cache_clear()
    stripe.fault(kind="timeout", path="/v1/payment_intents", count=3, when="after", seconds=2)
    with pytest.raises(CannotPay):
        chain.start([(grove.pack, 1)])
    stripe.clear_faults()
    attempt = PaymentAttempt.objects.get()
    assert attempt.intent_id is None

    again = _start_again(attempt.basket)

    made = [
        intent
        for intent in gateway.list_intents(now() - timedelta(hours=1), now() + timedelta(hours=1))
        if intent.attempt == str(attempt.uuid)
    ]
    assert [intent.id for intent in made] == [again.intent_id]


# Giving up and time over


def test_abandoning_cancels_the_intent_thaws_the_basket_and_frees_the_goods(stripe, grove):
    attempt = chain.start([(grove.pack, 1)])

    given_up = abandon(attempt.uuid)

    assert given_up.state == State.CLOSED
    assert gateway.retrieve_intent(attempt.intent_id).canceled
    assert Basket.objects.get(pk=attempt.basket_id).status == Basket.OPEN
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)
    assert abandon(attempt.uuid).state == State.CLOSED
    assert _start_again(attempt.basket) != attempt


def test_abandoning_what_was_paid_meanwhile_places_the_order(stripe, grove):
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)

    assert abandon(attempt.uuid).state == State.PLACED

    assert Order.objects.count() == len(charges(stripe, attempt)) == 1


def test_while_stripe_is_out_of_reach_nothing_is_abandoned(stripe, grove):
    attempt = chain.start([(grove.pack, 1)])
    stripe.fault(kind="500", path="/v1/payment_intents*", count=None)

    with pytest.raises(GatewayDown):
        abandon(attempt.uuid)

    attempt.refresh_from_db()
    assert attempt.state == State.OPEN
    assert Basket.objects.get(pk=attempt.basket_id).status == Basket.FROZEN
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 2500, 0)


def test_after_fifteen_minutes_the_sweep_thaws_the_basket_and_frees_the_goods(
    stripe, grove, set_clock
):
    attempt = chain.start([(grove.pack, 1)])
    set_clock(14 * MINUTE)
    sweep_attempts()
    attempt.refresh_from_db()
    assert attempt.state == State.OPEN

    set_clock(15 * MINUTE + 1)
    assert sweep_attempts() == 1

    attempt.refresh_from_db()
    assert attempt.state == State.CLOSED
    assert gateway.retrieve_intent(attempt.intent_id).canceled
    assert Basket.objects.get(pk=attempt.basket_id).status == Basket.OPEN
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)
    assert sweep_attempts() == 0


def test_an_attempt_that_was_paid_in_silence_is_found_by_the_sweep(stripe, grove, set_clock):
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)

    assert sweep_attempts() == 0
    set_clock(2 * MINUTE)
    assert sweep_attempts() == 1

    attempt.refresh_from_db()
    assert attempt.state == State.PLACED


def _expire_out_of_reach(stripe: Any, attempt: PaymentAttempt) -> None:
    """Time is over while Stripe can't be asked: the goods go back, the attempt stays open."""
    stripe.fault(kind="500", path="/v1/payment_intents*", count=None)
    expire(attempt.uuid)
    stripe.clear_faults()
    attempt.refresh_from_db()
    assert attempt.state == State.OPEN


def test_a_late_success_is_placed_while_the_goods_are_still_there(stripe, grove):
    attempt = chain.start([(grove.pack, 2)])
    _expire_out_of_reach(stripe, attempt)
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)
    chain.pay(attempt)

    assert finalize(attempt.uuid).kind == "order"

    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 5000)
    assert not Refund.objects.exists()


def test_a_late_success_whose_goods_are_sold_meanwhile_is_refunded(stripe, grove):
    attempt = chain.start([(grove.pack, 3)])
    _expire_out_of_reach(stripe, attempt)
    others = chain.buy([(grove.pack, 2)])
    chain.pay(attempt)

    assert finalize(attempt.uuid).kind == "refunded"

    assert list(Order.objects.all()) == [others]
    assert Refund.objects.get().attempt == attempt
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 5000)


# Paid, and the goods are gone


def test_paid_goods_that_are_gone_are_refunded_in_full_once_and_the_buyer_is_told(stripe, grove):
    # given a held pack that spoils before it is paid
    attempt = chain.start([(grove.pack, 1)])
    write_off(Lot.objects.get().pk, 10_000, "hail")
    chain.pay(attempt)

    # when everybody hears of the payment, several times
    kinds = [finalize(attempt.uuid).kind for _ in range(3)]
    refund = Refund.objects.get()
    for _ in range(3):
        send_refund(str(refund.pk))

    # then all the money goes back, once
    assert kinds == ["refunded"] * 3
    refund.refresh_from_db()
    assert (refund.state, refund.reason) == (Refund.State.DONE, Refund.Reason.GOODS_GONE)
    assert refund.amount_fen == attempt.amount_fen == 2480 + 800
    assert [charge.amount_refunded for charge in charges(stripe, attempt)] == [3280]
    assert sorted(Transaction.objects.values_list("kind", flat=True)) == [
        "goods_gone",
        "refund_paid",
    ]
    assert balance("stripe") == balance("refund_due") == 0
    # and she is told, no order is there, the basket is hers again
    message = Message.objects.get()
    assert (message.kind, message.recipient) == (Message.Kind.GOODS_GONE, "buyer@example.org")
    assert message.context["amount_fen"] == 3280
    assert not Order.objects.exists()
    assert Basket.objects.get(pk=attempt.basket_id).status == Basket.OPEN
    assert chain.figures(grove.partner, grove.produce) == (0, 0, 0, 0)


def test_a_refund_that_stripe_did_not_answer_is_done_later_and_once(stripe, grove, set_clock):
    attempt = chain.start([(grove.pack, 1)])
    write_off(Lot.objects.get().pk, 10_000, "hail")
    chain.pay(attempt)
    finalize(attempt.uuid)
    # given that Stripe makes the refund, and its answer is lost
    stripe.fault(kind="500", path="/v1/refunds", count=3, when="after")
    with pytest.raises(GatewayDown):
        send_refund(str(Refund.objects.get().pk))
    stripe.clear_faults()

    set_clock(2 * MINUTE)
    assert sweep_refunds() == 1

    assert Refund.objects.get().state == Refund.State.DONE
    assert [charge.amount_refunded for charge in charges(stripe, attempt)] == [3280]
    assert balance("stripe") == 0


@pytest.mark.parametrize("change", [{"amount_fen": 3279}, {"currency": "usd"}])
def test_another_amount_than_expected_is_refunded_as_it_came(stripe, grove, change):
    # given an attempt that expects something else than its intent was paid with
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    PaymentAttempt.objects.update(**change)

    assert finalize(attempt.uuid).kind == "refunded"

    assert Refund.objects.get().amount_fen == 3280
    assert not Order.objects.exists()
    assert balance("stripe") == 3280
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)


def test_a_second_payment_of_a_basket_that_is_an_order_already_is_refunded(stripe, grove):
    # given a first attempt that stayed open while Stripe was out of reach, and a second one
    first = chain.start([(grove.pack, 1)])
    PaymentAttempt.objects.filter(pk=first.pk).update(state=State.CLOSED)
    Basket.objects.filter(pk=first.basket_id).update(status=Basket.OPEN)
    second = _start_again(first.basket)
    assert second != first
    chain.pay(second)
    assert finalize(second.uuid).kind == "order"
    chain.pay(first)

    assert finalize(first.uuid).kind == "refunded"

    assert Order.objects.count() == 1
    assert Refund.objects.get().attempt == first


def test_a_refused_card_leaves_the_payment_open_for_another(stripe, grove):
    attempt = chain.start([(grove.pack, 1)])
    with pytest.raises(Exception, match="declined"):
        chain.pay(attempt, "pm_card_visa_chargeDeclined")

    assert finalize(attempt.uuid).kind == "open"
    chain.pay(attempt)

    assert finalize(attempt.uuid).kind == "order"


def test_no_call_to_stripe_runs_inside_a_transaction(stripe, grove):
    from django.db import transaction

    attempt = chain.start([(grove.pack, 1)])

    with pytest.raises(RuntimeError, match="no network"), transaction.atomic():
        finalize(attempt.uuid)
