"""Who must have how much (DESIGN §6)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from . import sources
from .inputs import (
    GRADE_BPS,
    SHANGHAI,
    SHIPPED_COUNTS_AFTER_DAYS,
    Stripe,
    Villages,
    in_proportion,
)
from .lines import REFUNDS, Line, lines_with_their_money


@dataclass
class Must:
    """What must stand in the books, by cooperative, household and sales pool code."""

    pending: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    available: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fee: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fund: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    not_shared: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    sales: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    freight: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stripe: int = 0
    refund_due: int = 0
    programme: int = 0
    carriers: int = 0
    gifts: int = 0
    hosts: int = 0
    finished: int = 0
    released: set[int] = field(default_factory=set)


def is_released(row: Any, villages: Villages, moment: datetime) -> bool:
    """Delivered, or long enough on its way, and past its return window at a moment.

    Not while a case or dispute holds it, unless it was released before.
    """
    if row.packed_grams is None or (row.held and row.released_at is None):
        return False
    window = timedelta(days=villages.clock(villages.packs[row.sku]["produce"], "return_days"))
    if row.state == "delivered":
        return row.delivered_at + window <= moment
    if row.state == "shipped":
        return row.shipped_at + timedelta(days=SHIPPED_COUNTS_AFTER_DAYS) + window <= moment
    return False


def books(
    base: psycopg.Connection[Any], villages: Villages, stripe: Stripe, moment: datetime
) -> Must:
    """What the books must say right after a sharing-out at `moment`."""
    must = Must()
    lines = lines_with_their_money(base, villages)
    earned: dict[int, int] = defaultdict(int)
    released: dict[int, int] = defaultdict(int)
    waiting: set[int] = set()
    for line in lines.values():
        free = is_released(line.row, villages, moment)
        if free:
            must.released.add(line.row.id)
        must.sales[line.row.cooperative] += line.in_sales
        for sales_pool, fen in line.in_pools.items():
            earned[sales_pool] += fen
            released[sales_pool] += fen if free else 0
            if fen and not free:
                waiting.add(sales_pool)
    _share(base, villages, must, earned, released, waiting, moment)
    _money(base, villages, stripe, must, lines)
    return must


LOTS = """
SELECT lot.code, lot.grams, lot.grade, lot.delivered_on, lot.sales_pool_id,
       household.code AS household, produce.code AS produce,
       sales_pool.starts_on, sales_pool.ends_on,
       (SELECT coalesce(sum(grams), 0) FROM routing_draw WHERE lot_id = lot.id)::bigint AS drawn,
       (SELECT coalesce(sum(grams), 0)
          FROM households_writeoff WHERE lot_id = lot.id)::bigint AS spoiled
  FROM households_lot lot
  JOIN households_household household ON household.id = lot.household_id
  JOIN partner_stockpool pool ON pool.id = lot.pool_id
  JOIN catalogue_produce produce ON produce.id = pool.produce_id
  JOIN settlement_salespool sales_pool ON sales_pool.id = lot.sales_pool_id
 ORDER BY lot.id
"""


def _share(
    base: psycopg.Connection[Any],
    villages: Villages,
    must: Must,
    earned: Mapping[int, int],
    released: Mapping[int, int],
    waiting: set[int],
    moment: datetime,
) -> None:
    """DESIGN §6, "Sharing out", with E, R, f, v, wᵢ and W by their names there."""
    today = moment.astimezone(SHANGHAI).date()
    pools: dict[int, list[Any]] = defaultdict(list)
    seen = set()
    for lot in base.execute(LOTS):
        assert (lot.starts_on, lot.ends_on) == villages.period(lot.produce, lot.delivered_on)
        if lot.code in villages.lots:
            seen.add(lot.code)
            entered = (lot.household, lot.produce, lot.delivered_on, lot.grams, lot.grade)
            assert entered == villages.lots[lot.code]
        pools[lot.sales_pool_id].append(lot)
    assert seen == villages.lots.keys(), "every delivery of the file is a lot"
    for sales_pool, lots in pools.items():
        e, r = earned.get(sales_pool, 0), released.get(sales_pool, 0)
        must.not_shared[sales_pool] = e
        if lots[0].ends_on >= today or not e and not r:
            continue
        cooperative = villages.cooperative_of[lots[0].household]
        f, v = villages.rates[cooperative]
        weights: dict[str, int] = defaultdict(int)
        for lot in lots:
            weights[lot.household] += lot.grams * GRADE_BPS[lot.grade]
        whole, rest = sum(weights.values()), 10_000 - f - v
        gone = all(
            lot.grams == lot.drawn + lot.spoiled
            or villages.expires(lot.produce, lot.delivered_on) <= moment
            for lot in lots
        )
        if gone and sales_pool not in waiting:
            must.finished += 1
            keys = {("0 fee", ""): f * whole, ("1 fund", ""): v * whole}
            keys |= {("2", household): rest * w for household, w in weights.items()}
            cut = in_proportion(e, keys)
            fee, fund = cut.pop(("0 fee", "")), cut.pop(("1 fund", ""))
            now_theirs = {household: fen for (_, household), fen in cut.items()}
            in_all = now_theirs
        else:
            fee, fund = e * f // 10_000, e * v // 10_000
            in_all = {h: e * rest * w // (10_000 * whole) for h, w in weights.items()}
            now_theirs = {h: r * rest * w // (10_000 * whole) for h, w in weights.items()}
        must.fee[cooperative] += fee
        must.fund[cooperative] += fund
        for household in weights:
            must.available[household] += now_theirs[household]
            must.pending[household] += in_all[household] - now_theirs[household]
        must.not_shared[sales_pool] = e - fee - fund - sum(in_all.values())


PAID = """
SELECT attempt.uuid::text AS attempt, attempt.order_id, attempt.state
  FROM payments_paymentattempt attempt
