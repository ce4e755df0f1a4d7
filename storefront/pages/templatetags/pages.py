"""What pages' templates ask for: addresses of pages, pictures that stand in, menus."""

from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse

from storefront.pages import menus, pictures, selectors

register = template.Library()
PLACES = ("VillagePage", "CooperativePage")


@register.simple_tag
def page_address(kind: str) -> str:
    """The address of the one live page of a type ("VillagesPage"), empty when there is none."""
    return menus.address_of_kind(kind)


@register.simple_tag
def impact_address() -> str:
    """The address of the page of all figures, empty where there is none."""
    try:
        return reverse("impact:page")
    except NoReverseMatch:
        return ""


@register.simple_tag
def site_menu(place: str) -> list[menus.Entry]:
    """The entries of the menu at the "top" or the "foot"."""
    return menus.entries(place)


@register.simple_tag
def suggested(limit: int = 4) -> list:
    """Cards of what is in season, for who came to a page that is not there."""
    return selectors.shelf_cards({"rule": "season", "limit": limit})


@register.filter
def percent(bps: int) -> str:
    """Basis points as a percentage: 800 → 8 %, 750 → 7.5 %."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + " %"


@register.inclusion_tag("pages/parts/page_picture.html", takes_context=True)
def page_picture(context: Context, page: Any, size: str = "card", eager: bool = False) -> dict:
    """A page's own picture, else that of its village or produce, else hills.

    `size`: "card" or "hero"; `eager` for what is seen at once. While a worker makes the sizes of
    a new picture, what would stand in is shown; a preview waits for them.
    """
    request = context.get("request")
    partner = getattr(page, "partner", None)
    produce = None if type(page).__name__ in PLACES else getattr(page, "produce", None)
    return {
        "shown": pictures.own_shown(page, size),
        "waiting": page.picture if getattr(request, "is_preview", False) else None,
        "partner": None if produce else partner,
        "is_cooperative": pictures.group_of(page) == pictures.COOPERATIVE,
        "produce": produce,
        "size": size,
        "eager": eager,
        "ground": (page.pk or 0) % 6 + 1,
    }
