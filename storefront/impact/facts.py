"""What the ledger says, by sales pool: the facts that the public figures are sums of.

All of it is read in the snapshot of one transaction (`services.count`). Money is in fen; a month
is the text YYYY-MM of the Shanghai day on which the ledger booked it, so a finished month stays
as it is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from catalog.numbers import largest_remainder
from storefront.impact.disclosure import Amounts, Group

# A sales pool, a month, a campaign's id (0: none).
Key = tuple[int, str, int]
MONTH = "to_char(t.created_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
# The attribution that counts is the one that none replaces.
CURRENT = """
    WITH current AS (
        SELECT a.order_line_id, a.campaign_id FROM campaigns_lineattribution a
         WHERE a.campaign_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM campaigns_lineattribution b WHERE b.replaces_id = a.id)
    )
"""
# A household whose grades all count nothing gets nothing: it is not one of the pool's.
POOLS = """
    SELECT sp.id, pool.partner_id, rule.fee_bps + rule.fund_bps,
           coalesce(array_agg(DISTINCT lot.household_id) FILTER (WHERE lot.id IS NOT NULL
               AND CASE lot.grade WHEN 'A' THEN rule.grade_a_bps ELSE rule.grade_b_bps END > 0),
               '{}')
      FROM settlement_salespool sp
      JOIN partner_stockpool pool ON pool.id = sp.pool_id
      JOIN settlement_creditrule rule ON rule.id = sp.rule_id
      LEFT JOIN households_lot lot ON lot.sales_pool_id = sp.id
     GROUP BY sp.id, pool.partner_id, rule.fee_bps + rule.fund_bps
"""
SOLD = f"""
    {CURRENT}
    SELECT a.sales_pool_id, {MONTH}, coalesce(current.campaign_id, 0),
           -coalesce(sum(p.amount_fen) FILTER (WHERE t.kind <> 'refund_decided'), 0)::bigint,
           coalesce(sum(p.amount_fen) FILTER (WHERE t.kind = 'refund_decided'), 0)::bigint
      FROM ledger_account a
      JOIN ledger_posting p ON p.account_id = a.id
      JOIN ledger_transaction t ON t.id = p.transaction_id
      JOIN routing_consignmentline cl ON cl.id = p.consignment_line_id
      LEFT JOIN current ON current.order_line_id = cl.order_line_id
     WHERE a.kind = 'pool'
     GROUP BY 1, 2, 3
"""  # noqa: S608  our own text
# Goods given back that no pool's leg tells of: before packing (`sales`), or borne by another.
BESIDE = f"""
    SELECT p.consignment_line_id, a.kind = 'sales', {MONTH}, sum(p.amount_fen)::bigint
      FROM ledger_transaction t
      JOIN ledger_posting p ON p.transaction_id = t.id
      JOIN ledger_account a ON a.id = p.account_id
     WHERE t.kind = 'refund_decided' AND p.consignment_line_id IS NOT NULL AND a.kind <> 'pool'
     GROUP BY 1, 2, 3
"""  # noqa: S608
PACKED_LINES = f"""
    {CURRENT}
    SELECT p.consignment_line_id, a.sales_pool_id, {MONTH}, coalesce(current.campaign_id, 0),
           -sum(p.amount_fen)::bigint
      FROM ledger_posting p
      JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'pool'
      JOIN ledger_transaction t ON t.id = p.transaction_id AND t.kind <> 'refund_decided'
      JOIN routing_consignmentline cl ON cl.id = p.consignment_line_id
      LEFT JOIN current ON current.order_line_id = cl.order_line_id
     WHERE p.consignment_line_id = ANY(%s)
     GROUP BY 1, 2, 3, 4
     ORDER BY 1, 2, 3, 4
"""  # noqa: S608
CREDITED = f"""
    SELECT p.sales_pool_id, {MONTH}, -sum(p.amount_fen)::bigint
      FROM ledger_account a
      JOIN ledger_posting p ON p.account_id = a.id
      JOIN ledger_transaction t ON t.id = p.transaction_id
     WHERE a.kind IN ('pending', 'available') AND p.sales_pool_id IS NOT NULL
     GROUP BY 1, 2
"""  # noqa: S608
UNSHARED = """
    SELECT a.sales_pool_id, -sum(p.amount_fen)::bigint
      FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
     WHERE a.kind = 'pool' AND a.sales_pool_id = ANY(%s)
     GROUP BY 1
"""
# A household's money that left for the bank; and what it is credited beyond that.
PAID_OUT = """
    SELECT a.household_id,
           sum(p.amount_fen) FILTER (
               WHERE p.sales_pool_id IS NULL AND p.amount_fen > 0
                 AND EXISTS (SELECT FROM ledger_posting b
                               JOIN ledger_account at ON at.id = b.account_id AND at.kind = 'bank'
                              WHERE b.transaction_id = p.transaction_id)
           )::bigint,
           -sum(p.amount_fen)::bigint
      FROM ledger_account a JOIN ledger_posting p ON p.account_id = a.id
     WHERE a.household_id IS NOT NULL
     GROUP BY 1
