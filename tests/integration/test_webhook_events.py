"""Stripe's events: forged, repeated, early, lost, and about what is not ours."""

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

from storefront.order.models import Order
from storefront.payments import events
from storefront.payments.gateway import GatewayDown
from storefront.payments.models import PaymentAttempt, StripeEvent
from storefront.payments.tasks import process_event, sweep_events
from tests.support import chain

pytestmark = pytest.mark.django_db
WEBHOOK = "/payments/stripe/webhook"
MINUTE = 60
State = PaymentAttempt.State


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
