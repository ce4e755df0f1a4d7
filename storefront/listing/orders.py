"""The orders in which the produce list can be read, kept sorted while produce change."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from pypinyin import lazy_pinyin

from catalog.numbers import GRAMS_PER_JIN
from storefront.listing.asking import PACK_BANDS, PRICE_BANDS, Asked
from storefront.listing.rows import Pack, Row

FEN_PER_YUAN = 100
# Price per gram as an integer, fine enough that two different ones never look alike.
FINE = 10**9
# Orders by the price of certain packs are many: above this all are sorted anew when asked for.
MOST_KEPT = 40
# Putting more changes than this into each order takes longer than sorting it.
MOST_MOVES = 50
KeyOf = Callable[[Row], Any]


@cache
def price_band(fen: int, grams: int) -> str:
    """Where the price of one 斤 lies; exact, no rounding."""
    for name, (_, high) in PRICE_BANDS.items():
        if high is None or fen * GRAMS_PER_JIN < high * FEN_PER_YUAN * grams:
            return name
    raise AssertionError("the last band is open")


@cache
def pack_band(grams: int) -> str:
    """Where the weight of a pack lies."""
    for name, (_, high) in PACK_BANDS.items():
        if high is None or grams < high * GRAMS_PER_JIN:
            return name
    raise AssertionError("the last band is open")


def fits(asked: Asked, pack: Pack) -> bool:
    """Whether a pack is one that was asked for."""
    return (
        (pack.here or not asked.stock)
        and (not asked.price or price_band(pack.fen, pack.grams) in asked.price)
        and (not asked.pack or pack_band(pack.grams) in asked.pack)
    )


def fine_price(packs: Iterable[Pack]) -> int | None:
    """The price by weight of the pack on a card: the cheapest that can be had, or of all."""
    best: Pack | None = None
    for pack in packs:
        if best is None or (not pack.here, pack.fen) < (not best.here, best.fen):
            best = pack
    return best.fen * FINE // best.grams if best else None


@cache
def _sound(name: str) -> str:
    """A Chinese name by its sound."""
    return " ".join(lazy_pinyin(name))


def _by_price(asked: Asked) -> KeyOf:
    """By the price of the pack on the card, which is one that was asked for."""
    narrow, sign = asked.price or asked.pack, -1 if asked.sort == "dear" else 1

    def key(row: Row) -> Any:
        packs = [pack for pack in row.packs if fits(asked, pack)] if narrow else row.packs
        price = fine_price(packs)
        return None if price is None else (sign * price, row.code)

    return key


class Orders:
    """Orders that were asked for, each sorted once and then kept so."""

    def __init__(self, sold: Mapping[int, int]) -> None:
        self.sold = sold
        self._kept: dict[Any, tuple[KeyOf, list[tuple[Any, int]]]] = {}

    def forget(self) -> None:
        """Sort anew when asked."""
        self._kept.clear()

    def of(self, asked: Asked, language: str, rows: Iterable[Row | None]) -> list[tuple[Any, int]]:
        """(key, place) of all rows in the order of a question, "best" meaning by code."""
        name: Any = asked.sort
        if asked.sort == "name":
            name = f"name_{language}"
        elif asked.sort in ("cheap", "dear") and (asked.price or asked.pack):
            name = (asked.sort, asked.price, asked.pack, asked.stock)
        if name not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self.forget()
            key = self._key(asked, language)
            entries = [(key(row), place) for place, row in enumerate(rows) if row]
            self._kept[name] = key, sorted(entry for entry in entries if entry[0] is not None)
        return self._kept[name][1]

    def _key(self, asked: Asked, language: str) -> KeyOf:
        match asked.sort:
            case "cheap" | "dear":
                return _by_price(asked)
            case "sold":
                return lambda row: (-self.sold.get(row.pk, 0), row.code)
            case "new":
                return lambda row: -row.pk
            case "name" if language == "en":
                return lambda row: ((row.name_en or row.name_zh).casefold(), row.code)
            case "name":
                return lambda row: (_sound(row.name_zh), row.name_zh, row.code)
        return lambda row: row.code

    def move(self, place: int, old: Row | None, new: Row | None) -> None:
        """The produce at a place is another now, or none."""
        for key, entries in self._kept.values():
            before = key(old) if old else None
            after = key(new) if new else None
            if before == after:
                continue
            if before is not None:
                del entries[bisect_left(entries, (before, place))]
            if after is not None:
                insort(entries, (after, place))
