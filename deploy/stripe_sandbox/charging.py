"""What a confirmed intent comes to: a charge, a refusal, or the end of a 3-D Secure challenge."""

from __future__ import annotations

import secrets
from typing import Any

from . import disputes
from .balance import fee_of, record
from .box import Box, Call
from .cards import CARDS, GENERIC, Refusal
from .errors import ApiError
from .records import NEEDS_ACTION, NEEDS_METHOD, PROCESSING, SUCCEEDED, Charge, Intent, Method
from .store import new_id


def waiting(box: Box, intent_id: str, challenge: str) -> Intent | None:
    """The intent that waits for this very challenge, if it still does."""
    intent = box.store.intents.rows.get(intent_id)
    if intent is None or intent.status != NEEDS_ACTION or intent.challenge is None:
        return None
    return intent if secrets.compare_digest(intent.challenge, challenge) else None


def authenticate(box: Box, intent: Intent, passed: bool) -> Intent:
    """End the intent's 3-D Secure challenge: charge the card, or ask for another one."""
    assert intent.payment_method is not None
    method = box.store.methods.rows[intent.payment_method]
    if passed:
        return charge(box, intent, method, None, authenticated=True)
    error = {
        "code": "payment_intent_authentication_failure",
        "message": "We are unable to authenticate your payment method. Please choose a different "
        "payment method and try again.",
        "type": "invalid_request_error",
        "method": method.id,
    }
    intent = _back_to_start(intent, error)
    box.store.put(intent)
    box.emit("payment_intent.payment_failed", intent)
    return intent


def charge(
    box: Box, intent: Intent, method: Method, call: Call | None, *, authenticated: bool
) -> Intent:
    """Charge the card as its number orders. With a call, a refusal is raised as its answer."""
    card = CARDS[method.number]
    if card.refusal is not None:
        return refuse(box, intent, method, card.refusal, call, authenticated)
    if card.processing and intent.status != PROCESSING:
        intent = intent._replace(
            status=PROCESSING, last_error=None, challenge=None, return_url=None
        )
        box.store.put(intent)
        box.emit("payment_intent.processing", intent, call)
        return intent
    store = box.store
    made = _new_charge(box, intent, method, None, authenticated)
    txn = record(
        box,
        "charge",
        made.amount,
        made.currency,
        made.id,
        fee=fee_of(made.amount),
        description=made.description,
        at_once=card.at_once,
    )
    made = made._replace(txn=txn.id)
    intent = intent._replace(
        status=SUCCEEDED,
        latest_charge=made.id,
        last_error=None,
        challenge=None,
        return_url=None,
    )
    store.put(made)
    store.put(intent)
    box.emit("charge.succeeded", made, call)
    box.emit("payment_intent.succeeded", intent, call)
    if card.dispute is not None:
        disputes.open_dispute(box, made, made.amount, card.dispute)
    return intent


def settle(box: Box, intent: Intent, succeeded: bool) -> Intent:
    """End the processing of a payment. ApiError (400) if the intent is not processing."""
    if intent.status != PROCESSING:
        raise ApiError(400, f"This PaymentIntent has a status of {intent.status}.")
    assert intent.payment_method is not None
    method = box.store.methods.rows[intent.payment_method]
    if succeeded:
        return charge(box, intent, method, None, authenticated=False)
    return refuse(box, intent, method, GENERIC, None, authenticated=False)


def refuse(
    box: Box,
    intent: Intent,
    method: Method,
    refusal: Refusal,
    call: Call | None,
    authenticated: bool,
) -> Intent:
    """Record the refused charge. With a call, its answer is the 402; else the intent comes back."""
    made = _new_charge(box, intent, method, refusal, authenticated)
    error = {
        "charge": made.id,
        "code": refusal.code,
        "decline_code": refusal.decline_code,
        "message": refusal.message,
        "type": "card_error",
        "method": method.id,
    }
    intent = _back_to_start(intent, error)._replace(latest_charge=made.id)
    box.store.put(made)
    box.store.put(intent)
    box.emit("charge.failed", made, call)
    box.emit("payment_intent.payment_failed", intent, call)
    if call is None:
        return intent
    shown = box.renderer.last_error(intent)
    assert shown is not None
    shown.update(payment_intent=visible(box, intent, call))
    raise ApiError(402, shown.pop("message"), kind=shown.pop("type"), executed=True, **shown)


def _back_to_start(intent: Intent, error: dict[str, Any]) -> Intent:
    return intent._replace(
        status=NEEDS_METHOD,
        payment_method=None,
        challenge=None,
        return_url=None,
        last_error=error,
    )


def _new_charge(
    box: Box, intent: Intent, method: Method, refusal: Refusal | None, authenticated: bool
) -> Charge:
    return Charge(
        id=new_id("ch"),
        created=box.store.now(),
        amount=intent.amount,
        currency=intent.currency,
        intent=intent.id,
        method=method.id,
        refusal=None if refusal is None else list(refusal),
        txn=None,
        metadata=intent.metadata,
        description=intent.description,
        receipt_email=intent.receipt_email,
        shipping=intent.shipping,
        suffix=intent.suffix,
        authenticated=authenticated,
    )


def visible(box: Box, intent: Intent, call: Call) -> dict[str, Any]:
    return box.renderer.public_intent(intent) if call.public else box.renderer.intent(intent)
