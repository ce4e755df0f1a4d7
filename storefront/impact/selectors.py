"""The public figures, as they were last counted, and what of a price reaches households.

Fen and numbers of orders and households; the words are the ladder's (DESIGN §6). The rows of each
table and `merged()` add up to `totals()`. Reading costs one query a minute, however large the
ledger is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache

from catalog.clock import today
from catalog.models import Produce, in_language
from catalog.places import joined, place_name
from cooperatives.partner.models import StockRecord
from cooperatives.settlement.periods import NoCreditRule, Rules
from storefront.impact.models import PUBLISHED, Publication
from storefront.speed.recording import shows_figures
from storefront.speed.watching import FIGURES, remember

WHOLE = 10_000
KEEP_SECONDS = 60
EMPTY: dict[str, Any] = {
    "totals": dict.fromkeys(
        ("sold", "net", "settled", "credited", "paid_out", "orders", "households"), 0
    ),
    "merged": [0, 0, 0],
    "villages": [],
    "months": [],
    "campaigns": [],
}


@dataclass(frozen=True)
class Totals:
    """The whole shop. `households` is None as long as none was credited.

    sold_fen: placed and paid, of the goods that are packed, without freight; net_fen: net of
    refunds; settled_fen: settled by the platform; credited_fen: to households; paid_out_fen.
    """

    sold_fen: int
    net_fen: int
    settled_fen: int
    credited_fen: int
    paid_out_fen: int
    orders: int
    households: int | None
    villages: int
    # None: nothing was counted yet.
    as_of: datetime | None


@dataclass(frozen=True)
class Row:
    """One row of a table: paid, net of refunds, credited to households, in fen."""

    sold_fen: int
    net_fen: int
    credited_fen: int
    # None in the merged row: of it only sums are told.
    orders: int | None = None


@dataclass(frozen=True)
class VillageRow(Row):
    """A village: its name, county, cooperatives (ids, and names in the reader's language)."""

    village: str = ""
    county: str = ""
    partners: tuple[int, ...] = ()
    cooperatives: tuple[str, ...] = ()
    households: int = 0

    @property
    def place(self) -> str:
        """Village and county."""
        return joined(self.county, self.village, separator=" ")


@dataclass(frozen=True)
class MonthRow(Row):
    """A month of Shanghai, by its first day. `finished`: its figures stay as they are."""

    month: date = date.min
    finished: bool = False

    @property
    def name(self) -> str:
        return f"{self.month:%Y-%m}"


@dataclass(frozen=True)
class CampaignRow(Row):
    """A campaign; without one (`campaign_id` None), what no campaign sold."""

    campaign_id: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Share:
    """Of each 10,000 parts of the goods' price, how many reach households: from, to."""

    low_bps: int
    high_bps: int


def _kept(key: str, make: Callable[[], Any]) -> Any:
    found = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEEP_SECONDS)
    return found


def _published() -> dict[str, Any]:
    def read() -> dict[str, Any]:
        row = Publication.objects.first()
        return {**row.figures, "as_of": row.counted_at} if row else {**EMPTY, "as_of": None}

    shows_figures()
    return remember(PUBLISHED, (FIGURES,), read, otherwise=lambda: _kept(PUBLISHED, read))


def totals() -> Totals:
    """The whole shop's figures, those of merged groups included."""
    found = _published()
    sums = found["totals"]
    return Totals(
        sold_fen=sums["sold"],
        net_fen=sums["net"],
        settled_fen=sums["settled"],
        credited_fen=sums["credited"],
        paid_out_fen=sums["paid_out"],
        orders=sums["orders"],
        households=sums["households"] or None,
        villages=len(found["villages"]),
        as_of=found["as_of"],
    )


def _ladder(row: dict[str, Any]) -> dict[str, Any]:
    """The figures that every row has."""
    sold, net, credited = row["figures"]
    return {"sold_fen": sold, "net_fen": net, "credited_fen": credited, "orders": row["orders"]}


