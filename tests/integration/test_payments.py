"""Paying when things go wrong: forged events, goods gone, time over, Stripe out of reach."""

import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
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
from storefront.payments import events, gateway
from storefront.payments.finalizing import finalize
from storefront.payments.gateway import GatewayDown
from storefront.payments.models import PaymentAttempt, StripeEvent
from storefront.payments.services import CannotPay, abandon, expire, start_payment
from storefront.payments.tasks import process_event, sweep_attempts, sweep_events
from tests.support import chain

pytestmark = pytest.mark.django_db
Basket = get_model("basket", "Basket")
State = PaymentAttempt.State
WEBHOOK = "/payments/stripe/webhook"
MINUTE = 60


@pytest.fixture
def grove(db) -> chain.Grove:
    return chain.make_grove(grams=10_000)


def event_of(kind: str = "payment_intent.succeeded", **found: Any) -> dict[str, Any]:
    """An event as Stripe sends it."""
    return {
        "id": f"evt_{uuid.uuid4().hex}",
        "object": "event",
        "type": kind,
        "data": {"object": {"id": "pi_1", "metadata": {}} | found},
    }


def signature(body: bytes, secret: str, at: float | None = None) -> str:
    """Stripe's header for a body: t=…,v1=HMAC of "t.body"."""
    stamp = int(time.time() if at is None else at)
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"


def send(client: Any, event: dict[str, Any], header: str | None = None, secret: str = "") -> Any:
    """Post an event to the webhook, signed with `secret` unless a header is given."""
    body = json.dumps(event).encode()
    header = signature(body, secret) if header is None else header
    headers = {"Stripe-Signature": header} if header else {}
    return client.post(WEBHOOK, body, content_type="application/json", headers=headers)


def charges(stripe: Any, attempt: PaymentAttempt) -> list[Any]:
    """The attempt's charges, as the service lists them."""
    return list(gateway._client().v1.charges.list({"payment_intent": attempt.intent_id}).data)


def balance(kind: str) -> int:
    """Debits less credits of a kind of account, in fen."""
    return Posting.objects.filter(account__kind=kind).aggregate(s=Sum("amount_fen"))["s"] or 0


# The webhook


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "nonsense",
        "t=1,v1=00",
        lambda body, secret: signature(body, "whsec_of_somebody_else"),
        lambda body, secret: signature(body + b" ", secret),
        lambda body, secret: signature(body, secret, at=time.time() - 301),
        lambda body, secret: signature(body, secret).replace("v1=", "v0="),
    ],
    ids=["missing", "nonsense", "short", "other key", "other body", "stale", "old scheme"],
)
def test_an_event_that_stripe_did_not_sign_just_now_is_refused(client, stripe, forged):
    event = event_of()
    body = json.dumps(event).encode()
    header = forged(body, stripe.webhook_secret) if callable(forged) else forged

    answer = send(client, event, header)

    assert answer.status_code == 400
    assert not StripeEvent.objects.exists()


def test_a_signed_event_that_is_no_event_is_refused(client, stripe):
    for body in (b"[]", b"{}", b"not json", b"\xff", b'{"id": "e", "type": "a", "data": {}}'):
        header = signature(body, stripe.webhook_secret)
        answer = client.post(
            WEBHOOK, body, content_type="application/json", headers={"Stripe-Signature": header}
        )
        assert answer.status_code == 400, body

    assert not StripeEvent.objects.exists()


def test_only_post_reaches_the_webhook(client, stripe):
    assert client.get(WEBHOOK).status_code == 405


def test_an_unknown_event_is_stored_and_answered_200(client, stripe):
    event = event_of("product.created")

    answer = send(client, event, secret=stripe.webhook_secret)

    assert answer.status_code == 200
    stored = StripeEvent.objects.get()
    assert (stored.id, stored.type, stored.payload) == (event["id"], "product.created", event)
    process_event(stored.id)
    stored.refresh_from_db()
    assert stored.processed_at is not None


def test_an_event_that_comes_five_times_is_stored_and_worked_on_once(client, stripe, grove):
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    event = event_of(id=attempt.intent_id)

    for _ in range(5):
        assert send(client, event, secret=stripe.webhook_secret).status_code == 200
        process_event(event["id"])

    stored = StripeEvent.objects.get()
    assert (stored.tries, stored.error) == (1, "")
    assert Order.objects.get().payment_attempt == attempt


def test_a_success_in_an_event_counts_for_nothing_unless_stripe_confirms_it(client, stripe, grove):
    # given a payment that nobody paid, and an event that says it was
    attempt = chain.start([(grove.pack, 1)])
    event = event_of(id=attempt.intent_id, status="succeeded", amount_received=attempt.amount_fen)

    send(client, event, secret=stripe.webhook_secret)
    process_event(event["id"])

    assert not Order.objects.exists()
    attempt.refresh_from_db()
    assert attempt.state == State.OPEN


def test_that_a_payment_was_begun_moves_nothing(client, stripe, grove):
    # given a payment that was paid meanwhile: only what says so may place the order
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    begun = event_of("payment_intent.created", id=attempt.intent_id)
    asked = stripe.state()["requests"]

    send(client, begun, secret=stripe.webhook_secret)
    process_event(begun["id"])

    assert StripeEvent.objects.get().processed_at is not None
    assert not Order.objects.exists()
    assert stripe.state()["requests"] == asked


def test_a_worker_leaves_the_returning_browser_a_head_start(
    client, stripe, django_capture_on_commit_callbacks
):
    event = event_of()
    before = datetime.now(UTC)

    with django_capture_on_commit_callbacks(execute=True):
        send(client, event, secret=stripe.webhook_secret)
        send(client, event, secret=stripe.webhook_secret)

    with redis.from_url(settings.REDIS_URL) as line:
        (task,) = map(json.loads, line.lrange("celery", 0, -1))
    assert task["headers"]["argsrepr"] == f"['{event['id']}']"
    starts = datetime.fromisoformat(task["headers"]["eta"])
    assert timedelta(seconds=2) <= starts - before < timedelta(seconds=12)


def test_an_event_whose_work_failed_is_worked_on_by_the_sweep(client, stripe, grove, set_clock):
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    event = event_of(id=attempt.intent_id)
    send(client, event, secret=stripe.webhook_secret)
    stripe.fault(kind="500", path="/v1/payment_intents*", count=None)
    with pytest.raises(GatewayDown):
        events.process(event["id"])
    assert StripeEvent.objects.get().error.startswith("GatewayDown")
    stripe.clear_faults()

    assert sweep_events() == 0  # too young
    set_clock(MINUTE)
    assert sweep_events() == 1

    assert StripeEvent.objects.get().processed_at is not None
    assert Order.objects.count() == 1


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


def test_a_webhook_that_knows_the_attempt_only_by_its_metadata_places_the_order(stripe, grove):
    # given an intent that was made and paid, whose id never reached our table
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    lost = attempt.intent_id
    PaymentAttempt.objects.update(intent_id=None, client_secret="")
    event = event_of(id=lost, metadata={"attempt": str(attempt.uuid)})

    events.store(event)
    events.process(event["id"])

    attempt.refresh_from_db()
    assert (attempt.state, attempt.intent_id) == (State.PLACED, lost)


def test_an_event_about_somebody_elses_intent_changes_nothing(stripe, grove):
    for metadata in ({}, {"attempt": "no uuid"}, {"attempt": str(uuid.uuid4())}):
        event = event_of(id="pi_of_somebody_else", metadata=metadata)
        events.store(event)
        events.process(event["id"])

    assert StripeEvent.objects.filter(processed_at=None).count() == 0
    assert not Order.objects.exists()


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
