"""What is done without the shop: at Stripe's dashboard, by the buyer's bank, by Stripe's calendar.

POST payments · refunds · payouts · payouts/ID/fail · disputes · disputes/ID/close ·
intents/ID/settle, all under `/_sandbox/`, in JSON; each answers with the object as it is then.
"""

from __future__ import annotations

from typing import Any

from . import charging, disputes, intents, payouts, refunds
from .box import Box, Call
from .errors import ApiError, bad_parameter
from .records import LOST, WON

CURRENCY = "cny"


class Dashboard:
    def __init__(self, box: Box) -> None:
        self.box = box

    def answer(self, parts: list[str], given: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        """HTTP status and JSON body; None for a path that is not one of these."""
        try:
            row = self._row(parts, given)
        except ApiError as refusal:
            return refusal.status, {"error": str(refusal)}
        finally:
            self.box.store.flush()
        return None if row is None else (200, self.box.renderer.render(row))

    def _row(self, parts: list[str], given: dict[str, Any]) -> Any:
        box, store = self.box, self.box.store
        match parts:
            case ["payments"]:
                _only(given, "amount", "currency", "card", "metadata", "description")
                return self._pay(given)
            case ["refunds"]:
                _only(given, "payment_intent", "charge", "amount", "reason")
                return refunds.create(box, Call({k: str(v) for k, v in given.items()}))
            case ["payouts"]:
                _only(given, "amount", "currency", "fail")
                return self._pay_out(given)
            case ["payouts", payout_id, "fail"]:
                _only(given)
                return payouts.fail(box, store.payouts.get(payout_id, "payout"))
            case ["disputes"]:
                _only(given, "payment_intent", "charge", "amount", "reason")
                return self._dispute(given)
            case ["disputes", dispute_id, "close"]:
                _only(given, "status")
                status = _one_of(given, "status", (WON, LOST))
                return disputes.decide(box, store.disputes.get(dispute_id, "dispute"), status)
            case ["intents", intent_id, "settle"]:
                _only(given, "status")
                status = _one_of(given, "status", ("succeeded", "failed"))
                intent = store.intents.get(intent_id, "intent")
                return charging.settle(box, intent, status == "succeeded")
        return None

    def _pay(self, given: dict[str, Any]) -> Any:
        metadata = given.get("metadata") or {}
        params: dict[str, Any] = {
            "amount": str(given.get("amount", "")),
            "currency": str(given.get("currency", CURRENCY)),
            "payment_method": str(given.get("card", "pm_card_visa")),
            "confirm": "true",
            "automatic_payment_methods": {"enabled": "true", "allow_redirects": "never"},
            "metadata": {str(name): str(value) for name, value in metadata.items()},
        }
        if given.get("description"):
            params["description"] = str(given["description"])
        return intents.create(self.box, Call(params))

    def _pay_out(self, given: dict[str, Any]) -> Any:
        currency = str(given.get("currency", CURRENCY))
        if given.get("amount") is None:
            payout = payouts.by_schedule(self.box, currency)
        else:
            payout = payouts.by_hand(self.box, _fen(given["amount"]), currency)
        end = payouts.fail if given.get("fail") else payouts.arrive
        return end(self.box, payout)

    def _dispute(self, given: dict[str, Any]) -> Any:
        store = self.box.store
        charge_id = given.get("charge")
        if charge_id is None:
            intent = store.intents.get(str(given.get("payment_intent")), "payment_intent")
            charge_id = intent.latest_charge
        charge = store.charges.get(str(charge_id), "charge")
        amount = given.get("amount")
        left = charge.amount - charge.refunded
        reason = _one_of({"reason": "fraudulent", **given}, "reason", disputes.REASONS)
        return disputes.open_dispute(
            self.box, charge, (left or charge.amount) if amount is None else _fen(amount), reason
        )


def _only(given: dict[str, Any], *known: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise bad_parameter(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}", unknown[0])


def _fen(value: Any) -> int:
    """Minor units: a whole number, not a string or a float."""
    if type(value) is not int:
        raise bad_parameter("amount: a whole number of minor units is expected", "amount")
    return value


def _one_of(given: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = given.get(name)
    if value not in choices:
        raise bad_parameter(f"{name}: one of {', '.join(choices)} is expected", name)
    return str(value)
