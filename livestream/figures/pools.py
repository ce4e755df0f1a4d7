"""What a live session brought the households, by sales pool (DESIGN §6, §8)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count

from cooperatives.households.models import Lot
from cooperatives.settlement.models import SalesPool
from livestream.campaigns.selectors import credits_by_seller
from livestream.figures.sales import SOLD, query
from livestream.sessions.models import LiveSession

# Public or not, figures of fewer households than this are merged (DESIGN §8).
FEWEST = 3
# The sales pools that a session's packed lines were drawn from, and what they hold of its money.
IN_POOLS = f"""
    {SOLD}
    SELECT a.sales_pool_id, -sum(p.amount_fen)::bigint
      FROM sold
      JOIN ledger_posting p ON p.consignment_line_id = sold.id
      JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'pool'
     GROUP BY a.sales_pool_id
"""  # noqa: S608  our own text


@dataclass(frozen=True)
class PoolRow:
    """A sales pool, or several of few households together (`pool` None).

    net_fen: what it holds of the session's money, net of refunds that it bears; credited_fen: of
    what its households were credited, the session's part.
    """

    pool: SalesPool | None
    households: int
    net_fen: int
    credited_fen: int


@dataclass(frozen=True)
class Pools:
    """The sales pools that a session sold from, small ones merged, and their sums."""

    rows: Sequence[PoolRow]
    net_fen: int
    credited_fen: int


def pools_of(session: LiveSession) -> Pools:
    """What a session brought each sales pool. Five queries, however many there are."""
    net: dict[int, int] = dict(query(IN_POOLS, session))
    seller = (session.campaign_id, session.pk)
    credited = credits_by_seller(list(net)).get(seller, {}) if net else {}
    rows = [
        PoolRow(pool, households, net[pool.pk], credited.get(pool.pk, 0))
        for pool, households in _with_households(net)
    ]
    return Pools(
        merged(rows), sum(row.net_fen for row in rows), sum(row.credited_fen for row in rows)
    )


def _with_households(net: Mapping[int, int]) -> Iterable[tuple[SalesPool, int]]:
    """The sales pools by cooperative and day, each with how many households delivered to it."""
    counts = dict(
        Lot.objects.filter(sales_pool__in=net)
        .order_by()
        .values_list("sales_pool")
        .annotate(Count("household", distinct=True))
    )
    pools = SalesPool.objects.filter(pk__in=net).select_related("pool__partner", "pool__produce")
    for pool in pools.order_by("pool__partner__code", "pool__produce__code", "starts_on"):
        yield pool, counts.get(pool.pk, 0)


def merged(rows: Sequence[PoolRow]) -> list[PoolRow]:
    """The rows, with those of fewer than three households together as one at the end.

    If even together they are fewer, the next smallest joins them: else its row, taken from the
    total, would tell theirs.
    """
    small = sorted(rows, key=lambda row: row.households)
    count = sum(row.households < FEWEST for row in rows)
    while count and count < len(small) and sum(row.households for row in small[:count]) < FEWEST:
        count += 1
    hidden = small[:count]
    if not hidden:
        return list(rows)
    together = PoolRow(
        None,
        sum(row.households for row in hidden),
        sum(row.net_fen for row in hidden),
        sum(row.credited_fen for row in hidden),
    )
    return [row for row in rows if row not in hidden] + [together]
