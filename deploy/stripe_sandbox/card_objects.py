"""The parts of Stripe's objects that describe a card."""

from __future__ import annotations

from typing import Any

from .cards import CARDS
from .records import Charge, Method

Json = dict[str, Any]


def billing(given: Json) -> Json:
    address = given.get("address") or {}
    parts = ("city", "country", "line1", "line2", "postal_code", "state")
    return {
        "address": {part: address.get(part) for part in parts},
        "email": given.get("email"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tax_id": given.get("tax_id"),
    }


def checks(row: Method) -> Json:
    address = row.billing.get("address") or {}
    return {
        "address_line1_check": "pass" if address.get("line1") else None,
        "address_postal_code_check": "pass" if address.get("postal_code") else None,
        "cvc_check": "pass",
    }


def fingerprint(number: str) -> str:
    """The same for the same card, as Stripe's."""
    return "sandbox" + number[-9:]


def outcome(row: Charge) -> Json:
    shown: Json = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if row.refusal is not None:
        shown.update(
            advice_code="try_again_later",
            network_decline_code="01",
            network_status="declined_by_network",
            reason=row.refusal[1],
            seller_message="The bank did not return any further details with this decline.",
            type="issuer_declined",
        )
    return shown


def card_of_charge(row: Charge, method: Method) -> Json:
    card = CARDS[method.number]
    secure = None
    if row.authenticated:
        secure = {
            "authentication_flow": "challenge",
            "electronic_commerce_indicator": "05",
            "exemption_indicator": None,
            "result": "authenticated",
            "result_reason": None,
            "transaction_id": row.id.replace("ch_", ""),
            "version": "2.2.0",
        }
    return {
        "amount_authorized": row.amount if row.refusal is None else None,
        "authorization_code": "123456" if row.refusal is None else None,
        "brand": card.brand,
        "checks": checks(method),
        "country": card.country,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": fingerprint(method.number),
        "funding": card.funding,
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": method.number[-4:],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": row.amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": secure,
        "transaction_link_id": None,
        "wallet": None,
    }
