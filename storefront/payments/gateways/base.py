"""What a payment service must do for the chain: the one interface, and the words it speaks in.

Stripe's words stand for all of them: an *intent* is one payment of one attempt, whatever the
service calls it. A gateway is a module with these functions (docs/payments.md says how another
one fits); `choose.gateway_of` gives the one that an attempt names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


class GatewayDown(Exception):
    """The service could not be reached or could not answer: nothing is known, ask again later."""


class GatewayRefused(Exception):
    """The service answered that it will not do it. The text is the service's."""


class WrongIntentState(GatewayRefused):
    """The intent is in a state that the call does not fit: read it again."""


class PaidByHand(GatewayRefused):
    """This gateway gives nothing back by itself: finance pays the refund, with a reference."""


@dataclass(frozen=True)
class Intent:
    """A payment at the service as far as the chain cares. Amounts in fen."""

    id: str
    status: str
    amount_fen: int
    received_fen: int
    currency: str
    client_secret: str
    attempt: str
    # When its last charge was made; only list_intents() asks for it.
    charged_at: datetime | None = None
    # The kind of ledger account that its money came in on.
    account: str = "stripe"
    created_at: datetime | None = None

    @property
    def succeeded(self) -> bool:
        return self.status == "succeeded"

    @property
    def canceled(self) -> bool:
        return self.status == "canceled"


@dataclass(frozen=True)
class StripeRefund:
    """A refund at the service: `status` pending, succeeded, failed, requires_action, canceled."""

    id: str
    status: str
    amount_fen: int
    intent_id: str = ""
    # The uuid of ours that it was made with; empty when somebody made it elsewhere.
    reference: str = ""
    created_at: datetime | None = None
    charge_id: str = ""


@dataclass(frozen=True)
class Charge:
    """Money taken from a card, once. `intent_id` is empty where no intent stands behind it."""

    id: str
    status: str
    amount_fen: int
    refunded_fen: int
    currency: str
    intent_id: str
    created_at: datetime


@dataclass(frozen=True)
class Movement:
    """One movement of the balance at the service: it grows by `amount_fen` less `fee_fen`.

    `source_id` is what moved it: a charge, refund, payout or dispute.
    """

    id: str
    type: str
    amount_fen: int
    fee_fen: int
    source_id: str
    created_at: datetime

    @property
    def net_fen(self) -> int:
        return self.amount_fen - self.fee_fen


@dataclass(frozen=True)
class Payout:
    """Money sent to the bank: `status` pending, in_transit, paid, failed or canceled."""

    id: str
    status: str
    amount_fen: int
    created_at: datetime
    arrives_at: datetime | None
    failure: str = ""


class Gateway(Protocol):
    """What the chain asks of a payment service. Every call may be network: none in a transaction.

    All raise GatewayDown when nothing is known, GatewayRefused when the service says no. Each call
    that changes something carries a key of ours, and the same key again is the same change.
    """

    def create_intent(self, attempt: UUID, amount_fen: int, currency: str) -> Intent:
        """Start the payment of an attempt; its uuid is the key."""

    def retrieve_intent(self, intent_id: str) -> Intent:
        """The payment as it is now: the one truth of whether it is paid."""

    def cancel_intent(self, intent_id: str) -> Intent:
        """See to it that nobody can pay it any more; WrongIntentState when it is past that."""

    def create_refund(self, key: UUID, intent_id: str, amount_fen: int) -> StripeRefund:
        """Give back a part of a payment; PaidByHand where the service can't."""

    def retrieve_refund(self, refund_id: str) -> StripeRefund:
        """The refund as it is now."""

    def refunds_of(self, intent_id: str) -> list[StripeRefund]:
        """Every refund of a payment, whoever made it."""

    def list_intents(self, since: datetime, until: datetime) -> Iterator[Intent]:
        """Every payment begun in a span of time."""

    def list_refunds(self, since: datetime, until: datetime) -> Iterator[StripeRefund]:
        """Every refund made in a span of time."""

    def list_charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        """Every charge made in a span of time, refused ones too."""

    def list_movements(self, since: datetime, until: datetime) -> Iterator[Movement]:
        """Every movement of the balance in a span of time, fees with it."""

    def list_payouts(self, since: datetime, until: datetime) -> Iterator[Payout]:
        """Every payout made in a span of time."""

    def list_disputes(self, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """Every dispute opened in a span of time, as the service's events carry it."""
