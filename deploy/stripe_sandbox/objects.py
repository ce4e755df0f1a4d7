"""Rows as Stripe's JSON objects, field by field as in Stripe's published fixtures."""

from __future__ import annotations

from typing import Any

from . import balance_objects
from .card_objects import Json, billing, card_of_charge, checks, fingerprint, outcome
from .cards import CARDS
from .errors import bad_parameter
from .records import (
    PROCESSING,
    Charge,
    Dispute,
    Event,
    Intent,
    Method,
    Payout,
    Refund,
    Snapshot,
    Txn,
)
from .store import Store

API_VERSION = "2026-10-28.endive"

# What Stripe shows of an intent to a publishable key with its client secret.
PUBLIC_INTENT = (
    "id",
    "object",
    "amount",
    "amount_details",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_configuration_details",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "source",
    "status",
)


class Renderer:
    """Renders rows; `public_url` is where a browser reaches this server."""

    def __init__(self, store: Store, public_url: str) -> None:
        self.store = store
        self.public_url = public_url

    def render(self, row: Snapshot | Event, expand: tuple[str, ...] = ()) -> Json:
        """The object; each path of `expand` (checked before) puts an object in place of an id."""
        shown: Json = _SHAPES[type(row)](self, row)
        for path in expand:
            self._expand(shown, path.split("."))
        return shown

    def public_intent(self, intent: Intent) -> Json:
        shown = self.intent(intent)
        return {name: shown[name] for name in PUBLIC_INTENT}

    def _expand(self, shown: Json, names: list[str]) -> None:
        name, rest = names[0], names[1:]
        value = shown.get(name)  # a source may lack what another kind of source has
        if isinstance(value, str):
            kind = _EXPANDABLE[shown["object"], name]
            kind = _KIND_OF_SOURCE[value[:2]] if kind == "source" else kind
            value = shown[name] = self.render(self.store.tables[kind].rows[value])
        if rest and isinstance(value, dict):
            if name == "refunds":
                for refund in value["data"]:
                    self._expand(refund, rest[1:])
            else:
                self._expand(value, rest)

    def method(self, row: Method) -> Json:
        card = CARDS[row.number]
        return {
            "id": row.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": billing(row.billing),
            "card": {
                "brand": card.brand,
                "checks": checks(row),
                "country": card.country,
                "display_brand": card.brand,
                "exp_month": row.exp_month,
                "exp_year": row.exp_year,
                "fingerprint": fingerprint(row.number),
                "funding": card.funding,
                "generated_from": None,
                "last4": row.number[-4:],
                "networks": {"available": [card.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "created": row.created,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": row.metadata,
            "type": "card",
        }

    def intent(self, row: Intent) -> Json:
        charged = row.status == "succeeded"
        return {
            "id": row.id,
            "object": "payment_intent",
            "amount": row.amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": row.amount if charged else 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": {
                "allow_redirects": "always" if row.redirects else "never",
                "enabled": True,
            }
            if row.automatic
            else None,
            "canceled_at": row.canceled_at,
            "cancellation_reason": row.cancellation_reason,
            "capture_method": row.capture_method,
            "client_secret": row.client_secret,
            "confirmation_method": row.confirmation_method,
            "created": row.created,
            "currency": row.currency,
            "customer": None,
            "customer_account": None,
            "description": row.description,
            "excluded_payment_method_types": None,
            "last_payment_error": self.last_error(row),
            "latest_charge": row.latest_charge,
            "livemode": False,
            "managed_payments": {"enabled": False},
            "metadata": row.metadata,
            "next_action": self._next_action(row),
            "on_behalf_of": None,
            "payment_method": row.payment_method,
            "payment_method_configuration_details": None,
            "payment_method_options": {
                "card": {
                    "installments": None,
                    "mandate_options": None,
                    "network": None,
                    "request_three_d_secure": "automatic",
                }
            },
            "payment_method_types": row.types,
            "processing": {"card": {"customer_notification": None}, "type": "card"}
            if row.status == PROCESSING
            else None,
            "receipt_email": row.receipt_email,
            "review": None,
            "setup_future_usage": row.setup_future_usage,
            "shipping": row.shipping,
            "source": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": row.suffix,
            "status": row.status,
            "transfer_data": None,
            "transfer_group": None,
        }

    def last_error(self, row: Intent) -> Json | None:
        """The refusal of the last attempt, as it stands in the intent and in the 402's body."""
        if row.last_error is None:
            return None
        error = {name: value for name, value in row.last_error.items() if value is not None}
        method = self.store.methods.rows[error.pop("method")]
        error["doc_url"] = "https://docs.stripe.com/error-codes/" + error["code"].replace("_", "-")
        error["payment_method"] = self.method(method)
        return error

    def challenge_url(self, row: Intent) -> str:
        return f"{self.public_url}/3ds/{row.id}/{row.challenge}"

    def _next_action(self, row: Intent) -> Json | None:
        if row.status != "requires_action":
            return None
        url = self.challenge_url(row)
        if row.return_url is not None:
            redirect = {"return_url": row.return_url, "url": url}
            return {"redirect_to_url": redirect, "type": "redirect_to_url"}
        sdk = {"source": row.challenge, "stripe_js": url, "type": "three_d_secure_redirect"}
        return {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}

    def charge(self, row: Charge) -> Json:
        paid = row.refusal is None
        method = self.store.methods.rows[row.method]
        refunds = [self.refund(self.store.refunds.rows[refund]) for refund in row.refunds]
        return {
            "id": row.id,
            "object": "charge",
            "amount": row.amount,
            "amount_captured": row.amount if paid else 0,
            "amount_refunded": row.refunded,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": row.txn,
            "billing_details": billing(method.billing),
            "calculated_statement_descriptor": "SANDBOX",
            "captured": paid,
            "created": row.created,
            "currency": row.currency,
            "customer": None,
            "description": row.description,
            "disputed": row.dispute is not None,
            "failure_balance_transaction": None,
            "failure_code": None if row.refusal is None else row.refusal[0],
            "failure_message": None if row.refusal is None else row.refusal[2],
            "fraud_details": {},
            "livemode": False,
            "metadata": row.metadata,
            "on_behalf_of": None,
            "outcome": outcome(row),
            "paid": paid,
            "payment_intent": row.intent,
            "payment_method": row.method,
            "payment_method_details": {"card": card_of_charge(row, method), "type": "card"},
            "receipt_email": row.receipt_email,
            "receipt_number": None,
            "receipt_url": None,
            "refunded": row.refunded == row.amount,
            "refunds": {
                "object": "list",
                "data": refunds[::-1],
                "has_more": False,
                "url": f"/v1/charges/{row.id}/refunds",
            },
            "review": None,
            "shipping": row.shipping,
            "source": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": row.suffix,
            "status": "succeeded" if paid else "failed",
            "transfer_data": None,
            "transfer_group": None,
        }

    def refund(self, row: Refund) -> Json:
        shown = {
            "id": row.id,
            "object": "refund",
            "amount": row.amount,
            "balance_transaction": row.txn,
            "charge": row.charge,
            "created": row.created,
            "currency": row.currency,
            "customer": None,
            "customer_account": None,
            "destination_details": {
                "card": {
                    "reference_status": "pending",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
                "type": "card",
            },
            "metadata": row.metadata,
            "payment_intent": row.intent,
            "payment_method": row.method,
            "reason": row.reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": row.status,
            "transfer_reversal": None,
        }
        if row.failure_reason is not None:
            shown["failure_reason"] = row.failure_reason
        if row.failure_txn is not None:
            shown["failure_balance_transaction"] = row.failure_txn
        return shown

    def event(self, row: Event) -> Json:
        data: Json = {"object": self.render(row.object)}
        if row.previous is not None:
            data["previous_attributes"] = row.previous
        return {
            "id": row.id,
            "object": "event",
            "api_version": API_VERSION,
            "created": row.created,
            "data": data,
            "livemode": False,
            "pending_webhooks": self.store.undelivered.get(row.id, 0),
            "request": {"id": row.request_id, "idempotency_key": row.idempotency_key},
            "type": row.type,
        }


def check_expand(kind: str, path: str) -> None:
    """Refuse a path that objects of this kind cannot expand, or one of more than four steps."""
    names, here = path.split("."), kind
    if len(names) > 4:
        raise bad_parameter("You cannot expand more than 4 levels of a property", "expand")
    while names:
        name = names.pop(0)
        if here == "charge" and name == "refunds" and names[:1] in ([], ["data"]):
            del names[:1]
            here = "refund"
        elif (here, name) in _EXPANDABLE:
            here = _EXPANDABLE[here, name]
        else:
            raise bad_parameter(f"This property cannot be expanded ({path}).", "expand")


_SHAPES: dict[type[Any], Any] = {
    Method: Renderer.method,
    Intent: Renderer.intent,
    Charge: Renderer.charge,
    Refund: Renderer.refund,
    Txn: lambda renderer, row: balance_objects.txn(renderer.store, row),
    Payout: lambda renderer, row: balance_objects.payout(row),
    Dispute: lambda renderer, row: balance_objects.dispute(renderer.store, row),
    Event: Renderer.event,
}
_EXPANDABLE: dict[tuple[Any, str], str] = {
    ("payment_intent", "latest_charge"): "charge",
    ("payment_intent", "payment_method"): "payment_method",
    ("charge", "balance_transaction"): "balance_transaction",
    ("charge", "payment_intent"): "payment_intent",
    ("refund", "charge"): "charge",
    ("refund", "payment_intent"): "payment_intent",
    ("refund", "balance_transaction"): "balance_transaction",
    ("refund", "failure_balance_transaction"): "balance_transaction",
    ("payout", "balance_transaction"): "balance_transaction",
    ("payout", "failure_balance_transaction"): "balance_transaction",
    ("dispute", "charge"): "charge",
    ("dispute", "payment_intent"): "payment_intent",
    ("balance_transaction", "source"): "source",
    ("source", "charge"): "charge",
    ("source", "payment_intent"): "payment_intent",
}
_KIND_OF_SOURCE = {"ch": "charge", "re": "refund", "po": "payout", "dp": "dispute"}
