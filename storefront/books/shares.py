"""Sharing-out done once more: DESIGN §6 in plain integers, importing nothing of settlement's."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storefront.books.base import Check, Found, Moment

WHOLE = 10_000
# A credit: kind of account and household (None: the cooperative's fee or the village's fund).
Credits = dict[tuple[str, int | None], int]
# What was booked or entered so shortly before a sharing-out may have missed it.
NEAR = timedelta(minutes=5)

SHARINGS = """
    SELECT s.id, s.sales_pool_id, s.sequence, s.earned_fen, s.released_fen, s.finished, s.fee_bps,
           s.fund_bps, s.weights::text, s.created_at, rule.grade_a_bps, rule.grade_b_bps
      FROM settlement_sharingout s JOIN settlement_creditrule rule ON rule.id = s.rule_id
     ORDER BY s.sales_pool_id, s.sequence
"""
CREDITED = """
    SELECT t.source_id, a.kind, a.household_id, -sum(p.amount_fen)::bigint
      FROM ledger_transaction t
      JOIN ledger_posting p ON p.transaction_id = t.id
      JOIN ledger_account a ON a.id = p.account_id
     WHERE t.kind = 'shared' AND a.kind <> 'pool'
     GROUP BY t.source_id, a.kind, a.household_id
"""
LOTS = """
    SELECT lot.sales_pool_id, lot.household_id, lot.grade, lot.grams, m.created_at
      FROM households_lot lot
      LEFT JOIN partner_stockmove m ON m.pool_id = lot.pool_id AND m.cause = 'delivered'
                                   AND m.reference = 'lot:' || lot.code
"""
# How each sales pool stands now: what a sharing-out would read, and since when nothing moved.
STATES = """
    SELECT sp.id, sp.ends_on < %(today)s, coalesce(l.earned, 0)::bigint,
           coalesce(l.released, 0)::bigint,
           coalesce(lots.leave_nothing, true) AND NOT coalesce(l.waits, false),
           rule.fee_bps, rule.fund_bps, rule.grade_a_bps, rule.grade_b_bps,
           l.id IS NOT NULL, greatest(moved.at, released.at, l.at)
      FROM settlement_salespool sp
      JOIN settlement_creditrule rule ON rule.id = sp.rule_id
      LEFT JOIN (
            SELECT id, sum(fen) AS earned, sum(fen) FILTER (WHERE released) AS released,
                   -- a line whose packing was undone or that was refunded whole waits for nothing
                   bool_or(fen <> 0 AND NOT released) AS waits, max(at) AS at
              FROM (SELECT a.sales_pool_id AS id, -sum(p.amount_fen) AS fen,
                           line.released_at IS NOT NULL AS released, max(t.created_at) AS at
                      FROM ledger_account a
                      JOIN ledger_posting p ON p.account_id = a.id
                      JOIN ledger_transaction t ON t.id = p.transaction_id AND t.kind <> 'shared'
                      LEFT JOIN routing_consignmentline line ON line.id = p.consignment_line_id
                     WHERE a.sales_pool_id IS NOT NULL
                     GROUP BY a.sales_pool_id, line.id) lines
             GROUP BY id) l ON l.id = sp.id
      LEFT JOIN (SELECT sales_pool_id,
                        bool_and(grams <= drawn_grams + written_off_grams) AS leave_nothing
                   FROM households_lot GROUP BY sales_pool_id) lots ON lots.sales_pool_id = sp.id
      LEFT JOIN (SELECT pool_id, max(created_at) AS at FROM partner_stockmove GROUP BY pool_id
                ) moved ON moved.pool_id = sp.pool_id
      LEFT JOIN (SELECT pool_id, max(released_at) AS at FROM routing_consignmentline
                  GROUP BY pool_id) released ON released.pool_id = sp.pool_id
     ORDER BY sp.id
