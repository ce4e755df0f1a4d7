"""The produce list in memory: which produce match, how many more of each filter, in what order.

Each value of a filter is one integer whose bit n says whether the produce at place n has it. Then
combining filters is AND and OR, and counting is counting bits: as quick for 20,000 produce as
drawing the page. Nothing here is shown: what a card says is read from the database (ADR 0015).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any

from storefront.listing.asking import PACK_BANDS, PRICE_BANDS, Asked, Known
from storefront.listing.orders import MOST_MOVES, Orders, pack_band, price_band
from storefront.listing.rows import Kind, Place, Row

# Facets that are a property of the produce; price, pack and stock are properties of one pack.
OF_PRODUCE = ("category", "season", "gi", "county", "village", "delivery")
FACETS = (*OF_PRODUCE, "price", "pack", "stock")
Key = tuple[str, Any]


@dataclass(frozen=True)
class Answer:
    """What was found: ids of the page's produce in their order, and {facet: {value: how many}}.

    A facet's counts leave its own choice aside. `dropping`: how many there would be without each
    filter that is on, where nothing was found.
    """

    total: int
    page: int
    pages: int
    ids: list[int]
    counts: dict[str, dict[Any, int]]
    dropping: dict[Key, int]


def _bits(places: Iterable[int], size: int) -> int:
    """An integer with these bits set."""
    found = bytearray(size // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


class Shelf:
    """All produce on sale, ready to be asked. Not for two threads at once."""

    def __init__(
        self,
        rows: Iterable[Row],
        places: Mapping[int, Place],
        kinds: Mapping[int, Kind],
        sold: Mapping[int, int],
        month: int,
    ) -> None:
        self.rows: list[Row | None] = list(rows)
        self.places, self.kinds, self.month = places, kinds, month
        self.place_of = {row.pk: place for place, row in enumerate(self.rows) if row}
        self._free: list[int] = []
        self._orders = Orders(sold)
        found: dict[Key, set[int]] = defaultdict(set)
        for place, row in enumerate(self.rows):
            for key in self._keys(row):
                found[key].add(place)
        self.bits = {key: _bits(value, len(self.rows)) for key, value in found.items()}
        by_code = sorted(places.values(), key=lambda place: place.code)
        # {a key in an address: a place of that county, or the village}
        self.counties = {place.county_key: place for place in by_code}
        self.villages = {place.code: place for place in by_code}
        self.known = Known(
            categories={kind.slug: kind for kind in kinds.values()},
            counties={place.county_key: place.county for place in by_code},
            villages={place.code: place.village_key for place in by_code},
        )

    def _keys(self, row: Row | None) -> Iterator[Key]:
        """What a row is found by."""
        if row is None:
            return
        yield "all", None
        for category in self.kinds[row.category].within:
            yield "category", self.kinds[category].slug
        if row.in_season(self.month):
            yield "season", True
        if row.gi:
            yield "gi", True
        yield "delivery", row.temperature
        places = [self.places[partner] for partner in row.partners]
        yield from {("county", place.county_key) for place in places}
        yield from {("village", place.village_key) for place in places}
        for pack in row.packs:
            bands = price_band(pack.fen, pack.grams), pack_band(pack.grams)
            yield "any", bands
            if pack.here:
                yield "here", bands

    # Keeping up

    def put(self, pk: int, row: Row | None) -> None:
        """A produce as it is now; None: it is on sale no more."""
        place = self.place_of.get(pk)
        if place is None:
            if row is None:
                return
            place = self._new_place()
            self.place_of[pk] = place
        old = self.rows[place]
        if old == row:
            return
        before, after = set(self._keys(old)), set(self._keys(row))
        for key in before - after:
            self.bits[key] &= ~(1 << place)
        for key in after - before:
            self.bits[key] = self.bits.get(key, 0) | 1 << place
        self.rows[place] = row
        if row is None:
            del self.place_of[pk]
            self._free.append(place)
        self._orders.move(place, old, row)

    def expect(self, changes: int) -> None:
        """So many produce are about to be put."""
        if changes > MOST_MOVES:
            self._orders.forget()

    def _new_place(self) -> int:
        if self._free:
            return self._free.pop()
        self.rows.append(None)
        return len(self.rows) - 1

    def count_sold(self, sold: Mapping[int, int]) -> None:
        """What was sold lately, read anew."""
        if sold != self._orders.sold:
            self._orders.sold = sold
            self._orders.forget()

    # Answering

    def _get(self, facet: str, value: Any) -> int:
        return self.bits.get((facet, value), 0)

    def _wanted(self, asked: Asked) -> dict[str, list[Any]]:
        """{facet of the produce: the values that are asked for}."""
        wanted = {name: getattr(asked, name) for name in OF_PRODUCE}
        wanted["category"] = (asked.category,) if asked.category else ()
        for name in ("season", "gi"):
            wanted[name] = (True,) if wanted[name] else ()
        return {name: list(values) for name, values in wanted.items() if values}

    def _packs(self, asked: Asked, **instead: Any) -> int:
        """Produce with one pack that is of a price, of a size and, if asked for, in stock."""
        price, pack = instead.get("price", asked.price), instead.get("pack", asked.pack)
        stock = instead.get("stock", asked.stock)
        if not (price or pack or stock):
            return self._get("all", None)
        bands = [(one, two) for one in price or PRICE_BANDS for two in pack or PACK_BANDS]
        return reduce(or_, (self._get("here" if stock else "any", each) for each in bands), 0)

    def ask(self, asked: Asked, found: Sequence[int] | None, language: str, size: int) -> Answer:
        """The answer to a question; `found`: what its search found, best first.

        `language` ("zh" or "en") sorts the names; `size` is how many a page holds.
        """
        sieve = self._sieve(asked, found)
        total = sieve.matching.bit_count()
        pages = max(1, -(-total // size))
        page = min(asked.page, pages)
        order = self._order(asked, sieve, language)
        return Answer(
            total=total,
            page=page,
            pages=pages,
            ids=self._cut(order, (page - 1) * size, size),
            counts=self._counts(asked, sieve),
            dropping={} if total else self._dropping(asked, found),
        )

    def _sieve(self, asked: Asked, found: Sequence[int] | None) -> "Sieve":
        everything, ranked = self._get("all", None), None
        if found is not None:
            ranked = [self.place_of[pk] for pk in found if pk in self.place_of]
            everything &= _bits(ranked, len(self.rows))
        masks = {
            name: reduce(or_, (self._get(name, value) for value in values))
            for name, values in self._wanted(asked).items()
        }
        whole, others = everything, dict.fromkeys(masks, everything)
        for name, mask in masks.items():
            whole &= mask
            others = {each: bits if each == name else bits & mask for each, bits in others.items()}
        return Sieve(whole, others, self._packs(asked), ranked)

    def _counts(self, asked: Asked, sieve: "Sieve") -> dict[str, dict[Any, int]]:
        counts: dict[str, dict[Any, int]] = {name: {} for name in FACETS}
        whole = sieve.whole
        bases = {name: sieve.others.get(name, whole) & sieve.packs for name in OF_PRODUCE}
        for (name, value), bits in self.bits.items():
            if name in bases:
                counts[name][value] = (bases[name] & bits).bit_count()
        for name, values in (("price", PRICE_BANDS), ("pack", PACK_BANDS)):
            for value in values:
                counts[name][value] = (whole & self._packs(asked, **{name: (value,)})).bit_count()
        counts["stock"][True] = (whole & self._packs(asked, stock=True)).bit_count()
        return counts

    def _dropping(self, asked: Asked, found: Sequence[int] | None) -> dict[Key, int]:
        """How many there would be without each filter that is on, where there would be some."""
        filters = [*asked.filters, *([("category", asked.category)] if asked.category else [])]
        left = {
            (name, value): self._sieve(asked.without(name, value), found).matching.bit_count()
            for name, value in filters
        }
        return {key: total for key, total in left.items() if total}

    def _order(self, asked: Asked, sieve: "Sieve", language: str) -> Iterable[int]:
        """The places that match, in the order that is asked for."""
        if asked.sort == "best":
            if sieve.ranked is None:
                return self._best(asked, sieve.matching)
            return self._places(sieve.matching, ((None, place) for place in sieve.ranked))
        entries = self._orders.of(asked, language, self.rows)
        return self._places(sieve.matching, entries)

    def _best(self, asked: Asked, matching: int) -> Iterator[int]:
        """What can be had and is in season, what can be had, what is in season, the rest."""
        here, season = self._packs(asked, stock=True), self._get("season", True)
        entries = self._orders.of(Asked(), "", self.rows)
        for group in (here & season, here & ~season, season & ~here, ~here & ~season):
            yield from self._places(matching & group, entries)

    def _places(self, matching: int, entries: Iterable[tuple[Any, int]]) -> Iterator[int]:
        """The places whose bit is set, in this order."""
        if not matching:
            return
        flags = matching.to_bytes(len(self.rows) // 8 + 1, "little")
        for _, place in entries:
            if flags[place >> 3] >> (place & 7) & 1:
                yield place

    def _cut(self, order: Iterable[int], start: int, size: int) -> list[int]:
        """The ids of what stands in an order from one place to another."""
        rows = map(self.rows.__getitem__, islice(order, start, start + size))
        return [row.pk for row in rows if row]


@dataclass(frozen=True)
class Sieve:
    """What passes: all filters on produce, all but one of them, those on packs; a search's rank."""

    whole: int
    others: dict[str, int]
    packs: int
    ranked: list[int] | None

    @property
    def matching(self) -> int:
        return self.whole & self.packs