"""
# Sold on another platform, which has not paid it yet.
UNSETTLED = """
    SELECT a.sales_pool_id, -sum(p.amount_fen)::bigint
      FROM platforms_platformline sold
      JOIN routing_consignment c ON c.order_id = sold.order_id
      JOIN routing_consignmentline line ON line.consignment_id = c.id
      JOIN ledger_posting p ON p.consignment_line_id = line.id
      JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'pool'
     WHERE sold.settled_at IS NULL
     GROUP BY 1
"""
ORDERS = f"""
    {CURRENT}
    SELECT grouping(partner.county_code, partner.village),
           grouping({MONTH}), grouping(coalesce(current.campaign_id, 0)),
           partner.county_code, partner.village, {MONTH}, coalesce(current.campaign_id, 0),
           count(DISTINCT consignment.order_id)
      FROM ledger_account a
      JOIN partner_partner partner ON partner.id = a.partner_id
      JOIN ledger_posting p ON p.account_id = a.id
      JOIN ledger_transaction t ON t.id = p.transaction_id AND t.kind <> 'refund_decided'
      JOIN routing_consignmentline cl ON cl.id = p.consignment_line_id
      JOIN routing_consignment consignment ON consignment.id = cl.consignment_id
      LEFT JOIN current ON current.order_line_id = cl.order_line_id
     WHERE a.kind = 'pool' AND a.sales_pool_id = ANY(%s) AND cl.packed_grams IS NOT NULL
     GROUP BY GROUPING SETS ((partner.county_code, partner.village), ({MONTH}),
                             (coalesce(current.campaign_id, 0)), ())
"""  # noqa: S608


@dataclass
class Facts:
    """The ledger by sales pool. `paid` and `refunded` by Key; `credited` by (pool, month)."""

    groups: dict[int, Group] = field(default_factory=dict)
    partners: dict[int, int] = field(default_factory=dict)
    paid: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    refunded: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    credited: dict[tuple[int, str], int] = field(default_factory=dict)

    def amounts(self, pools: Collection[int]) -> dict[int, Amounts]:
        """What each of these sales pools brought in and was credited. One query."""
        paid, refunded = sums_by_pool(self.paid), sums_by_pool(self.refunded)
        credited = sums_by_pool(self.credited)
        unshared = dict(rows(UNSHARED, [list(pools)]))
        return {
            pool: Amounts(
                paid.get(pool, 0),
                paid.get(pool, 0) - refunded.get(pool, 0),
                credited.get(pool, 0),
                unshared.get(pool, 0),
            )
            for pool in pools
        }


def rows(sql: str, params: Sequence[Any] = ()) -> list[tuple]:
    """The rows that a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall()


def sums_by_pool(amounts: dict[Any, int]) -> dict[int, int]:
    """Amounts by keys that begin with the sales pool, summed by it."""
    sums: dict[int, int] = defaultdict(int)
    for key, fen in amounts.items():
        sums[key[0]] += fen
    return sums


def read_facts() -> Facts:
    """Read all facts of the ledger. Five queries."""
    facts = Facts()
    for pool_id, partner_id, off_bps, households in rows(POOLS):
        facts.groups[pool_id] = Group(frozenset(households), off_bps)
        facts.partners[pool_id] = partner_id
    for pool_id, month, campaign_id, packed, refunded in rows(SOLD):
        facts.paid[pool_id, month, campaign_id] = packed
        facts.refunded[pool_id, month, campaign_id] = refunded
    _add_beside(facts, rows(BESIDE))
    facts.credited = {(pool_id, month): fen for pool_id, month, fen in rows(CREDITED)}
    return facts


def _add_beside(facts: Facts, beside: Iterable[tuple[int, bool, str, int]]) -> None:
    """Add what was given back beside the pools, cut over them by what of the line was packed.

    Given back before packing, it was paid, too: in the months in which the rest was packed.
    """
    found = list(beside)
    packed: dict[int, dict[Key, int]] = defaultdict(dict)
    for line_id, pool_id, month, campaign_id, fen in rows(
        PACKED_LINES, [sorted({row[0] for row in found})]
    ):
        if fen > 0:
            packed[line_id][pool_id, month, campaign_id] = fen
    for line_id, before_packing, month, fen in found:
        sign = -1 if fen < 0 else 1
        if not packed[line_id]:
            continue  # in no sales pool: nothing of the line is counted
        for key, part in largest_remainder(abs(fen), packed[line_id]).items():
            if before_packing:
                facts.paid[key] += sign * part
                facts.refunded[key] += sign * part
            else:
                facts.refunded[key[0], month, key[2]] += sign * part
