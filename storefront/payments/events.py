"""Stripe's events: stored once when they come, processed after the answer."""

import json
import logging
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from kombu.exceptions import OperationalError

from catalog.clock import now
from storefront.payments import strays
from storefront.payments.balance import sweep_balance
from storefront.payments.finalizing import finalize
from storefront.payments.gateway import GatewayDown
from storefront.payments.models import PaymentAttempt, StripeEvent

log = logging.getLogger(__name__)
MAX_TRIES = 50
# The buyer's browser comes back at the same moment and places the order itself: a worker that
# starts at once would ask Stripe a second time and wait for the same locks.
HEAD_START_SECONDS = 2
# Nothing has happened to the payment yet: asking Stripe about it would say so.
BEFORE_ANYTHING = "payment_intent.created"
# After these the ledger of Stripe's balance is behind; what else moves it waits for the hour.
BALANCE_MOVES = ("payout.created", "payout.paid", "payout.failed", "payout.canceled")


@transaction.atomic
def store(event: dict) -> bool:
    """Store an event; False when it was there already. Processing starts after commit."""
    from storefront.payments.tasks import process_event

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_stripeevent (id, type, payload, received_at, tries, error)"
            " VALUES (%s, %s, %s, %s, 0, '') ON CONFLICT (id) DO NOTHING",
            [event["id"], event["type"], json.dumps(event), now()],
        )
        new = cursor.rowcount == 1
    if new:
        transaction.on_commit(lambda: _enqueue(process_event, event["id"]))
    return new


def _enqueue(task, event_id: str) -> None:
    """Hand an event to a worker. A broker that is down is no reason to fail: the sweep comes."""
    try:
        task.apply_async([event_id], countdown=HEAD_START_SECONDS)
    except OperationalError as error:
        log.warning("event %s waits for the sweep: %s", event_id, error)


def process(event_id: str) -> None:
    """Act on a stored event. Raises what went wrong; the event then stays for the sweep."""
    event = StripeEvent.objects.get(pk=event_id)
    if event.processed_at:
        return
    StripeEvent.objects.filter(pk=event_id).update(tries=F("tries") + 1)
    try:
        _act(event)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        # However long Stripe is out of reach, that is no fault of the event's.
        uncounted = 1 if isinstance(error, GatewayDown) else 0
        StripeEvent.objects.filter(pk=event_id).update(error=text, tries=F("tries") - uncounted)
        raise
    StripeEvent.objects.filter(pk=event_id).update(processed_at=now(), error="")


def _act(event: StripeEvent) -> None:
    from storefront.aftersales.cases.disputes import on_event as on_dispute
    from storefront.aftersales.services import refresh_refund

    found = event.payload["data"]["object"]
    if event.type.startswith("payment_intent."):
        attempt = PaymentAttempt.objects.filter(intent_id=found["id"]).first() or (
            _attempt_of_metadata(found)
        )
        if attempt is not None and event.type != BEFORE_ANYTHING:
            finalize(attempt.pk)
    elif event.type in ("refund.created", "refund.updated", "refund.failed"):
        reference = (found.get("metadata") or {}).get("refund", "")
        if not strays.refresh(found["id"], reference):
            refresh_refund(found["id"], reference)
    elif event.type in BALANCE_MOVES:
        sweep_balance()
    elif event.type.startswith("charge.dispute."):
        on_dispute(found)


def _attempt_of_metadata(found: dict) -> PaymentAttempt | None:
    """The attempt that an intent was made for, when its id did not reach us in time.

    The event says the id: asking Stripe to make it again would, once Stripe has forgotten the key
    (events come for three days, keys last for one), make another.
    """
    reference = (found.get("metadata") or {}).get("attempt", "")
    try:
        attempt = PaymentAttempt.objects.filter(pk=reference).first() if reference else None
    except (ValueError, TypeError, ValidationError):
        return None
    if attempt is not None:
        PaymentAttempt.objects.filter(pk=attempt.pk, intent_id__isnull=True).update(
            intent_id=found["id"], client_secret=found.get("client_secret") or ""
        )
    return attempt


def waiting_events(limit: int = 200) -> list[str]:
    """Events that nobody processed within ten seconds and that are still worth a try."""
    return list(
        StripeEvent.objects.filter(
            processed_at__isnull=True,
            tries__lt=MAX_TRIES,
            received_at__lt=now() - timedelta(seconds=10),
        )
        .order_by("received_at")
        .values_list("pk", flat=True)[:limit]
    )
