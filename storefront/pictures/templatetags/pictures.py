"""Pictures in templates: always sized, lazy unless they are what the page opens with."""

from typing import Any

from django import template

from catalog.models import Produce
from cooperatives.partner.models import Partner
from storefront.pictures import selectors
from storefront.pictures.illustrations import COOPERATIVE, VILLAGE

register = template.Library()
TEMPLATE = "components/picture.html"


def _context(shown: selectors.Shown | None, eager: bool) -> dict[str, Any]:
    return {"shown": shown, "eager": eager}


@register.simple_tag
def fetch_photos(produce: list[Produce]) -> str:
    """Fetch the photographs of a list at once, before `produce_image` shows them. Shows nothing."""
    selectors.attach_photos(produce)
    return ""


@register.inclusion_tag(TEMPLATE)
def produce_image(produce: Produce, kind: str = "card", eager: bool = False) -> dict[str, Any]:
    """A produce's first photograph, else its illustration; kind: card, hero or thumb."""
    return _context(selectors.produce_shown(produce, kind), eager)


@register.inclusion_tag(TEMPLATE)
def village_image(partner: Partner, kind: str = "card", eager: bool = False) -> dict[str, Any]:
    """The picture of a cooperative's village: its page's, else its landscape."""
    return _context(selectors.partner_shown(partner, VILLAGE, kind), eager)


@register.inclusion_tag(TEMPLATE)
def cooperative_image(partner: Partner, kind: str = "card", eager: bool = False) -> dict[str, Any]:
    """The picture of a cooperative: its page's, else its packing house."""
    return _context(selectors.partner_shown(partner, COOPERATIVE, kind), eager)


@register.inclusion_tag(TEMPLATE)
def photo_image(
    picture: Any, kind: str = "card", alt: str = "", eager: bool = False
) -> dict[str, Any]:
    """A picture that an editor chose in a page; nothing while its sizes are not made."""
    return _context(selectors.photo_shown(picture, kind, alt) if picture else None, eager)


@register.simple_tag
def produce_photos(produce: Produce) -> list[selectors.Photo]:
    """All photographs of a produce, for a gallery: show each with `gallery_image`."""
    return selectors.photos_of(produce)


@register.inclusion_tag(TEMPLATE)
def gallery_image(
    photo: selectors.Photo, kind: str = "hero", eager: bool = False
) -> dict[str, Any]:
    """One of `produce_photos`."""
    return _context(selectors.shown_photo(photo, selectors.KINDS[kind]), eager)
