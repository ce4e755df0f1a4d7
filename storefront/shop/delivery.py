"""What some packs cost to send, and when they arrive, before anything is in a basket."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.text import slugify

from catalog.clock import day_of, now, today
from catalog.models import Product, in_language
from cooperatives.partner.models import Partner, StockPool
from cooperatives.partner.picking import ready_on
from cooperatives.routing.freight import Rates, cost
from cooperatives.routing.models import FreightRate
from cooperatives.routing.provinces import PROVINCES
from cooperatives.routing.route import Part, Standing, TooLittle, Want

# Nothing leaves on the day it was ordered: it is packed first.
PACKING = timedelta(days=1)
SLUGS = {slugify(en): zh for zh, en in PROVINCES.items()}


@dataclass(frozen=True)
class Choice:
    """A province to choose: its name in addresses of pages, and on the page."""

    slug: str
    name: str


def choices() -> list[Choice]:
    """All provinces, in the order of GB/T 2260."""
    return [Choice(slug, in_language(zh, f"{PROVINCES[zh]} {zh}")) for slug, zh in SLUGS.items()]


@dataclass(frozen=True)
class Terms:
    """How the freight of some cooperatives grows with the weight."""

    partners: list[Partner]
    rate: FreightRate


@dataclass(frozen=True)
class Days:
    """When it leaves, at the latest, when it may arrive, and the days between (least, most).

    `picked`: it is picked only once it is ordered.
    """

    leaves: date
    first: date
    last: date
    transit: tuple[int, int]
    picked: bool


@dataclass(frozen=True)
class Delivery:
    """Freight and arrival of some packs. Amounts in fen, days in Shanghai.

    `province` is a slug, empty where it is not known: then the figures are the least and the most
    of all provinces. `packers` are who would pack now; another one may when the order is placed,
    so `low_fen` and `high_fen` hold for each that could. None: we do not deliver there. `left` is
    set when there are fewer packs than wanted, and the figures are for those. No days when there
    are none.
    """

    province: str
    pack: Product
    packs: int
    left: int | None
    grams: int
    packers: list[Partner]
    low_fen: int | None
    high_fen: int | None
    now_fen: int | None
    terms: list[Terms] = field(default_factory=list)
    days: Days | None = None

    @property
    def name(self) -> str:
        """The province's name on the page."""
        zh = SLUGS.get(self.province, "")
        return in_language(zh, PROVINCES.get(zh, ""))

    @property
    def varies(self) -> bool:
        return self.low_fen != self.high_fen

    @property
    def is_free(self) -> bool:
        return self.high_fen == 0

    @property
    def several_packers(self) -> bool:
        return len(self.packers) > 1


def delivery(
    pack: Product,
    packs: int,
    province: str,
    standing: Standing,
    sellers: Mapping[int, Partner],
    pools: Mapping[int, StockPool],
) -> Delivery:
    """Freight and arrival of packs of one product to a province's slug ("" = not known).

    `standing` is of (at least) this product; `sellers` and `pools` are its cooperatives and stock
    pools by their ids. The freight is what quote() would charge for these packs alone, the days
    are what the order page would say. Two queries, one when there is nothing to send.
    """
    assert pack.net_grams is not None
    left = standing.available(pack.pk)
    sent = min(packs, left) or packs
    try:
        parts = standing.route([Want(pack.pk, sent)])
    except TooLittle:
        parts = []
    grams = sent * pack.net_grams
    # Who could pack: as it stands now, or alone, should others have sold more by then.
    ways: list[Mapping[int, int]] = [_grams_of(parts)] if parts else []
    alone = standing.whole(pack.pk, sent) or ([] if parts else sellers)
    ways += [{partner_id: grams} for partner_id in alone]
    chosen = SLUGS.get(province, "")
    rates = Rates(sellers, [chosen] if chosen else None)
    goals = [chosen] if chosen else list(PROVINCES)
    sums = [
        total for goal in goals for way in ways if (total := _fen(rates, way, goal)) is not None
    ]
    now_fen = _fen(rates, ways[0], chosen) if chosen and ways else None
    if chosen and now_fen is None:
        sums = []
    packers = [sellers[partner_id] for partner_id in (_grams_of(parts) if parts else [])]
    return Delivery(
        province=province if chosen else "",
        pack=pack,
        packs=sent,
        left=left if left < packs else None,
        grams=grams,
        packers=packers,
        low_fen=min(sums, default=None),
        high_fen=max(sums, default=None),
        now_fen=now_fen if parts else None,
        terms=_terms(rates, packers or list(sellers.values()), chosen) if chosen else [],
        days=_days(parts, rates, goals, pools) if parts and sums else None,
    )


def _grams_of(parts: Sequence[Part]) -> dict[int, int]:
    """{cooperative: grams of its parcel}."""
    grams: dict[int, int] = {}
    for part in parts:
        grams[part.partner_id] = grams.get(part.partner_id, 0) + part.grams
    return grams


def _fen(rates: Rates, way: Mapping[int, int], province: str) -> int | None:
    """The freight of one parcel of each cooperative; None where one of them has no rate."""
    total = 0
    for partner_id, grams in way.items():
        rate = rates.to(partner_id, province)
        if rate is None:
            return None
        total += cost(rate, grams)
    return total


def _terms(rates: Rates, partners: Iterable[Partner], province: str) -> list[Terms]:
    """How the freight grows, once for all cooperatives whose rates say the same."""
    found: dict[tuple[int, int, int, int], Terms] = {}
    for partner in partners:
        rate = rates.to(partner.pk, province)
        if rate is not None:
            key = (rate.first_grams, rate.first_fen, rate.step_grams, rate.step_fen)
            found.setdefault(key, Terms([], rate)).partners.append(partner)
    return list(found.values())


def _days(
    parts: Sequence[Part], rates: Rates, goals: Iterable[str], pools: Mapping[int, StockPool]
) -> Days:
    """When all of it may arrive.

    It leaves when it is picked and packed, at the latest within ship-within of the order, as its
    consignments will say; then come the days that the carrier needs.
    """
    ready = ready_on({pools[part.pool_id]: part.grams for part in parts})
    earliest = today() + PACKING
    # Of one produce, and so with one ship-within.
    latest = day_of(now() + timedelta(hours=parts[0].ship_within_hours))
    first, last, transit = [], [], []
    for part in parts:
        leaves = min(latest, max(earliest, ready.get(part.pool_id, latest)))
        found = [rate for goal in goals if (rate := rates.to(part.partner_id, goal)) is not None]
        days = [rate.transit_days for rate in found]
        transit += days
        first.append(leaves + timedelta(days=min(days)))
        last.append(latest + timedelta(days=max(days)))
    return Days(
        leaves=latest,
        first=min(first),
        last=max(last),
        transit=(min(transit), max(transit)),
        picked=any(ready.get(part.pool_id) != today() for part in parts),
    )
