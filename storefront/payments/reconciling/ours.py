"""What our tables say of what Stripe should know: payments, refunds, money that was nobody's.

Read by one cursor, so that verify_books sees it in the same picture as everything else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Every order's or refund's money by the ledger, in one row for each payment.
ATTEMPTS = """
    SELECT a.uuid::text, a.state, a.amount_fen, a.currency, a.intent_id, a.created_at, a.paid_at,
           coalesce(sale.fen, gone.fen, 0)::bigint, a.order_id, coalesce(o.number, '')
      FROM payments_paymentattempt a
      LEFT JOIN order_order o ON o.id = a.order_id
      LEFT JOIN (SELECT c.order_id, sum(p.amount_fen) AS fen
                   FROM routing_consignment c
                   JOIN ledger_transaction t ON t.kind = 'sale' AND t.source_type = 'consignment'
                                            AND t.source_id = c.id::text
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account account
                     ON account.id = p.account_id AND account.kind = 'stripe'
                  GROUP BY c.order_id) sale ON sale.order_id = a.order_id
      LEFT JOIN (SELECT t.source_id, sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account account
                     ON account.id = p.account_id AND account.kind = 'stripe'
                  WHERE t.kind = 'goods_gone' AND t.source_type = 'attempt'
                  GROUP BY t.source_id) gone
        ON gone.source_id = a.uuid::text
     WHERE a.gateway = 'stripe'
"""
REFUNDS = """
    SELECT r.uuid::text, r.state, r.buyer_fen, r.paid_from, r.stripe_refund_id, r.created_at,
           r.done_at, a.intent_id
      FROM aftersales_refund r LEFT JOIN payments_paymentattempt a ON a.uuid = r.attempt_id
"""
STRAYS = """
    SELECT id, amount_fen, refund::text, stripe_refund_id, state, recorded_at, done_at
      FROM payments_straypayment
"""


@dataclass(frozen=True)
class OurAttempt:
    """A payment by card; `booked_fen` is what its order, or its being given back, has booked."""

    uuid: str
    state: str
    amount_fen: int
    currency: str
    intent_id: str | None
    created_at: datetime
    paid_at: datetime | None
    booked_fen: int
    order_id: int | None
    order_number: str


@dataclass(frozen=True)
class OurRefund:
    """A refund; `amount_fen` is the buyer's part of it, `paid_from` where that came from."""

    uuid: str
    state: str
    amount_fen: int
    paid_from: str
    stripe_refund_id: str | None
    created_at: datetime
    done_at: datetime | None
    intent_id: str | None

    @property
    def done_at_stripe(self) -> bool:
        """Whether Stripe should say that it is done: not by hand, not by a dispute, not of 0."""
        return self.state == "done" and self.paid_from == "stripe" and self.amount_fen > 0


@dataclass(frozen=True)
class OurStray:
    """Money of nobody's that was taken in to be given back; `refund` is its refund's key."""

    id: str
    amount_fen: int
    refund: str
    stripe_refund_id: str | None
    state: str
    recorded_at: datetime
    done_at: datetime | None


class Ours:
    """Our side, found by what Stripe's side calls it."""

    def __init__(self, cursor: Any):
        cursor.execute(ATTEMPTS)
        self.attempts = {row[0]: OurAttempt(*row) for row in cursor.fetchall()}
        cursor.execute(REFUNDS)
        self.refunds = {row[0]: OurRefund(*row) for row in cursor.fetchall()}
        cursor.execute(STRAYS)
        self.strays = {row[0]: OurStray(*row) for row in cursor.fetchall()}
        self.by_intent = {
            attempt.intent_id: attempt for attempt in self.attempts.values() if attempt.intent_id
        }
        self._refund_by_id = {r.stripe_refund_id: r for r in self.refunds.values()}
        self._stray_by_refund = {stray.refund: stray for stray in self.strays.values()}
        self._stray_by_id = {stray.stripe_refund_id: stray for stray in self.strays.values()}

    def refund_of(self, stripe_id: str, reference: str) -> OurRefund | OurStray | None:
        """The refund of ours that one at Stripe is: by our key in it, else by its id (adopted)."""
        return (
            self.refunds.get(reference)
            or self._stray_by_refund.get(reference)
            or self._refund_by_id.get(stripe_id)
            or self._stray_by_id.get(stripe_id)
        )
