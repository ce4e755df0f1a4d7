"""What the produce list knows of each produce, read in one query."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from catalog.clock import now, today
from catalog.models import in_language
from catalog.places import joined, place_name
from cooperatives.partner.selectors import PICKING, SELLABLE, WILLING

SOLD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack on sale. `here`: at least one of it can be bought now."""

    grams: int
    fen: int
    here: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A produce in the list. `picks`: it is also sold ahead of its harvest, day by day."""

    pk: int
    code: str
    name_zh: str
    name_en: str
    category: int
    season: tuple[int, int]
    temperature: str
    gi: bool
    ship_within_hours: int
    picks: bool
    packs: tuple[Pack, ...]
    partners: tuple[int, ...]

    @property
    def here(self) -> bool:
        return any(pack.here for pack in self.packs)

    def in_season(self, month: int) -> bool:
        """Whether a month lies in the season, as Produce.in_season() says."""
        first, last = self.season
        if first <= last:
            return first <= month <= last
        return month >= first or month <= last


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cooperative is. `county_key` and `village_key` stand in addresses."""

    code: str
    county_key: str
    village_key: str
    county: str
    village: str
    county_en: str = ""
    village_en: str = ""

    @property
    def county_name(self) -> str:
        return place_name(self.county, self.county_en)

    @property
    def name(self) -> str:
        """Village and county in the page's language."""
        village = place_name(self.village, self.village_en)
        return joined(self.county_name, village) or self.code


@dataclass(frozen=True, slots=True)
class Kind:
    """A category, and the ids of those that it lies in, itself included."""

    pk: int
    slug: str
    name_zh: str
    name_en: str
    within: tuple[int, ...]

    @property
    def display_name(self) -> str:
        return in_language(self.name_zh, self.name_en)


# A pack's availability is that of available_packs(): a willing cooperative's pool holds one.
ROWS = f"""
    SELECT produce.id, produce.code, produce.name_zh, produce.name_en, produce.category_id,
           produce.season_from, produce.season_to, produce.temperature,
           produce.gi_certificate <> '', produce.ship_within_hours,
           product.net_grams, (product.offer_price * 100)::bigint,
           coalesce(bool_or({WILLING} AND {SELLABLE} >= product.net_grams), false),
           bool_or(picking.taken IS NOT NULL),
           array_agg(record.partner_id)
      FROM catalogue_product product
      JOIN catalogue_produce produce ON produce.id = product.produce_id
      JOIN partner_stockrecord record ON record.product_id = product.id
      LEFT JOIN partner_stockpool pool ON pool.id = record.pool_id
      {PICKING}
     WHERE product.is_public AND (%(ids)s::bigint[] IS NULL OR produce.id = ANY(%(ids)s))
     GROUP BY produce.id, product.id
     ORDER BY produce.id, product.net_grams, product.id
"""  # noqa: S608  the parts are constants
# What was paid for and not cancelled, in packs.
SOLD = """
    SELECT product.produce_id, sum(line.packs - line.cancelled_packs)::bigint
      FROM routing_consignmentline line
      JOIN routing_consignment consignment ON consignment.id = line.consignment_id
      JOIN catalogue_product product ON product.id = line.product_id
     WHERE consignment.paid_at >= %(since)s AND product.produce_id IS NOT NULL
     GROUP BY product.produce_id
"""
# What is needed beside the rows, as JSON: one query.
BESIDE = f"""
    SELECT (SELECT coalesce(json_agg(json_build_array(id, code, county_code, county, village,
                                                       county_en, village_en)
                                     ORDER BY code), '[]') FROM partner_partner),
           (SELECT coalesce(json_agg(json_build_array(id, path, slug, name, name_en)
                                     ORDER BY path), '[]') FROM catalogue_category),
           (SELECT coalesce(json_agg(json_build_array(produce_id, packs)), '[]')
              FROM ({SOLD}) sold (produce_id, packs))
"""  # noqa: S608  the parts are constants


def _row(found: Sequence[tuple]) -> Row:
    """One produce from the rows of its packs."""
    one = found[0]
    pk, code, name_zh, name_en, category = one[:5]
    return Row(
        pk=pk,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        category=category,
        season=(one[5], one[6]),
        temperature=one[7],
        gi=one[8],
        ship_within_hours=one[9],
        picks=any(each[13] for each in found),
        packs=tuple(Pack(*each[10:13]) for each in found),
        partners=tuple(sorted({partner for each in found for partner in each[14]})),
    )


def read_rows(ids: Iterable[int] | None = None) -> Iterator[Row]:
    """The rows of these produce, of all when None. One that nobody sells has none. One query."""
    given = None if ids is None else list(ids)
    with connection.cursor() as cursor:
        cursor.execute(ROWS, {"ids": given, "now": now(), "today": today()})
        for _, found in groupby(cursor.fetchall(), key=lambda each: each[0]):
            yield _row(list(found))


def read_beside() -> tuple[dict[int, Place], dict[int, Kind], dict[int, int]]:
    """Where each cooperative is, the categories, and what was sold lately, by id. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BESIDE, {"since": now() - timedelta(days=SOLD_DAYS)})
        places, kinds, sold = cursor.fetchone()
    return _places(places), _kinds(kinds), dict(sold)


def _places(found: Sequence[Sequence]) -> dict[int, Place]:
    """Cooperatives of one village share the key of the first."""
    first: dict[Any, str] = {}
    places = {}
    for pk, code, county_code, county, village, *english in found:
        county_key = county_code or county
        village_key = first.setdefault((county_key, village) if village else code, code)
        places[pk] = Place(code, county_key, village_key, county, village, *english)
    return places


def _kinds(found: Sequence[Sequence]) -> dict[int, Kind]:
    by_path = {path: pk for pk, path, *_ in found}
    return {
        pk: Kind(pk, slug, zh, en, tuple(by_path[path[:end]] for end in _ends(path)))
        for pk, path, slug, zh, en in found
    }


def _ends(path: str) -> range:
    """Where the paths end of the categories that a category lies in: treebeard's four a step."""
    return range(4, len(path) + 1, 4)


def read_sold() -> dict[int, int]:
    """Packs sold of each produce in the last 30 days, by its id."""
    with connection.cursor() as cursor:
        cursor.execute(SOLD, {"since": now() - timedelta(days=SOLD_DAYS)})
        return dict(cursor.fetchall())
