"""Who paid what of a line besides the buyer, and whose money each refund was (DESIGN §6)."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from .inputs import in_proportion

SOURCES = """
SELECT source.id, source.consignment_id, source.consignment_line_id AS line_id, source.kind,
       source.reference, source.fen, consignment.order_id
  FROM routing_linesource source
  JOIN routing_consignment consignment ON consignment.id = source.consignment_id
 ORDER BY source.id
"""
REFUNDS = """
SELECT refund.uuid::text AS uuid, part.consignment_id, part.consignment_line_id AS line_id,
       part.amount_fen, refund.reason = 'dispute' AS disputed
  FROM aftersales_refundline part JOIN aftersales_refund refund ON refund.uuid = part.refund_id
 ORDER BY refund.created_at, refund.uuid, part.id
"""
GIVEN = "SELECT coalesce(sum(issued_fen), 0) AS fen FROM discounts_gift WHERE funder = 'programme'"
GIFTS = "SELECT id, issued_fen FROM discounts_gift"
BY_DISPUTE = """
SELECT uuid::text AS uuid FROM aftersales_refund WHERE paid_from = 'disputed' AND state = 'done'
"""


@dataclass
class Paid:
    """`others`: what others than the buyer paid of an order; `buyers`: whose refund is whose.

    `spent`: what each other source has spent in the end, by kind and reference. `by_dispute`: the
    refunds that the buyer's bank took by itself.
    """

    others: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    buyers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    spent: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    by_dispute: set[str] = field(default_factory=set)


def paid(base: psycopg.Connection[Any]) -> Paid:
    """Every refund cut once more over what remains of each source, the oldest first."""
    result = Paid(by_dispute={row.uuid for row in base.execute(BY_DISPUTE)})
    left: dict[Hashable, dict[int, int]] = defaultdict(dict)
    rows: dict[int, Any] = {}
    for row in base.execute(SOURCES):
        rows[row.id] = row
        left[row.consignment_id, row.line_id][row.id] = row.fen
        if row.kind != "buyer":
            result.others[row.order_id] += row.fen
            result.spent[row.kind, row.reference] += row.fen
    for part in base.execute(REFUNDS):
        held = left.get((part.consignment_id, part.line_id))
        result.buyers[part.uuid] += 0
        if not held:
            result.buyers[part.uuid] += part.amount_fen
            continue
        whole = part.amount_fen == sum(held.values())
        mine = {
            pk: fen for pk, fen in held.items() if whole or not part.disputed or _buyers(rows[pk])
        }
        for pk, fen in in_proportion(part.amount_fen, mine).items():
            held[pk] -= fen
            if _buyers(rows[pk]):
                result.buyers[part.uuid] += fen
            else:
                result.spent[rows[pk].kind, rows[pk].reference] -= fen
    return result


def _buyers(row: Any) -> bool:
    return bool(row.kind == "buyer")


def gifts_left(base: psycopg.Connection[Any], spent: dict[tuple[str, int], int]) -> int:
    """What all gift vouchers still have, before any of them ended."""
    return sum(row.issued_fen - spent["gift", row.id] for row in base.execute(GIFTS))


def given(base: psycopg.Connection[Any]) -> int:
    """What the programme gave as gift vouchers, before any of them ended."""
    row = base.execute(GIVEN).fetchone()
    assert row is not None
    return int(row.fen)
