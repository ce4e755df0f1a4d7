"""The one picture that stands for a page where only one can: in link previews and JSON-LD."""

from typing import Any

from catalog.models import Produce

# What WeChat, Mastodon and others cut their previews from.
PREVIEW = "fill-1200x630"
WIDTH = 1200


def of_produce(produce: Produce) -> str:
    """The path of a produce's picture; empty when it has none."""
    try:
        from storefront.pictures.selectors import image_url
    except ImportError:
        return produce.image.url if produce.image else ""
    return image_url(produce, WIDTH) or ""


def of_page(page: Any) -> str:
    """The path of a page's picture, else of the produce that it is about; empty when neither."""
    if page.picture_id:
        return page.picture.get_rendition(f"{PREVIEW}|format-jpeg").url
    produce = getattr(page, "produce", None)
    return of_produce(produce) if produce else ""
