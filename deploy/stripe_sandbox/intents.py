"""PaymentIntents: Stripe's state machine for one card payment."""

from __future__ import annotations

import secrets
from typing import Any

from . import forms, methods
from .box import Box, Call
from .cards import CARDS, Refusal
from .charging import charge, refuse, visible
from .errors import ApiError, bad_parameter, missing_resource
from .records import (
    CANCELED,
    NEEDS_ACTION,
    NEEDS_CONFIRMATION,
    NEEDS_METHOD,
    OPEN,
    SUCCEEDED,
    Intent,
)
from .store import new_id

# Smallest amounts in minor units; Stripe takes what converts to about 50 US cents.
LEAST = {"cny": 400, "usd": 50, "eur": 50, "gbp": 30, "hkd": 400, "jpy": 50}
MOST = 99_999_999
SYMBOLS = {"cny": "CN¥", "usd": "$", "eur": "€", "gbp": "£", "hkd": "HK$", "jpy": "¥"}
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")

_CONTENT = (
    "payment_method",
    "payment_method_data",
    "description",
    "metadata",
    "receipt_email",
    "shipping",
    "statement_descriptor_suffix",
    "setup_future_usage",
    "payment_method_options",
    "expand",
)
_CONFIRMING = ("return_url", "use_stripe_sdk", "error_on_requires_action")
_CREATE = (
    *_CONTENT,
    *_CONFIRMING,
    "amount",
    "currency",
    "confirm",
    "automatic_payment_methods",
    "allowed_payment_method_types",
    "payment_method_types",
    "capture_method",
    "confirmation_method",
)


def money(amount: int, currency: str) -> str:
    """For messages: 1050 cny is CN¥10.50."""
    symbol = SYMBOLS.get(currency, currency.upper() + " ")
    if currency == "jpy":
        return f"{symbol}{amount}"
    return f"{symbol}{amount // 100:,}.{amount % 100:02d}"


def create(box: Box, call: Call) -> Intent:
    params = call.params
    forms.only(params, _CREATE)
    currency = forms.required(params, "currency").lower()
    if currency not in LEAST:
        raise bad_parameter(f"Invalid currency: {currency}", "currency")
    forms.required(params, "amount")
    amount = _amount(params, currency)
    for name in ("allowed_payment_method_types", "payment_method_types"):
        if any(kind != "card" for kind in forms.strings(params, name)):
            raise bad_parameter("This sandbox knows the payment method type card only.", name)
    types_given = "payment_method_types" in params
    automatic = forms.mapping(params, "automatic_payment_methods")
    if automatic is not None and types_given:
        raise bad_parameter(
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types.",
            "automatic_payment_methods",
        )
    enabled = not types_given
    redirects = True
    if automatic is not None:
        enabled = forms.boolean(automatic, "enabled") is not False
        redirects = forms.choice(automatic, "allow_redirects", ("always", "never")) != "never"
    intent_id = new_id("pi")
    intent = Intent(
        id=intent_id,
        created=box.store.now(),
        amount=amount,
        currency=currency,
        status=NEEDS_METHOD,
        client_secret=f"{intent_id}_secret_{secrets.token_hex(12)}",
        metadata={},
        automatic=enabled,
        redirects=enabled and redirects,
        types=["card"],
        capture_method=forms.choice(params, "capture_method", ("automatic", "automatic_async"))
        or "automatic",
        confirmation_method=forms.choice(params, "confirmation_method", ("automatic", "manual"))
        or "automatic",
    )
    confirming = forms.boolean(params, "confirm") is True
    if not confirming and any(name in params for name in _CONFIRMING):
        name = next(name for name in _CONFIRMING if name in params)
        raise bad_parameter(f"You can only pass {name} if confirm is true.", name)
    if confirming:
        _need_return_url(intent, call)
    intent = _content(box, intent, params)
    if confirming and intent.payment_method is None:
        raise bad_parameter(
            "You must provide a payment method to confirm this PaymentIntent.", "payment_method"
        )
    box.store.put(intent)
    box.emit("payment_intent.created", intent, call)
    return _confirm(box, intent, call) if confirming else intent


def retrieve(box: Box, call: Call, intent_id: str) -> Intent:
    intent = box.store.intents.get(intent_id, "intent")
    if call.public:
        forms.only(call.params, ("client_secret", "key", "expand"))
        _check_secret(intent, call)
    return intent


def update(box: Box, call: Call, intent_id: str) -> Intent:
    params = call.params
    forms.only(params, (*_CONTENT, "amount", "currency"))
    intent = box.store.intents.get(intent_id, "intent")
    for name in ("amount", "currency", "payment_method", "payment_method_data"):
        if name in params and intent.status not in OPEN:
            raise unexpected_state(
                box,
                call,
                intent,
                f"This PaymentIntent's {name} could not be updated because it has a status of "
                f"{intent.status}. You may only update the {name} of a PaymentIntent with one of "
                f"the following statuses: {', '.join(OPEN)}.",
            )
    currency = (forms.text(params, "currency") or intent.currency).lower()
    if currency not in LEAST:
        raise bad_parameter(f"Invalid currency: {currency}", "currency")
    amount = _amount(params, currency) if "amount" in params else intent.amount
    intent = _content(box, intent._replace(amount=amount, currency=currency), params)
    box.store.put(intent)
    return intent


