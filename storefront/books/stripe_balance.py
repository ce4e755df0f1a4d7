"""The ledger's account `stripe` is the balance that Stripe keeps: movement by movement, to the fen.

Each movement there has a name (a payment, a refund, a payout, a dispute, a fee); the postings on
`stripe` have the same names. Where all of them agree, the account is what can be paid out plus
what is pending.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from storefront.books.base import PATIENCE, Found, Moment
from storefront.payments.balance import FEES, OF_DISPUTES, PAYOUT, PAYOUT_BACK
from storefront.payments.reconciling.at_stripe import AtStripe

# What the ledger has on `stripe`, by what Stripe calls it. A reversal counts for what it reverses.
BOOKED = """
    WITH legs AS (
        SELECT coalesce(o.kind, t.kind) AS kind, coalesce(o.source_type, t.source_type) AS type,
               coalesce(o.source_id, t.source_id) AS source, t.created_at, p.amount_fen
          FROM ledger_posting p
          JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'stripe'
          JOIN ledger_transaction t ON t.id = p.transaction_id
          LEFT JOIN ledger_transaction o ON o.id = t.reverses_id
    )
    SELECT CASE
             WHEN legs.kind = 'sale' THEN 'payment ' || coalesce(sold.intent_id, '?')
             WHEN legs.kind = 'goods_gone' AND legs.type = 'stray' THEN 'payment ' || legs.source
             WHEN legs.kind = 'goods_gone' THEN 'payment ' || coalesce(gone.intent_id, '?')
             WHEN legs.kind = 'refund_paid' AND legs.type = 'stray'
                 THEN 'refund ' || coalesce(stray.stripe_refund_id, '?')
             WHEN legs.kind = 'refund_paid' THEN 'refund ' || coalesce(r.stripe_refund_id, '?')
             WHEN legs.kind = 'stripe_fee' THEN 'fee of ' || legs.source
             WHEN legs.kind = 'payout' THEN 'payout ' || legs.source
             WHEN legs.kind IN ('dispute_opened', 'dispute_won') THEN 'dispute ' || legs.source
             ELSE legs.kind || ' ' || legs.source END,
           sum(legs.amount_fen)::bigint, max(legs.created_at)
      FROM legs
      LEFT JOIN routing_consignment c ON legs.kind = 'sale' AND c.id::text = legs.source
      LEFT JOIN payments_paymentattempt sold ON sold.order_id = c.order_id
      LEFT JOIN payments_paymentattempt gone
        ON legs.kind = 'goods_gone' AND gone.uuid::text = legs.source
      LEFT JOIN aftersales_refund r
        ON legs.kind = 'refund_paid' AND r.uuid::text = split_part(legs.source, ':', 1)
      LEFT JOIN payments_straypayment stray
        ON legs.kind = 'refund_paid' AND stray.id = legs.source
     GROUP BY 1
"""
RECORDED = """
    SELECT id, type, amount_fen, fee_fen, source_id, created_at, recorded_at
      FROM payments_balancemovement
"""
SWEPT = "SELECT until FROM payments_balancesweep"


def differences(there: AtStripe, cursor: Any, moment: Moment) -> Iterator[Found]:
    """Movements that we recorded otherwise than Stripe lists them, or booked otherwise."""
    cursor.execute(SWEPT)
    swept = next((row[0] for row in cursor.fetchall()), None)
    cursor.execute(RECORDED)
    recorded = {row[0]: row[1:] for row in cursor.fetchall()}
    queued: dict[str, Any] = {}
    for movement in there.movements:
        row = recorded.pop(movement.id, None)
        if row is None:
            # Newer than the last sweep, or listed late; an older one was lost.
            missing = swept is not None and movement.created_at < swept - PATIENCE
            queued[movement.id] = None if missing else movement.created_at
            yield Found(f"movement {movement.id}", "is not recorded", queued[movement.id])
        elif row[:5] != (
            movement.type,
            movement.amount_fen,
            movement.fee_fen,
            movement.source_id,
            movement.created_at,
        ):
            yield Found(f"movement {movement.id}", "is not as Stripe lists it")
    for name, row in recorded.items():
        yield Found(f"movement {name}", "is not at Stripe", _if_fresh(row[5], moment))
    yield from _booked(there, cursor, queued, moment)


def _if_fresh(written_at: datetime, moment: Moment) -> datetime | None:
    """Since when it waits, if it was written while Stripe was being asked; else it is wrong."""
    return written_at if written_at > moment.now - PATIENCE else None


def _booked(
    there: AtStripe, cursor: Any, queued: dict[str, Any], moment: Moment
) -> Iterator[Found]:
    due, waiting = _by_name(there, queued)
    cursor.execute(BOOKED)
    rows = cursor.fetchall()
    booked = {name: fen for name, fen, _at in rows}
    written = {name: at for name, _fen, at in rows}
    for name in sorted(due.keys() | booked.keys()):
        is_due, has = due.get(name, 0), booked.get(name, 0)
        if is_due == has:
            continue
        what = f"moved Stripe's balance by {is_due} fen, the ledger's by {has}"
        if name in waiting:
            yield Found(name, what, waiting[name])
        elif name not in due:
            yield Found(name, what, _if_fresh(written[name], moment))
        else:
            yield Found(name, what)


def _by_name(there: AtStripe, queued: dict[str, Any]) -> tuple[dict[str, int], dict[str, Any]]:
    """{name: fen that Stripe's balance moved by}, and since when a name's booking may wait.

    Payments, refunds and disputes are booked where they are handled: the checks of those say when
    that is late, so here they only wait.
    """
    due: dict[str, int] = defaultdict(int)
    waiting: dict[str, Any] = {}
    for movement in there.movements:
        fee = movement.fee_fen
        if movement.type == OF_DISPUTES:
            name = f"dispute {movement.source_id}"
            due[name] += movement.net_fen
            waiting[name] = movement.created_at
            continue
        if movement.type in FEES:
            name, fee = "", -movement.net_fen
        elif movement.type == PAYOUT or movement.type in PAYOUT_BACK:
            name = f"payout {movement.source_id}"
        elif movement.source_id.startswith(("ch_", "py_")):
            name = f"payment {there.intent_of_charge.get(movement.source_id, movement.source_id)}"
            waiting[name] = movement.created_at
        else:
            name = f"refund {movement.source_id}"
            waiting[name] = movement.created_at
        if name:
            due[name] += movement.amount_fen
            if movement.id in queued and name.startswith("payout "):
                waiting[name] = queued[movement.id]
        if fee:
            due[f"fee of {movement.id}"] = -fee
            if movement.id in queued:
                waiting[f"fee of {movement.id}"] = queued[movement.id]
    return due, waiting
