"""E and R of each sharing-out, worked out once more from the ledger as it stood then.

What was booked in the five minutes before a sharing-out may or may not be in it. Lines are
released in batches of one moment, each whole and in order.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from storefront.books.base import Found, Moment

# The legs of each pool, summed by which sharings-out (0, 1, 2 … in time) they can have been in:
# from `first` on perhaps, from `surely` on certainly; their lines released by `released` perhaps,
# by `long_released` certainly. One row for each such group, however many legs there are.
GROUPS = """
    WITH times AS (
        SELECT sales_pool_id, array_agg(created_at ORDER BY created_at, sequence) AS at,
               array_agg(created_at - interval '5 minutes' ORDER BY created_at, sequence) AS before
          FROM settlement_sharingout GROUP BY sales_pool_id
    ), legs AS (
        SELECT times.sales_pool_id, -p.amount_fen AS fen, line.released_at,
               width_bucket(t.created_at, times.at) AS first,
               width_bucket(t.created_at, times.before) AS surely,
               width_bucket(line.released_at, times.at) AS released,
               width_bucket(line.released_at, times.before) AS long_released
          FROM times
          JOIN ledger_account a ON a.sales_pool_id = times.sales_pool_id
          JOIN ledger_posting p ON p.account_id = a.id
          JOIN ledger_transaction t ON t.id = p.transaction_id AND t.kind <> 'shared'
          LEFT JOIN routing_consignmentline line ON line.id = p.consignment_line_id
    )
    SELECT sales_pool_id, first, surely, released, long_released,
           CASE WHEN released < long_released THEN released_at END,
           coalesce(sum(fen) FILTER (WHERE fen < 0), 0)::bigint,
           coalesce(sum(fen) FILTER (WHERE fen > 0), 0)::bigint
      FROM legs GROUP BY 1, 2, 3, 4, 5, 6
"""
SHARINGS = """
    SELECT sales_pool_id, sequence, earned_fen, released_fen, finished
      FROM settlement_sharingout ORDER BY sales_pool_id, created_at, sequence
"""


class _Group(NamedTuple):
    first: int
    surely: int
    released: int | None
    long_released: int | None
    batch: datetime | None
    minus: int
    plus: int

    def least(self, place: int) -> int:
        return self.minus + (self.plus if place >= self.surely else 0)

    def most(self, place: int) -> int:
        return self.plus + (self.minus if place >= self.surely else 0)


def earned(cursor: Any, moment: Moment) -> Iterator[Found]:
    """Each sharing-out's E and R are what the ledger had."""
    groups: dict[int, list[_Group]] = defaultdict(list)
    cursor.execute(GROUPS)
    for pool, *group in cursor.fetchall():
        groups[pool].append(_Group(*group))
    cursor.execute(SHARINGS)
    places: dict[int, int] = defaultdict(int)
    for pool, sequence, fen, released_fen, finished in cursor.fetchall():
        place = places[pool]
        places[pool] += 1
        seen = [group for group in groups[pool] if group.first <= place]
        name = f"sharing-out {sequence} of sales pool {pool}"
        least, most = _sums(seen, place)
        if not least <= fen <= most:
            yield Found(name, f"says E = {fen}, the ledger had {_span(least, most)}")
        spans = list(_released(seen, place))
        if not any(low <= released_fen <= high for low, high in spans):
            had = " or ".join(_span(*span) for span in spans)
            yield Found(name, f"says R = {released_fen}, the ledger had {had}")
        if not 0 <= released_fen <= fen or (finished and released_fen != fen):
            yield Found(name, f"says R = {released_fen} of E = {fen}, finished = {finished}")


def _sums(groups: Sequence[_Group], place: int) -> tuple[int, int]:
    return sum(g.least(place) for g in groups), sum(g.most(place) for g in groups)


def _span(least: int, most: int) -> str:
    return str(least) if least == most else f"{least} to {most}"


def _released(groups: Sequence[_Group], place: int) -> Iterator[tuple[int, int]]:
    """What R can have been: without the latest batches of lines, or with some of them."""
    sure = [g for g in groups if g.long_released is not None and g.long_released <= place]
    near = [
        g
        for g in groups
        if g.released is not None and g.long_released is not None
        if g.released <= place < g.long_released
    ]
    yield _sums(sure, place)
    for cutoff in sorted({g.batch for g in near if g.batch}):
        upto = [g for g in near if g.batch and g.batch <= cutoff]
        yield _sums([*sure, *upto], place)
