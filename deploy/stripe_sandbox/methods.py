"""PaymentMethods: cards, from a form or by the name of a test card."""

from __future__ import annotations

import datetime
from typing import Any

from . import forms
from .box import Box, Call
from .cards import CARDS, TOKENS, passes_luhn
from .errors import ApiError, bad_parameter
from .records import Method
from .store import Store, new_id

BILLING = ("address", "email", "name", "phone", "tax_id")


def create(box: Box, call: Call) -> Method:
    params = call.params
    forms.only(
        params, ("type", "card", "billing_details", "metadata", "allow_redisplay", "expand", "key")
    )
    return from_data(box.store, params)


def from_data(store: Store, data: dict[str, Any]) -> Method:
    """A new PaymentMethod from `payment_method_data` or the body of a create."""
    kind = forms.required(data, "type")
    if kind != "card":
        raise bad_parameter(
            f"The payment method type {kind} is not available: this sandbox knows cards only.",
            "type",
        )
    card = forms.mapping(data, "card")
    if card is None:
        raise bad_parameter("Missing required param: card.", "card", "parameter_missing")
    token = card.get("token")
    if token is not None:
        number, month, year = _by_token(str(token)), 8, _next_year()
    else:
        number, month, year = _by_number(card)
    billing = forms.mapping(data, "billing_details") or {}
    forms.only(billing, BILLING)
    method = Method(
        new_id("pm"), store.now(), number, month, year, billing, forms.metadata(data, {})
    )
    store.put(method)
    return method


def resolve(store: Store, method_id: str) -> Method:
    """The stored method, or for `pm_card_…` a new one of that test card, as Stripe does."""
    if method_id in TOKENS:
        method = Method(new_id("pm"), store.now(), TOKENS[method_id], 8, _next_year(), {}, {})
        store.put(method)
        return method
    return store.methods.get(method_id, "payment_method", 400)


def retrieve(box: Box, call: Call, method_id: str) -> Method:
    if method_id in TOKENS:
        return resolve(box.store, method_id)
    return box.store.methods.get(method_id, "payment_method")


def _next_year() -> int:
    return datetime.date.today().year + 1


def _by_token(token: str) -> str:
    name = token.replace("tok_", "pm_card_", 1)
    if name not in TOKENS:
        raise bad_parameter(f"No such token: '{token}'", "card[token]", "resource_missing")
    return TOKENS[name]


def _by_number(card: dict[str, Any]) -> tuple[str, int, int]:
    forms.only(card, ("number", "exp_month", "exp_year", "cvc"))
    number = forms.required(card, "number").replace(" ", "")
    month = forms.integer(card, "exp_month") or 0
    year = forms.integer(card, "exp_year") or 0
    cvc = forms.text(card, "cvc")
    if not number.isascii() or not number.isdigit() or not passes_luhn(number):
        raise _refused("incorrect_number", "Your card number is incorrect.", "number")
    if number not in CARDS:
        raise _refused(
            "card_declined",
            "Your card was declined. Your request was in test mode, but used a non test card.",
            "number",
            "test_mode_live_card",
        )
    if year < 100:
        year += 2000
    today = datetime.date.today()
    if not 1 <= month <= 12:
        raise _refused(
            "invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month"
        )
    if not (today.year, today.month) <= (year, month) <= (today.year + 50, 12):
        raise _refused("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if cvc is not None and not (cvc.isdigit() and len(cvc) in (3, 4)):
        raise _refused("invalid_cvc", "Your card's security code is invalid.", "cvc")
    return number, month, year


def _refused(code: str, message: str, param: str, decline_code: str | None = None) -> ApiError:
    return ApiError(
        402, message, kind="card_error", code=code, param=param, decline_code=decline_code
    )