def by_village() -> list[VillageRow]:
    """The villages, the most sold first. Groups of fewer than 3 households: see `merged()`."""
    return [
        VillageRow(
            **_ladder(row),
            village=place_name(row["village"], row.get("village_en", "")),
            county=place_name(row["county"], row.get("county_en", "")),
            partners=tuple(row["partners"]),
            cooperatives=tuple(
                in_language(zh, en) for zh, en in zip(row["names_zh"], row["names_en"], strict=True)
            ),
            households=row["households"],
        )
        for row in _published()["villages"]
    ]


def by_month() -> list[MonthRow]:
    """The months from the first sale on, the oldest first; months without any are rows of zeros.

    A sale is in the month in which it was packed, a refund in that of its decision, a credit in
    that of its sharing-out: a finished month stays as it is.
    """
    found = {row["month"]: row for row in _published()["months"]}
    if not found:
        return []
    this_month, month = today().replace(day=1), date.fromisoformat(f"{min(found)}-01")
    last = max(this_month, date.fromisoformat(f"{max(found)}-01"))
    result = []
    while month <= last:
        row = found.get(f"{month:%Y-%m}", {"figures": [0, 0, 0], "orders": 0})
        result.append(MonthRow(**_ladder(row), month=month, finished=month < this_month))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return result


def by_campaign() -> list[CampaignRow]:
    """The campaigns, the most sold first; last, without a campaign, what none of them sold."""
    return [
        CampaignRow(
            **_ladder(row),
            campaign_id=row["campaign"],
            name=in_language(row["name_zh"], row["name_en"]),
        )
        for row in _published()["campaigns"]
    ]


def merged() -> Row:
    """All that belongs to groups of fewer than 3 households, together; zeros if there is none."""
    return Row(*_published()["merged"])


def household_share(produce: Produce) -> Share | None:
    """What of the goods' price reaches households, by the credit rules that hold today.

    The lowest and the highest among the cooperatives that sell it; None if none sells it, or one
    of them has no rule. Refunds that a sales pool bears come off before.
    """

    def read() -> tuple[int, int] | None:
        sellers = set(
            StockRecord.objects.filter(product__produce=produce, pool__isnull=False).values_list(
                "partner_id", flat=True
            )
        )
        rules = Rules(sellers)
        try:
            valid = [rules.on(partner_id, produce.pk, today()) for partner_id in sellers]
        except NoCreditRule:
            return None
        shares = [WHOLE - rule.fee_bps - rule.fund_bps for rule in valid]
        return (min(shares), max(shares)) if shares else None

    found = _kept(f"impact:share:{produce.pk}:{today()}", lambda: (read(),))[0]
    return Share(*found) if found else None


COLUMNS = ("table", "row", "sold_fen", "net_fen", "credited_fen", "orders", "households")


def as_rows() -> list[tuple[Any, ...]]:
    """Every row of every table, as COLUMNS names its figures; empty where nothing is told."""

    def line(table: str, name: str, row: Row | Totals, households: int | str = "") -> tuple:
        orders = "" if row.orders is None else row.orders
        return (table, name, row.sold_fen, row.net_fen, row.credited_fen, orders, households)

    found, rest = totals(), merged()
    result = [line("total", "", found, found.households or 0)]
    result += [line("village", row.place, row, row.households) for row in by_village()]
    result += [line("month", f"{row.month:%Y-%m}", row) for row in by_month()]
    result += [line("campaign", row.name, row) for row in by_campaign()]
    return [*result, line("merged", "", rest)]


def as_data() -> dict[str, Any]:
    """All public figures, for programs."""
    found = totals()
    return {
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "unit": "fen",
        "ladder": {
            "placed_and_paid": found.sold_fen,
            "net_of_refunds": found.net_fen,
            "settled_by_the_platform": found.settled_fen,
            "credited_to_households": found.credited_fen,
            "paid_out": found.paid_out_fen,
        },
        "rows": [dict(zip(COLUMNS, row, strict=True)) for row in as_rows()],
    }
