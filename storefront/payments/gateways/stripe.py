"""Payments at Stripe, in its own protocol.

Every call here is network: none may run inside a database transaction (checked). Only the base
address, the keys and the script's address tell the sandbox, test mode and live mode apart.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import stripe
from django.conf import settings
from django.db import connection

from storefront.payments.gateways.base import (
    Charge,
    GatewayDown,
    GatewayRefused,
    Intent,
    Movement,
    Payout,
    StripeRefund,
    WrongIntentState,
)

# What Stripe takes as an explanation of a dispute.
MOST_EVIDENCE = 20_000


@cache
def _client() -> stripe.StripeClient:
    return stripe.StripeClient(
        settings.STRIPE_API_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        http_client=stripe.RequestsClient(timeout=settings.STRIPE_TIMEOUT_SECONDS),
        max_network_retries=2,
    )


def _call(function, *args, **kwargs):
    # Django marks the transactions that a TestCase wraps around each test.
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("no network inside a transaction (DESIGN §4)")
    try:
        return function(*args, **kwargs)
    except stripe.InvalidRequestError as error:
        if error.code in ("payment_intent_unexpected_state", "charge_already_refunded"):
            raise WrongIntentState(error.user_message or str(error)) from error
        raise GatewayRefused(error.user_message or str(error)) from error
    except (stripe.CardError, stripe.IdempotencyError) as error:
        raise GatewayRefused(error.user_message or str(error)) from error
    except stripe.StripeError as error:
        raise GatewayDown(str(error)) from error


def _at(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


def _intent(found: stripe.PaymentIntent) -> Intent:
    return Intent(
        id=found.id,
        status=found.status,
        amount_fen=found.amount,
        received_fen=found.amount_received or 0,
        currency=found.currency,
        client_secret=found.client_secret or "",
        attempt=found.metadata["attempt"] if found.metadata and "attempt" in found.metadata else "",
        created_at=_at(found.created),
    )


def create_intent(attempt: UUID, amount_fen: int, currency: str) -> Intent:
    """Create the intent of an attempt; the attempt's uuid is the idempotency key."""
    return _intent(
        _call(
            _client().v1.payment_intents.create,
            {
                "amount": amount_fen,
                "currency": currency,
                "payment_method_types": ["card"],
                "metadata": {"attempt": str(attempt)},
            },
            {"idempotency_key": str(attempt)},
        )
    )


def retrieve_intent(intent_id: str) -> Intent:
    """The intent as it is now."""
    return _intent(_call(_client().v1.payment_intents.retrieve, intent_id))


def cancel_intent(intent_id: str) -> Intent:
    """Cancel an intent. Raises WrongIntentState when it is past that (succeeded, processing)."""
    return _intent(_call(_client().v1.payment_intents.cancel, intent_id))


def _rows(path: str, since: datetime, until: datetime, **more: Any) -> Iterator[dict[str, Any]]:
    """All rows of one of Stripe's lists, as they come: its own classes take ten times as long."""
    span = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
    asked: dict[str, Any] = {"created": span, "limit": 100, **more}
    while True:
        page = _call(_client().raw_request, "get", path, **asked).data
        yield from page["data"]
        if not page["has_more"]:
            return
        asked["starting_after"] = page["data"][-1]["id"]


def list_intents(since: datetime, until: datetime) -> Iterator[Intent]:
    """Every intent created in a span of time, newest first, with the time of its charge."""
    for found in _rows("/v1/payment_intents", since, until, expand=["data.latest_charge"]):
        charge = found["latest_charge"]
        yield Intent(
            id=found["id"],
            status=found["status"],
            amount_fen=found["amount"],
            received_fen=found["amount_received"] or 0,
            currency=found["currency"],
            client_secret=found["client_secret"] or "",
            attempt=(found["metadata"] or {}).get("attempt", ""),
            charged_at=_at(charge["created"]) if charge else None,
            created_at=_at(found["created"]),
        )


def list_charges(since: datetime, until: datetime) -> Iterator[Charge]:
    """Every charge made in a span of time, newest first."""
    for found in _rows("/v1/charges", since, until):
        yield Charge(
            id=found["id"],
            status=found["status"],
            amount_fen=found["amount"],
            refunded_fen=found["amount_refunded"],
            currency=found["currency"],
            intent_id=found["payment_intent"] or "",
            created_at=_at(found["created"]),
        )


def list_refunds(since: datetime, until: datetime) -> Iterator[StripeRefund]:
    """Every refund created in a span of time, newest first."""
    for found in _rows("/v1/refunds", since, until):
        yield StripeRefund(
            found["id"],
            found["status"] or "pending",
            found["amount"],
            found["payment_intent"] or "",
            (found["metadata"] or {}).get("refund", ""),
            _at(found["created"]),
            found["charge"] or "",
        )


