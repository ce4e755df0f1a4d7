"""Reads of reviews."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum
from django.db.models.fields.files import FieldFile
from oscar.core.loading import get_model

from catalog.models import Produce
from cooperatives.routing.models import Consignment, ConsignmentLine
from storefront.accounts.models import User
from storefront.reviews.models import Review, ReviewPicture

Line = get_model("order", "Line")
PER_PAGE = 5
_RATING = "_review_rating"


@dataclass(frozen=True)
class Rating:
    """How many published reviews there are, and their average in tenths of a star (43 = 4.3)."""

    count: int
    tenths: int

    @property
    def shown(self) -> str:
        return f"{self.tenths // 10}.{self.tenths % 10}"

    @property
    def stars(self) -> int:
        """The average in whole stars, a half upwards."""
        return (self.tenths + 5) // 10


def average_tenths(stars: int, count: int) -> int:
    """The average of `count` reviews that have `stars` together, in tenths, a half upwards."""
    return (20 * stars + count) // (2 * count) if count else 0


def published(produce: Produce) -> QuerySet[Review]:
    """The public reviews of a produce, the latest first."""
    return Review.objects.filter(produce=produce, state=Review.State.PUBLISHED)


def rating_of(produce: Produce) -> Rating:
    """The rating of a produce. One query, once for each Produce that is in memory."""
    kept: dict[str, Any] = produce.__dict__
    if _RATING not in kept:
        sums = published(produce).aggregate(count=Count("pk"), stars=Sum("stars"))
        kept[_RATING] = Rating(sums["count"], average_tenths(sums["stars"] or 0, sums["count"]))
    return kept[_RATING]


class _Counted(Paginator):
    """A paginator that knows the count already."""

    def __init__(self, rows: Any, per_page: int, count: int):
        super().__init__(rows, per_page)
        self.__dict__["count"] = count


@dataclass(frozen=True)
class Shown:
    """Reviews on a product page."""

    rating: Rating
    page: Page


def reviews_of(produce: Produce, number: Any = 1) -> Shown:
    """A page of a produce's reviews. Three queries at most, one when there is none."""
    rating = rating_of(produce)
    rows = (
        published(produce).prefetch_related("pictures") if rating.count else Review.objects.none()
    )
    page = _Counted(rows, PER_PAGE, rating.count).get_page(number)
    page.object_list = list(page.object_list) if rating.count else []
    return Shown(rating, page)


def delivered_line(number: str, line_id: int) -> Any:
    """A line of an order, with `arrived`: whether some of it was delivered. One query."""
    came = ConsignmentLine.objects.filter(
        order_line=OuterRef("pk"),
        consignment__state=Consignment.State.DELIVERED,
        packs__gt=F("cancelled_packs"),
    )
    lines = Line.objects.filter(order__number=number, pk=line_id, product__produce__isnull=False)
    lines = lines.annotate(arrived=Exists(came))
    return lines.select_related("product__produce", "order__shipping_address").first()


def states_of(order_lines: Iterable[int]) -> dict[int, str]:
    """{order line: the state of its review}. One query."""
    rows = Review.objects.filter(order_line__in=list(order_lines))
    return dict(rows.values_list("order_line_id", "state"))


def queue(state: str) -> QuerySet[Review]:
    """Reviews of a state, or all, for staff: those that wait longest first."""
    rows = Review.objects.select_related("produce", "order_line__order")
    if state:
        rows = rows.filter(state=state)
    rows = rows.annotate(picture_count=Count("pictures"))
    return rows.order_by("created_at" if state == Review.State.WAITING else "-changed_at", "pk")


def public_picture(key: str) -> ReviewPicture | None:
    """A picture of a published review."""
    state = Review.State.PUBLISHED
    return ReviewPicture.objects.filter(key=key, review__state=state).first()


def reviews_data(user: User) -> list[dict[str, Any]]:
    """A member's reviews, for the copy of their data."""
    names = ("stars", "text", "nickname", "state", "reason", "reply", "created_at")
    return list(user.shop_reviews.values("produce__code", *names))


def review_files(user: User) -> Iterator[FieldFile]:
    """The pictures of a member's reviews."""
    for picture in ReviewPicture.objects.filter(review__user=user):
        yield picture.image
