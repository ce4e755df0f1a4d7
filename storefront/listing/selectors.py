"""What the produce list shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from catalog.models import Produce, Product
from cooperatives.partner.models import Partner
from storefront.listing import keeper
from storefront.listing.asking import PACK_BANDS, PRICE_BANDS, SORTS, SWITCHES, Asked, read
from storefront.listing.orders import fits
from storefront.listing.rows import Kind, Pack
from storefront.listing.shelf import Answer, Shelf
from storefront.search.selectors import did_you_mean
from storefront.search.selectors import found as search
from storefront.shop.selectors import Card, cards
from storefront.shop.templatetags.shop import weight
from storefront.speed.recording import shows_all_produce

PER_PAGE = 24
# With fewer than this a search may have been misspelt.
FEW = 6
# In the shelf that an empty page offers.
PER_SHELF = 4
# Of a longer facet the rest is folded away; of very many villages the commonest are offered, and
# all of a county once it is chosen.
OPEN_VALUES = 8
MOST_VALUES = {"village": 40}
TITLES = {
    "price": gettext_lazy("Price per jin"),
    "pack": gettext_lazy("Pack size"),
    "county": gettext_lazy("County"),
    "village": gettext_lazy("Village"),
    "delivery": gettext_lazy("How it travels"),
}
SWITCH_LABELS = {
    "season": gettext_lazy("In season now"),
    "stock": gettext_lazy("In stock only"),
    "gi": gettext_lazy("Geographical indication"),
}
TRAVELS = {
    "ambient": pgettext_lazy("parcel", "At room temperature"),
    "chilled": pgettext_lazy("parcel", "Chilled"),
    "frozen": pgettext_lazy("parcel", "Frozen"),
}


@dataclass(frozen=True)
class Option:
    """One value of a facet: how many there are of it, and whether it is chosen."""

    name: str
    value: str
    label: str
    count: int
    chosen: bool

    @property
    def id(self) -> str:
        return f"filter-{self.name}-{self.value}"


@dataclass(frozen=True)
class Facet:
    """A filter of several values. What nobody chose and nothing has is left out."""

    name: str
    title: Any
    options: list[Option]

    @cached_property
    def first(self) -> list[Option]:
        """What stands open: the commonest, in their order, and all that is chosen."""
        return _commonest(self.options, OPEN_VALUES)

    @cached_property
    def rest(self) -> list[Option]:
        first = set(self.first)
        return [one for one in self.options if one not in first]


def _commonest(options: list[Option], most: int) -> list[Option]:
    """At most so many options, in their order, and all that are chosen."""
    if len(options) <= most:
        return options
    kept = set(sorted(options, key=lambda one: -one.count)[:most])
    return [one for one in options if one.chosen or one in kept]


@dataclass(frozen=True)
class Way:
    """A link to another question: its words, address, and how many there are where it leads."""

    label: str
    url: str
    count: int = 0
    chosen: bool = False


@dataclass(frozen=True)
class ListPage:
    """The produce list as it is shown."""

    asked: Asked
    cards: list[Card]
    shown: Page
    chosen: Kind | None
    title: str
    heading: str
    categories: list[Way]
    switches: list[Option]
    facets: list[Facet]
    chips: list[Way]
    clear_url: str
    sorts: list[Option]
    notices: list[str]
    meant: Way | None = None
    ways_on: list[Way] = field(default_factory=list)
    season_cards: list[Card] = field(default_factory=list)

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """(name, address) from the home page down, below all produce."""
        if not (self.chosen or self.asked.q):
            return []
        whole = (_("All produce"), reverse("shop:produce-list"))
        return [(_("Home"), "/"), whole, (self.heading, self.asked.query)]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the filters' form carries along: search and category."""
        return [(name, value) for name, value in self.asked if name in ("q", "category")]


def url_of(asked: Asked) -> str:
    """The one address of a question."""
    path = reverse("shop:produce-list")
    return f"{path}?{asked.query}" if asked.query else path


def village_url(partner: Partner) -> str:
    """The list of what a cooperative's village sells."""
    return url_of(Asked(village=(partner.code,)))


def list_page(given: QueryDict) -> ListPage:
    """The page that an address asks for. Raises UnknownCategory.

    Five queries, six with a search, eight when nothing is found; more when something changed.
    """
    shows_all_produce()
    language = "en" if (get_language() or "").startswith("en") else "zh"
    shelf = keeper.fresh()
    asked, notices = read(given, shelf.known)
    found = search(asked.q) if asked.q else None
    with keeper.lock:
        answer = shelf.ask(asked, found, language, PER_PAGE)
    if asked.page > answer.pages:
        notices.append(_("There is no such page: this is the last one."))
    return _drawn(shelf, replace(asked, page=answer.page), answer, notices, language)


