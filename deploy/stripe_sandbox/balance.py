"""The account's balance: a transaction for each movement of money, and what Stripe keeps."""

from __future__ import annotations

from .box import Box
from .records import Txn
from .store import Store, new_id

# Stripe's tariff in the region, in minor units: of each charge, and of each dispute (which it
# gives back if the dispute is won). A refund costs nothing, and brings no fee back.
CHARGE_FEE_PER_MILLE = 34
CHARGE_FEE_FIXED = 235
DISPUTE_FEE = 8500


def fee_of(amount: int) -> int:
    """The fee of a charge of `amount` minor units; the share is rounded half up."""
    return (amount * CHARGE_FEE_PER_MILLE + 500) // 1000 + CHARGE_FEE_FIXED


def record(
    box: Box,
    kind: str,
    amount: int,
    currency: str,
    source: str,
    *,
    fee: int = 0,
    description: str | None = None,
    category: str | None = None,
    at_once: bool = False,
) -> Txn:
    """Write a transaction of `amount` minor units (negative: it leaves the balance) less `fee`.

    `kind` is Stripe's `type`, `category` its `reporting_category` where that differs; `at_once`:
    available now, not only after two days.
    """
    now = box.store.now()
    available = now if at_once else None
    txn = Txn(
        new_id("txn"), now, amount, fee, currency, source, kind, description, category, available
    )
    box.store.put(txn)
    return txn


def sums(store: Store) -> tuple[dict[str, int], dict[str, int]]:
    """What is available and what is pending, net of fees, by currency."""
    available: dict[str, int] = {}
    pending: dict[str, int] = {}
    for row in store.txns.rows.values():
        part = available if store.is_available(row) else pending
        part[row.currency] = part.get(row.currency, 0) + row.amount - row.fee
    return available, pending