"""


@dataclass(frozen=True)
class _Lot:
    household_id: int
    grade: str
    grams: int
    entered_at: datetime | None

    def weight(self, a_bps: int, b_bps: int) -> int:
        return self.grams * (a_bps if self.grade == "A" else b_bps)


@dataclass(frozen=True)
class _Basis:
    earned: int
    released: int
    finished: bool
    fee_bps: int
    fund_bps: int
    weights: Mapping[int, int]


@dataclass
class _Shared:
    """What was shared of a pool so far, and by which row last."""

    credits: Credits
    finished: bool
    created_at: datetime


def expected(basis: _Basis, codes: Mapping[int, str]) -> Credits:
    """What fee, fund and households must have got in all, in fen; zeros left out."""
    total, rest = sum(basis.weights.values()), WHOLE - basis.fee_bps - basis.fund_bps
    due: Credits = {}
    if basis.finished:
        due = _to_the_last_fen(basis, codes, total, rest)
    else:
        due["service_fee", None] = basis.earned * basis.fee_bps // WHOLE
        due["village_fund", None] = basis.earned * basis.fund_bps // WHOLE
        for household, weight in basis.weights.items():
            of_all = basis.earned * rest * weight // (WHOLE * total)
            of_released = basis.released * rest * weight // (WHOLE * total)
            due["available", household] = of_released
            due["pending", household] = of_all - of_released
    return {key: fen for key, fen in due.items() if fen}


def _to_the_last_fen(basis: _Basis, codes: Mapping[int, str], total: int, rest: int) -> Credits:
    """A finished pool: one cut by largest remainder; ties to fee, fund, then by code."""
    claims: list[tuple[str, int | None, int]] = [
        ("service_fee", None, basis.fee_bps * total),
        ("village_fund", None, basis.fund_bps * total),
    ]
    claims += [
        ("available", household, rest * basis.weights[household])
        for household in sorted(basis.weights, key=lambda household: codes.get(household, ""))
    ]
    whole = WHOLE * total
    due: Credits = {(kind, who): basis.earned * claim // whole for kind, who, claim in claims}
    left = basis.earned - sum(due.values())
    # A stable sort keeps the order of claims among equals.
    for kind, who, _ in sorted(claims, key=lambda row: -(basis.earned * row[2] % whole))[:left]:
        due[kind, who] += 1
    return due


class Books:
    """What the two rules below read, fetched once for each."""

    def __init__(self, cursor: Any, moment: Moment):
        def rows(sql: str) -> list[tuple]:
            cursor.execute(sql, moment.parameters())
            return list(cursor.fetchall())

        self.codes: dict[int, str] = dict(rows("SELECT id, code FROM households_household"))
        self.lots: dict[int, list[_Lot]] = defaultdict(list)
        for sales_pool_id, *lot in rows(LOTS):
            self.lots[sales_pool_id].append(_Lot(*lot))
        self.credited: dict[str, Credits] = defaultdict(dict)
        for source, kind, household, fen in rows(CREDITED):
            self.credited[source][kind, household] = fen
        self.sharings = rows(SHARINGS)
        self.states = rows(STATES)


def cuts(cursor: Any, moment: Moment) -> Iterator[Found]:
    """Each sharing-out brought the credits to what its own row says, by its lots' weights."""
    yield from _cuts(Books(cursor, moment), {})


def _cuts(books: Books, shared: dict[int, _Shared]) -> Iterator[Found]:
    """Go through the sharings-out in order; `shared` is filled with where each pool stands."""
    for row in books.sharings:
        pk, pool, sequence, earned, released, finished, fee, fund, text, at, a_bps, b_bps = row
        name = f"sharing-out {sequence} of sales pool {pool}"
        weights = {int(household): weight for household, weight in json.loads(text).items()}
        before = shared[pool].credits if pool in shared else {}
        credits = _add(before, books.credited.get(str(pk), {}))
        shared[pool] = _Shared(credits, finished, at)
        yield from _weighs(name, weights, books.lots[pool], at, a_bps, b_bps)
        if sum(weights.values()) <= 0:
            yield Found(name, "weighs nothing")
            continue
        due = expected(_Basis(earned, released, finished, fee, fund, weights), books.codes)
        for kind, household in sorted(due.keys() | credits.keys(), key=str):
            should, has = due.get((kind, household), 0), credits.get((kind, household), 0)
            if should != has:
                who = f" of household {books.codes.get(household or 0)}" if household else ""
                yield Found(name, f"{kind}{who} is {has} fen by then, should be {should}")


def _add(first: Credits, second: Credits) -> Credits:
    keys = first.keys() | second.keys()
    summed = {key: first.get(key, 0) + second.get(key, 0) for key in keys}
    return {key: fen for key, fen in summed.items() if fen}


def _weighs(
    name: str, weights: Mapping[int, int], lots: list[_Lot], at: datetime, a_bps: int, b_bps: int
) -> Iterator[Found]:
    """A row's weights are those of the lots that were entered by then."""
    least: dict[int, int] = defaultdict(int)
    most: dict[int, int] = defaultdict(int)
    for lot in lots:
        if lot.entered_at is None or lot.entered_at <= at:
            most[lot.household_id] += lot.weight(a_bps, b_bps)
            if lot.entered_at is None or lot.entered_at < at - NEAR:
                least[lot.household_id] += lot.weight(a_bps, b_bps)
    for household in weights.keys() | least.keys():
        weight = weights.get(household, 0)
        if not least[household] <= weight <= most[household]:
            yield Found(
                name, f"household {household} weighs {weight} in it, {most[household]} by its lots"
            )


def _due(cursor: Any, moment: Moment) -> Iterator[Found]:
    """Sales pools that the next sharing-out will change; and a last one that is plainly wrong."""
    books, shared = Books(cursor, moment), {}
    for _ in _cuts(books, shared):
        pass  # what is wrong there is sharing.cuts' to say
    for (
        pool,
        over,
        earned,
        released,
        finished,
        fee,
        fund,
        a_bps,
        b_bps,
        drawn,
        moved,
    ) in books.states:
        last = shared.get(pool)
        weights: dict[int, int] = defaultdict(int)
        for lot in books.lots[pool]:
            weights[lot.household_id] += lot.weight(a_bps, b_bps)
        if not (over and drawn) or sum(weights.values()) <= 0:
            continue
        due = expected(_Basis(earned, released, finished, fee, fund, weights), books.codes)
        if due == (last.credits if last else {}) and (last is None or last.finished == finished):
            continue
        name = f"sales pool {pool}"
        if last and last.finished != finished and moved and moved < last.created_at - NEAR:
            yield Found(name, f"its last sharing-out says finished = {last.finished}, it is not so")
        else:
            yield Found(name, "is to be shared out by the next sharing-out", moment.now)


DUE_CHECK = Check(
    "sharing.due",
    "SELECT count(*) FROM settlement_salespool WHERE ends_on < %(today)s",
    (_due,),
    nightly=True,
)