def confirm(box: Box, call: Call, intent_id: str) -> Intent:
    params = call.params
    intent = box.store.intents.get(intent_id, "intent")
    if call.public:
        forms.only(
            params,
            ("client_secret", "key", "payment_method", "payment_method_data", "receipt_email")
            + ("shipping", "return_url", "use_stripe_sdk", "expand", "setup_future_usage"),
        )
        _check_secret(intent, call)
        if intent.confirmation_method == "manual":
            raise bad_parameter(
                "A PaymentIntent with confirmation_method=manual is confirmed with a secret key.",
                "confirmation_method",
            )
    else:
        forms.only(
            params, (*_CONTENT, *_CONFIRMING, "allowed_payment_method_types", "capture_method")
        )
    if intent.status not in OPEN:
        why = f"it has a status of {intent.status}"
        if intent.status == SUCCEEDED:
            why = "it has already succeeded after being previously confirmed"
        raise unexpected_state(
            box, call, intent, f"You cannot confirm this PaymentIntent because {why}."
        )
    _need_return_url(intent, call)
    return _confirm(box, _content(box, intent, params), call)


def cancel(box: Box, call: Call, intent_id: str) -> Intent:
    forms.only(call.params, ("cancellation_reason", "expand"))
    reason = forms.choice(call.params, "cancellation_reason", REASONS)
    intent = box.store.intents.get(intent_id, "intent")
    if intent.status not in OPEN:
        raise unexpected_state(
            box,
            call,
            intent,
            f"You cannot cancel this PaymentIntent because it has a status of {intent.status}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            "requires_payment_method, requires_capture, requires_confirmation, requires_action, "
            "processing.",
        )
    intent = intent._replace(
        status=CANCELED,
        canceled_at=box.store.now(),
        cancellation_reason=reason,
        challenge=None,
        return_url=None,
    )
    box.store.put(intent)
    box.emit("payment_intent.canceled", intent, call)
    return intent


def unexpected_state(box: Box, call: Call, intent: Intent, message: str) -> ApiError:
    return ApiError(
        400,
        message,
        code="payment_intent_unexpected_state",
        executed=True,
        payment_intent=visible(box, intent, call),
    )


def _amount(params: dict[str, Any], currency: str) -> int:
    amount = forms.integer(params, "amount", 1)
    if amount is None:
        raise bad_parameter("Missing required param: amount.", "amount", "parameter_missing")
    if amount < LEAST[currency]:
        raise bad_parameter(
            f"Amount must be at least {money(LEAST[currency], currency)} {currency}",
            "amount",
            "amount_too_small",
        )
    if amount > MOST:
        raise bad_parameter(
            f"Amount must be no more than {money(MOST, currency)} {currency}",
            "amount",
            "amount_too_large",
        )
    return amount


def _content(box: Box, intent: Intent, params: dict[str, Any]) -> Intent:
    """The intent with what create, update and confirm have in common."""
    changes: dict[str, Any] = {"metadata": forms.metadata(params, intent.metadata)}
    for name, field in (
        ("description", "description"),
        ("receipt_email", "receipt_email"),
        ("statement_descriptor_suffix", "suffix"),
        ("setup_future_usage", "setup_future_usage"),
    ):
        if name in params:
            changes[field] = forms.text(params, name)
    if "shipping" in params:
        changes["shipping"] = forms.mapping(params, "shipping")
    method_id = forms.text(params, "payment_method")
    data = forms.mapping(params, "payment_method_data")
    if method_id is not None and data is not None:
        raise bad_parameter(
            "You may only specify one of these parameters: payment_method, payment_method_data.",
            "payment_method",
        )
    if method_id is not None or data is not None:
        method = methods.resolve(box.store, method_id) if method_id else None
        if method is None:
            assert data is not None
            method = methods.from_data(box.store, data)
        if box.store.charged_method.get(method.id, intent.id) != intent.id:
            raise bad_parameter(
                "The provided PaymentMethod was previously used with a PaymentIntent without "
                "Customer attachment. It may not be used again.",
                "payment_method",
            )
        changes["payment_method"] = method.id
        if intent.status != NEEDS_CONFIRMATION:
            changes.update(status=NEEDS_CONFIRMATION, challenge=None)
    return intent._replace(**changes)


def _need_return_url(intent: Intent, call: Call) -> None:
    """From a server, an intent that allows redirects must say where to return (Stripe's rule)."""
    if call.public or not intent.redirects or "return_url" in call.params:
        return
    if forms.boolean(call.params, "use_stripe_sdk"):
        return
    raise bad_parameter(
        "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "
        "Because some of these payment methods might redirect your customer off of your page, you "
        "must provide a `return_url`. If you don't want to accept redirect-based payment methods, "
        "set `automatic_payment_methods[enabled]` to `true` and "
        "`automatic_payment_methods[allow_redirects]` to `never` when creating PaymentIntents.",
        "return_url",
    )


def _confirm(box: Box, intent: Intent, call: Call) -> Intent:
    if intent.payment_method is None:
        raise unexpected_state(
            box,
            call,
            intent,
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method.",
        )
    method = box.store.methods.rows[intent.payment_method]
    if CARDS[method.number].challenge:
        if forms.boolean(call.params, "error_on_requires_action"):
            refusal = Refusal(
                "authentication_required",
                "authentication_required",
                "Your card was declined. This transaction requires authentication.",
            )
            return refuse(box, intent, method, refusal, call, authenticated=False)
        in_page = forms.boolean(call.params, "use_stripe_sdk") is True
        intent = intent._replace(
            status=NEEDS_ACTION,
            challenge=secrets.token_hex(12),
            return_url=None if in_page else forms.text(call.params, "return_url"),
            last_error=None,
        )
        box.store.put(intent)
        box.emit("payment_intent.requires_action", intent, call)
        return intent
    return charge(box, intent, method, call, authenticated=False)


def _check_secret(intent: Intent, call: Call) -> None:
    given = forms.required(call.params, "client_secret")
    if not secrets.compare_digest(given.encode(), intent.client_secret.encode()):
        raise missing_resource("payment_intent", intent.id, "intent")
