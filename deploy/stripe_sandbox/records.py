"""What the sandbox remembers: immutable rows. A change is a new row under the same id.

That makes a snapshot free: an event and an idempotency key hold the very row that was current when
they were written. Money is in the currency's minor unit, times are Unix seconds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# The states of an intent; in the open ones it can still be confirmed or cancelled.
NEEDS_METHOD = "requires_payment_method"
NEEDS_CONFIRMATION = "requires_confirmation"
NEEDS_ACTION = "requires_action"
PROCESSING = "processing"
SUCCEEDED = "succeeded"
CANCELED = "canceled"
OPEN = (NEEDS_METHOD, NEEDS_CONFIRMATION, NEEDS_ACTION)
# The states of a dispute.
NEEDS_RESPONSE = "needs_response"
UNDER_REVIEW = "under_review"
WON = "won"
LOST = "lost"

SETTLES_AFTER = 2 * 86_400  # seconds until the money of a charge is available


class Method(NamedTuple):
    """A card as a PaymentMethod. Test numbers only, so the number may be kept."""

    id: str
    created: int
    number: str
    exp_month: int
    exp_year: int
    billing: dict[str, Any]
    metadata: dict[str, str]


class Intent(NamedTuple):
    id: str
    created: int
    amount: int
    currency: str
    status: str
    client_secret: str
    metadata: dict[str, str]
    automatic: bool
    redirects: bool
    types: list[str]
    capture_method: str
    confirmation_method: str
    description: str | None = None
    receipt_email: str | None = None
    shipping: dict[str, Any] | None = None
    suffix: str | None = None
    setup_future_usage: str | None = None
    payment_method: str | None = None
    latest_charge: str | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    # last refusal: {"code", "decline_code", "message", "type", "charge", "method"}
    last_error: dict[str, Any] | None = None
    # what waits for 3-D Secure: the challenge's token and, for a redirect, where to return
    challenge: str | None = None
    return_url: str | None = None


class Charge(NamedTuple):
    id: str
    created: int
    amount: int
    currency: str
    intent: str
    method: str
    refusal: list[str | None] | None
    txn: str | None
    metadata: dict[str, str]
    description: str | None
    receipt_email: str | None
    shipping: dict[str, Any] | None
    suffix: str | None
    authenticated: bool
    refunded: int = 0
    refunds: tuple[str, ...] = ()
    dispute: str | None = None


class Refund(NamedTuple):
    id: str
    created: int
    amount: int
    currency: str
    charge: str
    intent: str
    method: str
    status: str
    reason: str | None
    metadata: dict[str, str]
    txn: str | None
    failure_reason: str | None = None
    failure_txn: str | None = None


class Txn(NamedTuple):
    """A balance transaction. `category`: None is `kind`; `available`: None is in two days."""

    id: str
    created: int
    amount: int
    fee: int
    currency: str
    source: str
    kind: str
    description: str | None
    category: str | None = None
    available: int | None = None

    @property
    def available_on(self) -> int:
        return self.created + SETTLES_AFTER if self.available is None else self.available


class Payout(NamedTuple):
    """`span`, of an automatic one: the places of its transactions in their table, end excluded;
    the payout's own transaction comes next.
    """

    id: str
    created: int
    amount: int
    currency: str
    status: str
    automatic: bool
    txn: str
    description: str | None
    metadata: dict[str, str]
    descriptor: str | None = None
    span: tuple[int, int] = (0, 0)
    failure_txn: str | None = None


class Dispute(NamedTuple):
    """`txns`: the withdrawal and, once it is won, the reinstatement."""

    id: str
    created: int
    amount: int
    currency: str
    charge: str
    intent: str
    status: str
    reason: str
    due_by: int
    evidence: dict[str, str]
    metadata: dict[str, str]
    txns: tuple[str, ...]
    submissions: int = 0


Snapshot = Method | Intent | Charge | Refund | Txn | Payout | Dispute


class Event(NamedTuple):
    """`pending` is to how many endpoints it was to go when it was written."""

    id: str
    created: int
    type: str
    object: Snapshot
    previous: dict[str, Any] | None
    request_id: str | None
    idempotency_key: str | None
    pending: int


class Saved(NamedTuple):
    """The answer that belongs to an idempotency key: a row to render, or the very bytes."""

    key: str
    created: int
    fingerprint: str
    path: str
    status: int
    request_id: str
    object: Snapshot | None
    public: bool
    body: str | None


KINDS: dict[str, type[Any]] = {
    "payment_method": Method,
    "payment_intent": Intent,
    "charge": Charge,
    "refund": Refund,
    "balance_transaction": Txn,
    "payout": Payout,
    "dispute": Dispute,
}
KIND_OF: dict[type[Any], str] = {row: kind for kind, row in KINDS.items()}
