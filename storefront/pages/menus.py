"""Menus out of the page tree, kept until a page changes.

Exactly so where pages are kept (storefront.speed), else in the cache and forgotten by signals.
"""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import transaction
from wagtail.models import Page

from catalog.models import in_language
from storefront.pages.models import BilingualPage, HomePage
from storefront.pages.selectors import address_of
from storefront.speed.watching import CONTENT, remember

KEY = "shanhuo:menus"
# A reader who asked just before a change may have kept what was; not for longer than this.
SECONDS = 30


@dataclass(frozen=True)
class Entry:
    """A page in a menu."""

    title_zh: str
    title_en: str
    url: str

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)


def _read() -> dict[str, Any]:
    """{"top", "foot": entries; "kinds": {page type: address}}. A query, and one a page type."""
    home = HomePage.objects.live().order_by("path").first()
    found: dict[str, Any] = {"top": [], "foot": [], "kinds": {}}
    if home is None:
        return found
    for page in Page.objects.live().public().child_of(home).order_by("path").specific():
        url = address_of(page.url_path)
        found["kinds"].setdefault(type(page).__name__, url)
        if not isinstance(page, BilingualPage):
            continue
        entry = Entry(page.title, page.title_en, url)
        if page.show_at_top:
            found["top"].append(entry)
        if page.show_in_menus:
            found["foot"].append(entry)
    return found


def _cached() -> dict[str, Any]:
    kept = cache.get(KEY)
    if kept is None:
        kept = _read()
        cache.set(KEY, kept, SECONDS)
    return kept


def _kept() -> dict[str, Any]:
    return remember(KEY, (CONTENT,), _read, otherwise=_cached)


def entries(place: str) -> list[Entry]:
    """The menu at the "top" or the "foot", in the tree's order."""
    return _kept()[place]


def address_of_kind(kind: str) -> str:
    """The address of the first live page of a type right below the first page; else empty."""
    return _kept()["kinds"].get(kind, "")


def forget(**_signal: Any) -> None:
    """A page was published, taken down, moved or deleted: read the menus anew."""
    transaction.on_commit(lambda: cache.delete(KEY))
