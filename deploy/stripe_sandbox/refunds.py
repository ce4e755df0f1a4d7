"""Refunds of a charge, whole or in part."""

from __future__ import annotations

from . import forms
from .balance import record
from .box import Box, Call
from .cards import CARDS
from .errors import ApiError, bad_parameter, missing_resource
from .intents import money
from .records import WON, Charge, Refund
from .store import new_id

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
SETTLES_AFTER = 1.0  # seconds until a pending refund is through, or a failing one fails


def create(box: Box, call: Call) -> Refund:
    params = call.params
    forms.only(params, ("amount", "charge", "payment_intent", "reason", "metadata", "expand"))
    reason = forms.choice(params, "reason", REASONS)
    wanted = forms.integer(params, "amount", 1)
    metadata = forms.metadata(params, {})
    charge = _charge_of(box, call)
    left = charge.amount - charge.refunded
    if left == 0:
        raise ApiError(
            400,
            f"Charge {charge.id} has already been refunded.",
            code="charge_already_refunded",
            executed=True,
        )
    if charge.dispute is not None and box.store.disputes.rows[charge.dispute].status != WON:
        raise ApiError(
            400,
            f"Charge {charge.id} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            executed=True,
        )
    amount = left if wanted is None else wanted
    if amount > left:
        raise ApiError(
            400,
            f"Refund amount ({money(amount, charge.currency)}) is greater than unrefunded amount "
            f"on charge ({money(left, charge.currency)})",
            param="amount",
            executed=True,
        )
    course = CARDS[box.store.methods.rows[charge.method].number].refund
    now = box.store.now()
    refund_id = new_id("re")
    txn = record(box, "refund", -amount, charge.currency, refund_id, description="REFUND")
    refund = Refund(
        refund_id,
        now,
        amount,
        charge.currency,
        charge.id,
        charge.intent,
        charge.method,
        "pending" if course == "pending" else "succeeded",
        reason,
        metadata,
        txn.id,
    )
    box.store.put(refund)
    previous = {"amount_refunded": charge.refunded, "refunded": False}
    charge = charge._replace(
        refunded=charge.refunded + amount, refunds=(*charge.refunds, refund.id)
    )
    box.store.put(charge)
    box.emit("refund.created", refund, call)
    box.emit("charge.refunded", charge, call, previous)
    if course != "now":
        box.later(SETTLES_AFTER, lambda: settle(box, refund.id))
    return refund


def update(box: Box, call: Call, refund_id: str) -> Refund:
    forms.only(call.params, ("metadata", "expand"))
    refund = box.store.refunds.get(refund_id, "refund")
    previous = {"metadata": refund.metadata}
    refund = refund._replace(metadata=forms.metadata(call.params, refund.metadata))
    box.store.put(refund)
    box.emit("refund.updated", refund, call, previous)
    return refund


def unsettled(box: Box) -> list[Refund]:
    """Refunds whose second step is still to come (after a restart)."""
    store = box.store
    return [
        refund
        for refund in store.refunds.rows.values()
        if refund.status != "failed" and _course(box, refund) != "now" and _open(box, refund)
    ]


def settle(box: Box, refund_id: str) -> None:
    """The second step: a pending refund succeeds, a failing one gives the money back to us."""
    refund = box.store.refunds.rows.get(refund_id)
    if refund is None or not _open(box, refund):
        return
    if refund.status == "pending":
        refund = refund._replace(status="succeeded")
        box.store.put(refund)
        box.emit("refund.updated", refund, None, {"status": "pending"})
        return
    txn = record(
        box,
        "refund_failure",
        refund.amount,
        refund.currency,
        refund.id,
        description="REFUND FAILURE",
    )
    refund = refund._replace(
        status="failed", failure_reason="expired_or_canceled_card", failure_txn=txn.id
    )
    box.store.put(refund)
    charge = box.store.charges.rows[refund.charge]
    box.store.put(charge._replace(refunded=charge.refunded - refund.amount))
    box.emit("refund.updated", refund, None, {"status": "succeeded"})
    box.emit("refund.failed", refund)


def _course(box: Box, refund: Refund) -> str:
    return CARDS[box.store.methods.rows[refund.method].number].refund


def _open(box: Box, refund: Refund) -> bool:
    course = _course(box, refund)
    return refund.status == {"pending": "pending", "fails": "succeeded"}.get(course)


def _charge_of(box: Box, call: Call) -> Charge:
    """The successful charge that the request names, directly or by its intent."""
    store = box.store
    charge_id = forms.text(call.params, "charge")
    intent_id = forms.text(call.params, "payment_intent")
    if charge_id is None and intent_id is None:
        raise bad_parameter(
            "One of the following params should be provided for this request: payment_intent or "
            "charge.",
            "payment_intent",
        )
    if charge_id is None:
        assert intent_id is not None
        intent = store.intents.rows.get(intent_id)
        if intent is None:
            raise missing_resource("payment_intent", intent_id, "payment_intent", 404)
        charge = store.charges.rows.get(intent.latest_charge or "")
        if charge is None or charge.refusal is not None:
            raise ApiError(
                400,
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                param="payment_intent",
                executed=True,
            )
        return charge
    charge = store.charges.get(charge_id, "charge")
    if intent_id is not None and charge.intent != intent_id:
        raise bad_parameter("The charge does not belong to the payment_intent.", "charge")
    if charge.refusal is not None:
        raise ApiError(
            400,
            f"Charge {charge.id} was not successful and cannot be refunded.",
            code="charge_not_refundable",
            param="charge",
            executed=True,
        )
    return charge
