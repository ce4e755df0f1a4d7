"""Payouts: the balance goes to the bank account."""

from __future__ import annotations

from typing import Any

from . import forms
from .balance import record, sums
from .box import Box, Call
from .errors import ApiError, bad_parameter
from .records import Payout
from .store import new_id

ARRIVES_AFTER = 0.5  # seconds until a payout asked for through the API is there
_CREATE = (
    "amount",
    "currency",
    "description",
    "metadata",
    "method",
    "source_type",
    "statement_descriptor",
    "expand",
)


def create(box: Box, call: Call) -> Payout:
    """A manual payout of what is available; it arrives a moment later."""
    params = call.params
    forms.only(params, _CREATE)
    forms.required(params, "amount")
    amount = forms.integer(params, "amount", 1) or 0
    currency = forms.required(params, "currency").lower()
    forms.choice(params, "method", ("standard",))
    forms.choice(params, "source_type", ("card",))
    available, _ = sums(box.store)
    payout = _manual(
        box,
        amount,
        currency,
        available.get(currency, 0),
        call,
        description=forms.text(params, "description"),
        descriptor=forms.text(params, "statement_descriptor", 22),
        metadata=forms.metadata(params, {}),
    )
    box.later(ARRIVES_AFTER, lambda: settle(box, payout.id))
    return payout


def by_schedule(box: Box, currency: str) -> Payout:
    """An automatic payout of all that no payout took yet, pending or not.

    Its transactions are those since the last automatic one, so their net is its amount.
    ApiError (400) if they come to nothing.
    """
    store = box.store
    first = store.paid_until.get(currency, 0)
    end = len(store.txns.ids)
    rows = (store.txns.rows[name] for name in store.txns.ids[first:end])
    amount = sum(row.amount - row.fee for row in rows if row.currency == currency)
    if amount <= 0:
        raise ApiError(400, f"There is nothing to pay out: {amount} {currency}.")
    return _write(box, amount, currency, True, None, span=(first, end))


def by_hand(box: Box, amount: int, currency: str) -> Payout:
    """A manual payout of `amount` minor units out of the whole balance, pending or not."""
    available, pending = sums(box.store)
    most = available.get(currency, 0) + pending.get(currency, 0)
    return _manual(box, amount, currency, most, None)


def settle(box: Box, payout_id: str) -> None:
    """A payout that is on its way arrives."""
    payout = box.store.payouts.rows.get(payout_id)
    if payout is not None and payout.status == "pending":
        arrive(box, payout)


def unsettled(box: Box) -> list[Payout]:
    """Payouts that are on their way (after a restart)."""
    return [row for row in box.store.payouts.rows.values() if row.status == "pending"]


def arrive(box: Box, payout: Payout) -> Payout:
    payout = payout._replace(status="paid")
    box.store.put(payout)
    box.emit("payout.paid", payout)
    return payout


def fail(box: Box, payout: Payout) -> Payout:
    """The bank sends it back, at once or days after it arrived; the next payout takes it again."""
    if payout.status == "failed":
        raise ApiError(400, "This payout has failed already.")
    txn = record(
        box,
        "payout_failure",
        payout.amount,
        payout.currency,
        payout.id,
        description="REFUND FOR FAILED PAYOUT",
        category="payout_reversal",
        at_once=True,
    )
    payout = payout._replace(status="failed", failure_txn=txn.id)
    box.store.put(payout)
    box.emit("payout.failed", payout)
    return payout


def _manual(
    box: Box, amount: int, currency: str, most: int, call: Call | None, **texts: Any
) -> Payout:
    if amount < 1:
        raise bad_parameter("This value must be greater than or equal to 1.", "amount")
    if amount > most:
        raise ApiError(
            400,
            "You have insufficient funds in your Stripe account for this payout.",
            code="balance_insufficient",
            executed=True,
        )
    return _write(box, amount, currency, False, call, **texts)


def _write(
    box: Box, amount: int, currency: str, automatic: bool, call: Call | None, **more: Any
) -> Payout:
    payout_id = new_id("po")
    txn = record(
        box,
        "payout",
        -amount,
        currency,
        payout_id,
        description=more.get("description") or "STRIPE PAYOUT",
        at_once=True,
    )
    payout = Payout(
        id=payout_id,
        created=txn.created,
        amount=amount,
        currency=currency,
        status="pending",
        automatic=automatic,
        txn=txn.id,
        **{"description": "STRIPE PAYOUT" if automatic else None, "metadata": {}, **more},
    )
    box.store.put(payout)
    box.emit("payout.created", payout, call)
    return payout
