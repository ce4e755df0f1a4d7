"""The pictures that stand for a page: its own, else its village's or its produce's."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.urls import reverse
from wagtail.images.models import Filter

from catalog.models import Produce
from storefront.pictures import illustrations, selectors, services
from storefront.pictures.illustrations import COOPERATIVE, VILLAGE
from storefront.pictures.kinds import CARD, LARGE, WIDE

# {size in our templates: shape}
SHAPES = {"card": CARD, "hero": WIDE}


def of_produce(produce: Produce) -> str:
    """The path of a produce's picture for JSON-LD."""
    return selectors.image_url(produce)


def preview(view: str, language: str, **arguments: Any) -> str:
    """The path of a link preview (storefront.pictures draws it) in a language."""
    path = reverse(f"pictures:{view}", kwargs=arguments)
    return path if language == settings.LANGUAGE_CODE else f"{path}?language={language}"


def of_page(page: Any) -> str:
    """The path of a page's picture for JSON-LD; empty when it has none to show."""
    if page.picture_id:
        return page.picture.get_rendition(LARGE).url
    partner, produce = getattr(page, "partner", None), getattr(page, "produce", None)
    if produce:
        return of_produce(produce)
    if partner:
        return illustrations.address(group_of(page), partner.code, "jpg")
    return ""


def group_of(page: Any) -> str:
    """Which drawing stands in for a page of a cooperative: the village's or the packing house."""
    return COOPERATIVE if type(page).__name__ == "CooperativePage" else VILLAGE


def fetch(pages: Iterable[Any]) -> None:
    """Have the pictures of a list of pages with all their sizes at hand. At most four queries."""
    pages = list(pages)
    images = [page.picture for page in pages if page.picture_id]
    if images:
        prefetch_related_objects(images, "renditions")
    produce = {page.produce for page in pages if getattr(page, "produce", None)}
    if produce:
        selectors.attach_photos(produce)
        kept = {one.pk: one for one in produce}
        for page in pages:
            if getattr(page, "produce", None):
                page.produce = kept[page.produce.pk]


def own_shown(page: Any, size: str) -> selectors.Shown | None:
    """A page's own picture; None without one, or while a worker makes its sizes."""
    if not page.picture_id:
        return None
    shape, image = SHAPES[size], page.picture
    keys = {spec: Filter(spec).get_cache_key(image) for spec in shape.all_specs}
    sizes = {
        row.filter_spec: row
        for row in image.renditions.all()
        if keys.get(row.filter_spec) == row.focal_point_key
    }
    shown = selectors.shown_photo(selectors.Photo("", sizes), shape)
    if shown is None:
        services.ask_for_renditions(image.pk)
    return shown
