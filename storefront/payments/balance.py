"""Stripe's fees and payouts in the ledger, from the movements of our balance there.

What charges, refunds and disputes move is booked where they are handled; here it is what Stripe
takes for them and what it sends to the bank. Every movement is recorded once, by its id.
"""

import logging
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from catalog.clock import now
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post, reverse
from storefront.payments import gateway
from storefront.payments.models import BalanceSweep

log = logging.getLogger(__name__)
# Asked for again at each sweep, for what Stripe lists late.
OVERLAP = timedelta(days=1)
# Types of Stripe's movements. A dispute's adjustment is booked, with its fee, by its case.
OF_DISPUTES = "adjustment"
PAYOUT = "payout"
PAYOUT_BACK = ("payout_failure", "payout_cancel")
# Fees that Stripe takes by themselves, not with a charge.
FEES = ("stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost")
INSERT = """
INSERT INTO payments_balancemovement
       (id, type, amount_fen, fee_fen, source_id, created_at, recorded_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING
"""


def sweep_balance(since: datetime | None = None) -> int:
    """Record and book every movement that is new since the last sweep; gives how many.

    `since` looks further back. Network. Raises GatewayDown; what was recorded until then stays.
    """
    done = BalanceSweep.objects.filter(pk=1).values_list("until", flat=True).first()
    begin = done - OVERLAP if done else datetime.fromtimestamp(0, UTC)
    first = min(begin, since) if since else begin
    last = max(now(), datetime.now(UTC)) + timedelta(hours=1)
    found = list(gateway.list_movements(first, last))
    new = 0
    # The oldest first: a payout before its failure.
    for movement in reversed(found):
        new += record(movement)
    if found:
        _sweep_is_done(max(movement.created_at for movement in found))
    return new


@transaction.atomic
def record(movement: gateway.Movement) -> bool:
    """Write a movement down, and its fee or payout into the ledger; False if it was there."""
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                movement.id,
                movement.type,
                movement.amount_fen,
                movement.fee_fen,
                movement.source_id,
                movement.created_at,
                now(),
            ],
        )
        if not cursor.rowcount:
            return False
    if movement.type == OF_DISPUTES:
        return True
    fee = -movement.net_fen if movement.type in FEES else movement.fee_fen
    post(
        Transaction.Kind.STRIPE_FEE,
        "balance_transaction",
        movement.id,
        [
            Leg(AccountKey(Account.Kind.PROGRAMME_EXPENSE), fee),
            Leg(AccountKey(Account.Kind.STRIPE), -fee),
        ],
    )
    if movement.type == PAYOUT:
        post(
            Transaction.Kind.PAYOUT,
            "payout",
            movement.source_id,
            [
                Leg(AccountKey(Account.Kind.BANK), -movement.amount_fen),
                Leg(AccountKey(Account.Kind.STRIPE), movement.amount_fen),
            ],
        )
    elif movement.type in PAYOUT_BACK:
        _payout_came_back(movement)
    return True


def _payout_came_back(movement: gateway.Movement) -> None:
    paid_out = Transaction.objects.filter(
        kind=Transaction.Kind.PAYOUT, source_type="payout", source_id=movement.source_id
    ).first()
    if paid_out is None:
        log.error("payout %s came back and was never booked", movement.source_id)
        return
    reverse(paid_out.pk)


def _sweep_is_done(until: datetime) -> None:
    """Remember how far the movements are known; never backwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_balancesweep (id, until) VALUES (1, %s) ON CONFLICT (id)"
            " DO UPDATE SET until = greatest(payments_balancesweep.until, EXCLUDED.until)",
            [until],
        )
