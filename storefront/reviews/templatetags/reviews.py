"""Reviews in templates."""

from typing import Any

from django import template

from catalog.models import Produce
from storefront.pictures.kinds import FORMATS
from storefront.reviews import selectors
from storefront.reviews.renditions import LARGE, SMALL

register = template.Library()


@register.simple_tag(name="reviews_of")
def reviews_of_tag(produce: Produce) -> selectors.Shown:
    """The first page of a produce's published reviews."""
    return selectors.reviews_of(produce)


@register.inclusion_tag("reviews/_stars.html")
def stars(count: int) -> dict[str, Any]:
    """Five stars of which `count` are filled."""
    return {"count": count, "filled": [place <= count for place in range(1, 6)]}


@register.inclusion_tag("reviews/_pictures.html")
def review_pictures(review: Any) -> dict[str, Any]:
    """The public pictures of a published review."""
    return {
        "pictures": review.pictures.all(),
        "formats": FORMATS,
        "small": SMALL,
        "large": LARGE,
    }


@register.simple_tag
def review_states(shown: Any) -> dict[int, str]:
    """{order line: state of its review} of an order's page. One query."""
    lines = [row.line.order_line_id for parcel in shown.parcels for row in parcel.lines]
    return selectors.states_of(lines)


@register.filter
def of_line(states: dict[int, str], order_line_id: int) -> str:
    """The state of a line's review; empty when there is none."""
    return states.get(order_line_id, "")
