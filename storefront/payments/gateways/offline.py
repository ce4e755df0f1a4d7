"""Payments by bank transfer or in cash: finance says what came in, with the bank's reference.

No network: the service is a table and the people who write into it. What is paid this way is
given back by hand as well.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.crypto import get_random_string

from catalog.clock import now
from storefront.payments.gateways.base import (
    Charge,
    GatewayRefused,
    Intent,
    Movement,
    PaidByHand,
    Payout,
    StripeRefund,
    WrongIntentState,
)
from storefront.payments.models import OfflinePayment

State = OfflinePayment.State
PREFIX = "offline_"
# Without letters and digits that are mistaken for each other when copied by hand.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
STATUS = {
    State.WAITING: "requires_action",
    State.RECEIVED: "succeeded",
    State.CANCELLED: "canceled",
}


def _intent(row: OfflinePayment) -> Intent:
    received = row.state == State.RECEIVED
    return Intent(
        id=row.pk,
        status=STATUS[State(row.state)],
        amount_fen=row.amount_fen,
        received_fen=row.amount_fen if received else 0,
        currency=row.currency,
        client_secret="",
        attempt=str(row.attempt_id),
        charged_at=row.confirmed_at,
        account=row.account or OfflinePayment.Account.BANK,
        created_at=row.created_at,
    )


def _row(intent_id: str) -> OfflinePayment:
    found = OfflinePayment.objects.filter(pk=intent_id).first()
    if found is None:
        raise GatewayRefused(f"No such offline payment: {intent_id}")
    return found


@transaction.atomic
def create_intent(attempt: UUID, amount_fen: int, currency: str) -> Intent:
    """Expect the money of an attempt, under a code that the buyer writes on the transfer."""
    code = "SH" + get_random_string(8, ALPHABET)
    row, _ = OfflinePayment.objects.get_or_create(
        attempt_id=attempt,
        defaults={
            "id": PREFIX + code,
            "code": code,
            "amount_fen": amount_fen,
            "currency": currency,
            "created_at": now(),
        },
    )
    return _intent(row)


def retrieve_intent(intent_id: str) -> Intent:
    """The payment as finance knows it."""
    return _intent(_row(intent_id))


def cancel_intent(intent_id: str) -> Intent:
    """Expect the money no longer. Raises WrongIntentState when it is there."""
    OfflinePayment.objects.filter(pk=intent_id, state=State.WAITING).update(state=State.CANCELLED)
    row = _row(intent_id)
    if row.state == State.RECEIVED:
        raise WrongIntentState("The money is there already.")
    return _intent(row)


def create_refund(key: UUID, intent_id: str, amount_fen: int) -> StripeRefund:
    """Refuse: a transfer or cash is given back by hand, and finance says so."""
    raise PaidByHand("Paid by transfer or in cash: to be paid back by hand.")


def retrieve_refund(refund_id: str) -> StripeRefund:
    """Refuse, as create_refund()."""
    raise PaidByHand("Paid by transfer or in cash: to be paid back by hand.")


def refunds_of(intent_id: str) -> list[StripeRefund]:
    """None: what was given back by hand is known here alone."""
    return []


def list_intents(since: datetime, until: datetime) -> Iterator[Intent]:
    """Every payment begun in a span of time, newest first."""
    rows = OfflinePayment.objects.filter(created_at__range=(since, until)).order_by("-created_at")
    return (_intent(row) for row in rows)


def list_refunds(since: datetime, until: datetime) -> Iterator[StripeRefund]:
    """None: nobody else keeps a list that ours could be compared with."""
    return iter(())


def list_charges(since: datetime, until: datetime) -> Iterator[Charge]:
    """None, as list_refunds()."""
    return iter(())


def list_movements(since: datetime, until: datetime) -> Iterator[Movement]:
    """None: banks charge no fee for each transfer."""
    return iter(())


def list_payouts(since: datetime, until: datetime) -> Iterator[Payout]:
    """None: the money is on the bank account already."""
    return iter(())


def list_disputes(since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """None: a transfer can't be disputed."""
    return iter(())
