"""The sitemap: an index, one file of pages, and files of 5,000 produce each. One query a file."""

from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.db.models import Max
from django.urls import reverse
from wagtail.models import Page, Site

from catalog.models import Produce
from cooperatives.partner.models import StockRecord
from storefront.pages.addresses import alternates, in_language_of
from storefront.pages.selectors import address_of

PER_FILE = 5000
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def _on_sale():
    """Produce that has a page, in a fixed order."""
    sold = StockRecord.objects.filter(product__is_public=True).values("product__produce")
    return Produce.objects.filter(pk__in=sold).order_by("pk")


def files() -> int:
    """How many files of produce there are. One query."""
    return -(-_on_sale().count() // PER_FILE)


def index() -> str:
    """The list of all files."""
    names = ["pages", *(f"produce-{number}" for number in range(1, files() + 1))]
    rows = "".join(
        f"<sitemap><loc>{settings.SITE_URL}{reverse('pages:sitemap-file', args=[name])}</loc>"
        "</sitemap>\n"
        for name in names
    )
    return f"{HEAD}<sitemapindex {NAMESPACES}>\n{rows}</sitemapindex>\n"


def _entries(path: str, changed: datetime | None) -> Iterator[str]:
    """One entry for each language, each naming all."""
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{language}" href={quoteattr(address)}/>'
        for language, address in alternates(path)
    )
    day = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
    for code, _name in settings.LANGUAGES:
        yield f"<url><loc>{escape(in_language_of(path, code))}</loc>{day}{others}</url>\n"


def of_pages() -> Iterator[str]:
    """Every live page that anybody may see, and the lists that are no pages. Three queries."""
    yield from _entries(reverse("shop:produce-list"), None)
    site = Site.objects.select_related("root_page").get(is_default_site=True)
    tree = Page.objects.descendant_of(site.root_page, inclusive=True)
    rows = tree.live().public().order_by("path")
    for path, changed in rows.values_list("url_path", "last_published_at"):
        yield from _entries(address_of(path), changed)


def of_produce(number: int) -> Iterator[str]:
    """The produce of one file, counted from 1. One query."""
    start = (number - 1) * PER_FILE
    rows = _on_sale().annotate(changed=Max("packs__date_updated"))[start : start + PER_FILE]
    for code, changed in rows.values_list("code", "changed"):
        yield from _entries(reverse("shop:produce", args=[code]), changed)


def whole(entries: Iterator[str]) -> Iterator[str]:
    """A file around its entries."""
    yield f"{HEAD}<urlset {NAMESPACES}>\n"
    yield from entries
    yield "</urlset>\n"