"""
PARCELS = """
SELECT consignment.id, consignment.order_id, partner.code AS cooperative,
       consignment.state, address.state AS province,
       -- Where it was to go when it was paid.
       coalesce((SELECT change.before->>'province' FROM aftersales_addresschange change
                  WHERE change.order_id = consignment.order_id
                  ORDER BY change.created_at LIMIT 1), address.state) AS first_province
  FROM routing_consignment consignment
  JOIN partner_partner partner ON partner.id = consignment.partner_id
  JOIN order_order ON order_order.id = consignment.order_id
  JOIN order_shippingaddress address ON address.id = order_order.shipping_address_id
"""


def _money(
    base: psycopg.Connection[Any],
    villages: Villages,
    stripe: Stripe,
    must: Must,
    lines: Mapping[int, Line],
) -> None:
    """Each payment is its order to the fen, each refund its lines; and who holds the rest."""
    payments, refunds, whose = stripe.payments(), stripe.refunds(), sources.paid(base)
    order_fen: dict[int, int] = defaultdict(int)
    grams: dict[int, int] = defaultdict(int)
    for line in lines.values():
        grams[line.row.consignment_id] += line.row.ordered_grams
    offers = {line.row.order_line_id: line.row for line in lines.values()}
    for row in offers.values():
        order_fen[row.order_id] += villages.offer(row.sku) * row.quantity
    cooperative_of = {}
    cheaper: dict[int, int] = {}
    for parcel in base.execute(PARCELS):
        fen = villages.parcel(parcel.cooperative, parcel.first_province, grams[parcel.id])
        new = villages.parcel(parcel.cooperative, parcel.province, grams[parcel.id])
        if parcel.state != "cancelled":
            cheaper[parcel.id] = fen - new
        order_fen[parcel.order_id] += fen
        must.freight[parcel.cooperative] += fen
        cooperative_of[parcel.id] = parcel.cooperative
    decided: dict[str, int] = defaultdict(int)
    for line in lines.values():
        must.programme += line.elsewhere["programme"]
        must.carriers += line.elsewhere["carrier"]
    less: dict[int, int] = defaultdict(int)
    for row in base.execute(REFUNDS):
        decided[row.uuid] += row.amount_fen
        if row.line_id is not None:
            continue
        if row.reason == "freight":
            less[row.consignment_id] += row.amount_fen
        else:
            cheaper.pop(row.consignment_id, None)
        if row.bearer == "cooperative":
            must.freight[cooperative_of[row.consignment_id]] -= row.amount_fen
        elif row.bearer == "programme":
            must.programme += row.amount_fen
        else:
            must.carriers += row.amount_fen
    # Sent elsewhere, where the freight is less: that much has gone back.
    for parcel_id, fen in cheaper.items():
        assert less[parcel_id] == fen, f"consignment {parcel_id}"
    placed = set()
    for row in base.execute(PAID):
        if row.order_id:
            placed.add(row.order_id)
            paid = payments.get(row.attempt, {"amount_received": 0})["amount_received"]
            assert paid + whose.others[row.order_id] == order_fen[row.order_id]
        elif row.attempt in payments:
            assert row.state == "refunded", "paid without an order goes back"
            uuid = base.execute(
                "SELECT uuid::text FROM aftersales_refund WHERE attempt_id = %s", [row.attempt]
            ).fetchone()[0]
            decided[uuid] = payments[row.attempt]["amount_received"]
    assert placed == order_fen.keys()
    # What others than the buyer had paid went back to them, not to Stripe.
    for uuid in decided.keys() & whose.buyers.keys():
        decided[uuid] = whose.buyers[uuid]
    must.gifts = sources.gifts_left(base, whose.spent)
    must.hosts = sum(fen for (kind, _), fen in whose.spent.items() if kind == "host")
    must.programme += sum(fen for (kind, _), fen in whose.spent.items() if kind == "programme")
    must.programme += sources.given(base)
    assert refunds.keys() <= decided.keys()
    for uuid, refund in refunds.items():
        assert refund["amount"] == decided[uuid]
    must.stripe = sum(p["amount_received"] for p in payments.values())
    must.stripe -= sum(r["amount"] for r in refunds.values())
    owed = sum(fen for uuid, fen in decided.items() if uuid not in whose.by_dispute)
    must.refund_due = owed - sum(r["amount"] for r in refunds.values())
