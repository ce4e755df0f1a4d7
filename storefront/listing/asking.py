"""What a visitor asks of the produce list, read from an address and written back to one.

There is one address for each question: the parameters in a fixed order, values sorted, nothing
that is empty or the default. What can't be read is left out and said in words, never an error.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Produce

LONGEST_QUERY = 100
LONGEST_ECHO = 30
LAST_PAGE = 999_999
# Bounds of what stands in the address: yuan for one 斤, and 斤 in a pack; the upper one is outside.
PRICE_BANDS = {
    "0-5": (0, 5),
    "5-10": (5, 10),
    "10-20": (10, 20),
    "20-50": (20, 50),
    "50-": (50, None),
}
PACK_BANDS = {"0-1": (0, 1), "1-3": (1, 3), "3-5": (3, 5), "5-10": (5, 10), "10-": (10, None)}
SORTS = {
    "best": _("Best first"),
    "cheap": _("Price per jin, low to high"),
    "dear": _("Price per jin, high to low"),
    "sold": _("Most sold"),
    "new": _("Newest"),
    "name": _("Name"),
}
# Facets of several values, and those that are on or off (their value when on).
SEVERAL = ("county", "village", "price", "pack", "delivery")
SWITCHES = {"season": "now", "gi": "yes", "stock": "yes"}


@dataclass(frozen=True)
class Asked:
    """A question to the produce list. The fields stand in the order of the address."""

    q: str = ""
    category: str = ""
    season: bool = False
    stock: bool = False
    gi: bool = False
    county: tuple[str, ...] = ()
    village: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    pack: tuple[str, ...] = ()
    delivery: tuple[str, ...] = ()
    sort: str = "best"
    page: int = 1

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """The address's parameters."""
        for each in fields(self):
            value = getattr(self, each.name)
            if value == each.default:
                continue
            if each.name in SWITCHES:
                yield each.name, SWITCHES[each.name]
            elif isinstance(value, tuple):
                for one in value:
                    yield each.name, one
            else:
                yield each.name, str(value)

    @property
    def query(self) -> str:
        """The address's query, without its question mark; empty for the whole list."""
        return urlencode(list(self))

    def but(self, **changes: Any) -> "Asked":
        """The same question with some parts changed, at its first page."""
        return replace(self, **{"page": 1, **changes})

    def without(self, facet: str, value: str) -> "Asked":
        """The same question with one filter taken off."""
        if facet in SEVERAL:
            kept = tuple(one for one in getattr(self, facet) if one != value)
            return self.but(**{facet: kept})
        return self.but(
            **{facet: next(each.default for each in fields(self) if each.name == facet)}
        )

    @property
    def filters(self) -> list[tuple[str, str]]:
        """(facet, value) of each filter that is on, the category and the search left out."""
        return [(name, value) for name, value in self if name in SEVERAL or name in SWITCHES]


@dataclass
class Known:
    """The values of facets that are data. `villages`: {any code that means it: its own code}."""

    categories: Mapping[str, Any] = field(default_factory=dict)
    counties: Mapping[str, str] = field(default_factory=dict)
    villages: Mapping[str, str] = field(default_factory=dict)


class UnknownCategory(LookupError):
    """The address names a category that there is not (any more)."""


def clean_query(text: str) -> str:
    """A search as it is looked up and shown: no control characters, single spaces, not too long."""
    text = "".join(
        " " if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") else each
        for each in text[: 20 * LONGEST_QUERY]
    )
    return " ".join(text.split())[:LONGEST_QUERY].strip()


def _echo(value: str) -> str:
    """A stranger's value as it may be repeated."""
    value = clean_query(value)
    return value if len(value) <= LONGEST_ECHO else f"{value[:LONGEST_ECHO]}…"


def _page(text: str) -> int:
    """A page's number; one that can't be means the last one, what is no number the first."""
    if not re.fullmatch(r"-?[0-9]+", text, re.ASCII):
        return 1
    number = int(text) if len(text) < 7 else LAST_PAGE
    return number if number > 0 else LAST_PAGE


def _allowed(name: str, known: Known) -> Mapping[str, str]:
    """{what an address may say: what it means} of a facet of several values."""
    match name:
        case "county":
            return {each: each for each in known.counties}
        case "village":
            return known.villages
        case "price":
            return {each: each for each in PRICE_BANDS}
        case "pack":
            return {each: each for each in PACK_BANDS}
    return {each: each for each in Produce.Temperature.values}


def read(given: QueryDict, known: Known) -> tuple[Asked, list[str]]:
    """The question in an address, and in words what of it was left out.

    Raises UnknownCategory. A page too far is for the list itself to say.
    """
    ignored: list[str] = []
    parts: dict[str, Any] = {}
    for name in SEVERAL:
        allowed = _allowed(name, known)
        values = [value for value in given.getlist(name) if value]
        ignored += [value for value in values if value not in allowed]
        meant = {allowed[value] for value in values if value in allowed}
        order = {value: place for place, value in enumerate(allowed.values())}
        parts[name] = tuple(sorted(meant, key=order.__getitem__))
    for name, on in SWITCHES.items():
        value = given.get(name, "")
        parts[name] = value == on
        ignored += [value] if value not in ("", on) else []
    parts["category"] = given.get("category", "")
    if parts["category"] and parts["category"] not in known.categories:
        raise UnknownCategory(parts["category"])
    sort = given.get("sort") or "best"
    ignored += [sort] if sort not in SORTS else []
    parts["sort"] = sort if sort in SORTS else "best"
    parts["q"] = clean_query(given.get("q", ""))
    page = given.get("page", "")
    parts["page"] = _page(page)
    ignored += [page] if page and not re.fullmatch(r"-?[0-9]+", page, re.ASCII) else []
    said = [
        gettext("“%(value)s” is no filter that we know, so it is left out.")
        % {"value": _echo(value)}
        for value in dict.fromkeys(ignored[:3])
    ]
    if len(" ".join(given.get("q", "").split())) > LONGEST_QUERY:
        said.append(gettext("Your search was very long: only its beginning is used."))
    return Asked(**parts), said
