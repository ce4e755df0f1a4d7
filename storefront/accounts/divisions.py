"""Provinces, cities, districts and streets of China (GB/T 2260), read when first asked for.

Provinces go by the short names of the freight table (cooperatives.routing.provinces). The source
of the data and its licence stand in data/README.md.
"""

import gzip
from functools import lru_cache
from pathlib import Path

from cooperatives.routing.provinces import PROVINCES

FILE = Path(__file__).parent / "data" / "divisions.txt.gz"
Tree = dict[str, dict[str, dict[str, str]]]


def short_province(name: str) -> str:
    """广西壮族自治区 → 广西; empty for what is no province."""
    return next((short for short in PROVINCES if name.startswith(short)), "")


@lru_cache(maxsize=1)
def tree() -> Tree:
    """{province: {city: {district: "its streets and towns, divided by spaces"}}}."""
    found: Tree = {}
    cities: dict[str, dict[str, str]] = {}
    districts: dict[str, str] = {}
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        for line in lines:
            text = line.rstrip("\n")
            if text.startswith("  "):
                district, _, towns_of = text[2:].partition(" ")
                districts[district] = towns_of
            elif text.startswith(" "):
                districts = cities[text[1:]] = {}
            else:
                cities = found[short_province(text)] = {}
    return found


def cities(province: str) -> list[str]:
    """The cities of a province; none where it is unknown or has no divisions here."""
    return list(tree().get(province, {}))


def districts(province: str, city: str) -> list[str]:
    """The districts and counties of a city."""
    return list(tree().get(province, {}).get(city, {}))


def towns(province: str, city: str, district: str) -> list[str]:
    """The streets and towns of a district."""
    return tree().get(province, {}).get(city, {}).get(district, "").split()


@lru_cache(maxsize=1)
def _provinces_of_cities() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for province, its_cities in tree().items():
        for city in its_cities:
            found.setdefault(city, set()).add(province)
    return found


def contradiction(province: str, city: str, district: str) -> str:
    """The level that cannot be where the address says: "city", "district" or "".

    Only what is known to lie elsewhere: a new district that is not in the data is no error.
    """
    homes = _provinces_of_cities().get(city)
    if homes and province not in homes:
        return "city"
    known = tree().get(province, {})
    elsewhere = city in known and district not in known[city]
    if elsewhere and any(district in others for others in known.values()):
        return "district"
    return ""
