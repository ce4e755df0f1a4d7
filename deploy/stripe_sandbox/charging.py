"""What a confirmed intent comes to: a charge, a refusal, or the end of a 3-D Secure challenge."""

from __future__ import annotations

import secrets
from typing import Any

from .box import Box, Call
from .cards import CARDS, Refusal
from .errors import ApiError
from .records import NEEDS_ACTION, NEEDS_METHOD, SUCCEEDED, Charge, Intent, Method, Txn
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
    refusal = CARDS[method.number].refusal
    if refusal is not None:
        return refuse(box, intent, method, refusal, call, authenticated)
    store = box.store
    made = _new_charge(box, intent, method, None, authenticated)
    txn = Txn(
        new_id("txn"),
        made.created,
        made.amount,
        fee_of(made.amount),
        made.currency,
        made.id,
        "charge",
        made.description,
    )
    made = made._replace(txn=txn.id)
    intent = intent._replace(
        status=SUCCEEDED,
        latest_charge=made.id,
        last_error=None,
        challenge=None,
        return_url=None,
    )
    store.put(txn)
    store.put(made)
    store.put(intent)
    box.emit("charge.succeeded", made, call)
    box.emit("payment_intent.succeeded", intent, call)
    return intent


def fee_of(amount: int) -> int:
    """Stripe's fee in minor units: 3.4 % (rounded half up) + 2.35, its tariff in the region."""
    return (amount * 34 + 500) // 1000 + 235


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