def _drawn(
    shelf: Shelf, asked: Asked, answer: Answer, notices: list[str], language: str
) -> ListPage:
    chosen = shelf.known.categories.get(asked.category)
    heading = (
        _("Search: %(query)s") % {"query": asked.q}
        if asked.q
        else chosen.display_name
        if chosen
        else _("All produce")
    )
    chips = [
        Way(_label(shelf, name, value), url_of(asked.without(name, value)))
        for name, value in asked.filters
    ]
    filters = " · ".join(chip.label for chip in chips[:2])
    empty = not answer.total
    return ListPage(
        asked=asked,
        cards=_cards(answer.ids, asked),
        shown=Paginator(range(answer.total), PER_PAGE).page(answer.page),
        chosen=chosen,
        heading=heading,
        title=f"{heading} · {filters}" if filters else heading,
        categories=_categories(shelf, asked, answer),
        switches=_switches(asked, answer),
        facets=_facets(shelf, asked, answer),
        chips=chips,
        clear_url=url_of(Asked(q=asked.q, category=asked.category, sort=asked.sort)),
        sorts=[
            Option(
                "sort",
                value,
                _("Best match") if asked.q and value == "best" else str(label),
                0,
                value == asked.sort,
            )
            for value, label in SORTS.items()
        ],
        notices=notices,
        meant=_meant(asked, answer),
        ways_on=_ways_on(shelf, asked, answer) if empty else [],
        season_cards=_season_cards(shelf, language) if empty else [],
    )


def _cards(ids: Sequence[int], asked: Asked) -> list[Card]:
    """The cards of these produce; each shows a pack that was asked for."""
    by_id = Produce.objects.select_related("category").in_bulk(ids)

    def wanted(product: Product, available: int) -> bool:
        return fits(asked, Pack(product.net_grams or 0, product.offer_fen, available > 0))

    narrow = asked.price or asked.pack or asked.stock
    rows = [by_id[pk] for pk in ids if pk in by_id]
    return cards(rows, wanted if narrow else None)


def _season_cards(shelf: Shelf, language: str) -> list[Card]:
    """A few of what is in season and can be had, where nothing was found."""
    with keeper.lock:
        ids = shelf.ask(Asked(season=True, stock=True), None, language, PER_SHELF).ids
    return _cards(ids, Asked())


def _categories(shelf: Shelf, asked: Asked, answer: Answer) -> list[Way]:
    """The categories that hold something, and the way back to all of them."""
    counts = answer.counts["category"]
    everything = Way(_("All"), url_of(asked.but(category="")), 0, not asked.category)
    return [everything] + [
        Way(
            kind.display_name,
            url_of(asked.but(category=kind.slug)),
            counts.get(kind.slug, 0),
            kind.slug == asked.category,
        )
        for kind in shelf.kinds.values()
        if counts.get(kind.slug) or kind.slug == asked.category
    ]


def _switches(asked: Asked, answer: Answer) -> list[Option]:
    options = [
        Option(
            name, SWITCHES[name], str(label), answer.counts[name].get(True, 0), getattr(asked, name)
        )
        for name, label in SWITCH_LABELS.items()
    ]
    return [one for one in options if one.count or one.chosen]


def _facets(shelf: Shelf, asked: Asked, answer: Answer) -> list[Facet]:
    values = {
        "county": shelf.known.counties,
        "village": dict.fromkeys(shelf.known.villages.values()),
        "price": PRICE_BANDS,
        "pack": PACK_BANDS,
        "delivery": TRAVELS,
    }
    facets = []
    for name, title in TITLES.items():
        counts, chosen = answer.counts[name], getattr(asked, name)
        options = [
            Option(name, value, _label(shelf, name, value), counts.get(value, 0), value in chosen)
            for value in values[name]
            if counts.get(value) or value in chosen
        ]
        # One value that all have is no choice.
        if len(options) > 1 or any(one.chosen for one in options):
            facets.append(Facet(name, title, _commonest(options, MOST_VALUES.get(name, 200))))
    return facets


def _label(shelf: Shelf, name: str, value: str) -> str:
    """A filter's value in words."""
    if name in SWITCH_LABELS:
        return str(SWITCH_LABELS[name])
    match name:
        case "county":
            return shelf.counties[value].county_name or _("Elsewhere")
        case "village":
            return shelf.villages[value].name
        case "price":
            low, high = PRICE_BANDS[value]
            if high is None:
                return _("¥%(low)d and up") % {"low": low}
            return _("¥%(low)d to %(high)d") % {"low": low, "high": high}
        case "pack":
            low, high = PACK_BANDS[value]
            if high is None:
                return _("%(low)s and up") % {"low": weight(500 * low)}
            if not low:
                return _("Under %(high)s") % {"high": weight(500 * high)}
            return _("%(low)s to %(high)s") % {"low": weight(500 * low), "high": weight(500 * high)}
        case "category":
            return shelf.known.categories[value].display_name
    return str(TRAVELS[value])


def _ways_on(shelf: Shelf, asked: Asked, answer: Answer) -> list[Way]:
    """Where an empty page leads: each filter that alone is in the way."""
    return [
        Way(_label(shelf, name, value), url_of(asked.without(name, value)), total)
        for (name, value), total in answer.dropping.items()
    ]


def _meant(asked: Asked, answer: Answer) -> Way | None:
    """What a search may have meant, where it found little."""
    if not asked.q or answer.total >= FEW:
        return None
    meant = did_you_mean(asked.q)
    return Way(meant, url_of(asked.but(q=meant))) if meant and meant != asked.q else None
