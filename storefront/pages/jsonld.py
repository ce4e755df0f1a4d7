"""What a page says to machines, in schema.org's words (JSON-LD)."""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from catalog.models import Produce
from storefront.pages.addresses import absolute, in_language_of
from storefront.reviews.selectors import Rating

SCHEMA = "https://schema.org"
# Inside <script> these would end it, or be read as markup by old parsers.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def script(data: dict) -> SafeString:
    """JSON that may stand inside a <script type="application/ld+json">."""
    said = json.dumps({"@context": SCHEMA, **data}, ensure_ascii=False)
    return mark_safe(said.translate(ESCAPES))  # noqa: S308  escaped in the line above


def site_name() -> str:
    """The university's name and the shop's."""
    return f"{settings.UNIVERSITY_NAME}{settings.OSCAR_SHOP_NAME}"


def organization() -> dict:
    """Whose site it is."""
    return {
        "@type": "Organization",
        "name": site_name(),
        "url": absolute("/"),
        "logo": absolute(static("favicon.svg")),
    }


def breadcrumbs(trail: Sequence[tuple[str, str]], language: str) -> dict:
    """The way from the first page to this one: (name, path) each."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": name,
                "item": in_language_of(path, language),
            }
            for position, (name, path) in enumerate(trail, 1)
        ],
    }


def product(
    produce: Produce,
    packs: Sequence[tuple[Any, int]],
    image: str,
    language: str,
    rating: Rating | None = None,
) -> dict:
    """A produce and an offer for each pack: (pack, how many can be bought now); its rating.

    Prices are the very ones that the page sells at, as decimal strings.
    """
    path = produce.get_absolute_url()
    data: dict[str, Any] = {
        "@type": "Product",
        "name": produce.name,
        "sku": produce.code,
        "url": in_language_of(path, language),
        "category": produce.category.display_name,
        "offers": [
            {
                "@type": "Offer",
                "sku": pack.upc or str(pack.pk),
                "name": pack.pack,
                "price": f"{pack.offer_price:.2f}",
                "priceCurrency": settings.OSCAR_DEFAULT_CURRENCY,
                "availability": f"{SCHEMA}/{'InStock' if available > 0 else 'OutOfStock'}",
                "itemCondition": f"{SCHEMA}/NewCondition",
                "url": absolute(pack.get_absolute_url()),
                "seller": {"@type": "Organization", "name": site_name()},
            }
            for pack, available in packs
        ],
    }
    if produce.description:
        data["description"] = produce.description
    if image:
        data["image"] = absolute(image)
    if rating and rating.count:
        data["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": rating.shown,
            "reviewCount": rating.count,
            "bestRating": 5,
            "worstRating": 1,
        }
    return data


def article(page: Any, url: str, image: str, language: str) -> dict:
    """An article or story."""
    data: dict[str, Any] = {
        "@type": "Article",
        "headline": page.display_title,
        "url": url,
        "inLanguage": language,
        "datePublished": page.day.isoformat(),
        "publisher": organization(),
        "author": organization(),
    }
    if page.introduction:
        data["description"] = page.introduction
    if page.last_published_at:
        data["dateModified"] = page.last_published_at.isoformat()
    if image:
        data["image"] = absolute(image)
    return data