def list_movements(since: datetime, until: datetime) -> Iterator[Movement]:
    """Every balance transaction of a span of time, newest first."""
    for found in _rows("/v1/balance_transactions", since, until):
        yield Movement(
            id=found["id"],
            type=found["type"],
            amount_fen=found["amount"],
            fee_fen=found["fee"],
            source_id=found["source"] or "",
            created_at=_at(found["created"]),
        )


def list_payouts(since: datetime, until: datetime) -> Iterator[Payout]:
    """Every payout made in a span of time, newest first."""
    for found in _rows("/v1/payouts", since, until):
        yield Payout(
            id=found["id"],
            status=found["status"],
            amount_fen=found["amount"],
            created_at=_at(found["created"]),
            arrives_at=_at(found["arrival_date"]) if found["arrival_date"] else None,
            failure=found["failure_message"] or found["failure_code"] or "",
        )


def balance_fen(currency: str = "cny") -> int:
    """What the account holds at Stripe: what can be paid out and what is still pending."""
    found = _call(_client().raw_request, "get", "/v1/balance").data
    parts = [*found["available"], *found["pending"]]
    return sum(part["amount"] for part in parts if part["currency"] == currency)


def list_disputes(since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Every dispute opened in a span of time, newest first, as Stripe's events carry it."""
    yield from _rows("/v1/disputes", since, until)


def retrieve_dispute(dispute_id: str) -> dict[str, Any]:
    """The dispute as it is now, as Stripe's events carry it."""
    return _call(_client().raw_request, "get", f"/v1/disputes/{dispute_id}").data


def submit_evidence(dispute_id: str, text: str) -> dict[str, Any]:
    """Send the bank our side of a dispute, once and for all; gives the dispute as it is then.

    At most MOST_EVIDENCE characters; what is beyond them is cut off.
    """
    evidence = {"uncategorized_text": text[:MOST_EVIDENCE]}
    _call(
        _client().v1.disputes.update,
        dispute_id,
        {"evidence": evidence, "submit": True},
        {"idempotency_key": f"evidence:{dispute_id}"},
    )
    return retrieve_dispute(dispute_id)


def accept_dispute(dispute_id: str) -> dict[str, Any]:
    """Give a dispute up: it is lost at once. Gives the dispute as it is then."""
    _call(_client().v1.disputes.close, dispute_id)
    return retrieve_dispute(dispute_id)


def _refund(found: stripe.Refund) -> StripeRefund:
    metadata = found.metadata
    return StripeRefund(
        found.id,
        found.status or "pending",
        found.amount,
        str(found.payment_intent or ""),
        metadata["refund"] if metadata and "refund" in metadata else "",
        _at(found.created),
        str(found.charge or ""),
    )


def _name_of(payment: str) -> str:
    """What Stripe calls this id in a parameter: money may come without an intent behind it."""
    return "charge" if payment.startswith("ch_") else "payment_intent"


def create_refund(key: UUID, intent_id: str, amount_fen: int) -> StripeRefund:
    """Refund a part of an intent's payment, or of a charge's; `key` is the idempotency key."""
    what: Any = {_name_of(intent_id): intent_id}
    found = _call(
        _client().v1.refunds.create,
        {**what, "amount": amount_fen, "metadata": {"refund": str(key)}},
        {"idempotency_key": str(key)},
    )
    return _refund(found)


def refunds_of(intent_id: str) -> list[StripeRefund]:
    """Every refund of an intent's payment, or of a charge's."""
    what: Any = {_name_of(intent_id): intent_id, "limit": 100}
    pages = _call(_client().v1.refunds.list, what)
    return [_refund(found) for found in _call(lambda: list(pages.auto_paging_iter()))]


def retrieve_refund(refund_id: str) -> StripeRefund:
    """The refund as it is now."""
    return _refund(_call(_client().v1.refunds.retrieve, refund_id))


def verified_event(body: bytes, signature: str) -> dict:
    """The event in a webhook's raw body. Raises ValueError unless Stripe signed it, just now."""
    try:
        stripe.WebhookSignature.verify_header(
            body.decode(),
            signature,
            settings.STRIPE_WEBHOOK_SECRET,
            stripe.Webhook.DEFAULT_TOLERANCE,
        )
    except stripe.SignatureVerificationError as error:
        raise ValueError(str(error)) from error
    event = json.loads(body)
    match event:
        case {"id": str(), "type": str(), "data": {"object": dict()}}:
            return event
    raise ValueError("signed, but no event")
