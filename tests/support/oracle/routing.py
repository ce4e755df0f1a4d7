"""Which cooperative must pack what: fair share (DESIGN §5, "Routing")."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import psycopg

from .inputs import SHANGHAI, Villages

SELLERS = """
SELECT partner.code, pool.id AS pool_id, pool.on_hand, pool.promised, pool.reserved,
       pool.allocated, (record.agreed_price * 100)::bigint AS agreed
  FROM partner_stockrecord record
  JOIN partner_partner partner ON partner.id = record.partner_id
  JOIN partner_stockpool pool ON pool.id = record.pool_id
  JOIN catalogue_product product ON product.id = record.product_id
 WHERE product.upc = %s ORDER BY partner.code
"""
DAYS = "SELECT day, capacity, taken FROM partner_pickingday WHERE pool_id = %s AND day >= %s"
PACKED = """
SELECT coalesce(sum(line.packed_grams), 0)::bigint AS grams FROM routing_consignmentline line
  JOIN routing_consignment consignment ON consignment.id = line.consignment_id
 WHERE line.pool_id = %s AND consignment.packed_at > %s
"""
DELIVERED = """
SELECT coalesce(sum(grams), 0)::bigint AS grams FROM households_lot
 WHERE pool_id = %s AND delivered_on > %s
"""


def rooms(
    base: psycopg.Connection[Any], villages: Villages, sku: str, moment: datetime
) -> dict[str, int]:
    """How many packs each willing cooperative could pack, by its code."""
    return {
        seller.code: _can_be_sold(base, villages, seller, sku, moment) // villages.net_grams(sku)
        for seller in _willing(base, villages, sku)
    }


def _willing(base: psycopg.Connection[Any], villages: Villages, sku: str) -> list[Any]:
    """Those that ask no more than the offer, or agreed to it."""
    found = []
    for seller in base.execute(SELLERS, [sku]).fetchall():
        ask = villages.asks[sku][seller.code]
        if min(ask, ask if seller.agreed is None else seller.agreed) <= villages.offer(sku):
            found.append(seller)
    return found


def expected_parts(
    base: psycopg.Connection[Any],
    villages: Villages,
    wants: list[tuple[str, int]],
    moment: datetime,
) -> list[list[tuple[str, int]]] | None:
    """For each (sku, packs) wanted, who packs how many, by code; None when there is too little.

    Reads the pools as they are before the order; what one line takes, the next does not see.
    """
    taken: dict[int, int] = {}
    parts = []
    for sku, packs in wants:
        net = villages.net_grams(sku)
        ranked = []
        for seller in _willing(base, villages, sku):
            free = _can_be_sold(base, villages, seller, sku, moment)
            share = _share(base, seller, moment)
            ranked.append([share, seller.code, seller.pool_id, free])
        ranked.sort()
        room = {pool: (free - taken.get(pool, 0)) // net for _, _, pool, free in ranked}
        whole = [row for row in ranked if room[row[2]] >= packs][:1]
        mine, missing = [], packs
        for _, code, pool, _ in whole or ranked:
            some = min(missing, room[pool])
            if some > 0:
                mine.append((code, some))
                taken[pool] = taken.get(pool, 0) + some * net
                missing -= some
        if missing:
            return None
        parts.append(sorted(mine))
    return parts


def _share(base: psycopg.Connection[Any], seller: Any, moment: datetime) -> Fraction:
    """(allocated + packed) ÷ (delivered + promised) over 30 days."""
    month = timedelta(days=30)
    since = moment.astimezone(SHANGHAI).date() - month
    packed = base.execute(PACKED, [seller.pool_id, moment - month]).fetchone().grams
    delivered = base.execute(DELIVERED, [seller.pool_id, since]).fetchone().grams
    given = delivered + seller.promised
    return Fraction(seller.allocated + packed, given) if given else Fraction(10**18)


def _can_be_sold(
    base: psycopg.Connection[Any], villages: Villages, seller: Any, sku: str, moment: datetime
) -> int:
    """What no lot covers must be picked on a day that is still in time."""
    produce = villages.packs[sku]["produce"]
    claimed = seller.reserved + seller.allocated
    in_store = max(0, seller.on_hand - claimed)
    last = moment + timedelta(hours=villages.clock(produce, "ship_within_hours"))
    last_day, today = last.astimezone(SHANGHAI).date(), moment.astimezone(SHANGHAI).date()
    days = base.execute(DAYS, [seller.pool_id, today]).fetchall()
    unplanned = max(0, claimed - seller.on_hand) - sum(day.taken for day in days)
    in_time = sum(day.capacity - day.taken for day in days if day.day <= last_day)
    to_pick = max(0, in_time - max(0, unplanned))
    return max(0, min(seller.on_hand + seller.promised - claimed, in_store + to_pick))
