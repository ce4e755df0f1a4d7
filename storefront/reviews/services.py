"""Every write to reviews. A review's row is locked while its author or staff change it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from catalog.clock import now
from storefront.accounts.models import User
from storefront.reviews.models import MOST_TEXT, Review, ReviewPicture
from storefront.reviews.selectors import delivered_line

log = logging.getLogger(__name__)
MOST_PICTURES = 4


class ReviewRefused(Exception):
    """Nothing changed. The text is for who asked."""


@dataclass(frozen=True)
class Draft:
    """What a buyer says. `pictures` are made anew; `dropped` are ids of former ones."""

    stars: int
    text: str = ""
    with_name: bool = False
    pictures: Iterable[ContentFile] = ()
    dropped: Iterable[int] = field(default=())


def nickname_of(name: str) -> str:
    """张三 → 张**; empty where the name begins with no letter: "anonymous buyer" then."""
    first = name.strip()[:1]
    return f"{first.upper()}**" if first.isalpha() else ""


def buyers_name(line: Any) -> str:
    """The nickname that the buyer of a line may be shown under."""
    address = line.order.shipping_address
    return nickname_of(address.first_name) if address else ""


@transaction.atomic
def write(number: str, line_id: int, draft: Draft, user: User | None) -> Review:
    """Write the one review of a delivered order line, or change it until it is published.

    What was refused waits for staff again. Raises ReviewRefused.
    """
    line = delivered_line(number, line_id)
    if line is None or not line.arrived:
        raise ReviewRefused(_("You can review it once it has arrived."))
    if not 1 <= draft.stars <= 5 or len(draft.text) > MOST_TEXT:
        raise ReviewRefused(_("Please look at the marked fields."))
    moment = now()
    Review.objects.get_or_create(
        order_line=line,
        defaults={
            "produce": line.product.produce,
            "user": user,
            "stars": draft.stars,
            "created_at": moment,
            "changed_at": moment,
        },
    )
    review = Review.objects.select_for_update().get(order_line=line)
    if review.is_published:
        raise ReviewRefused(_("It is published already and stays as it is."))
    for picture in review.pictures.filter(pk__in=list(draft.dropped)):
        picture.delete()
    pictures = list(draft.pictures)
    if review.pictures.count() + len(pictures) > MOST_PICTURES:
        raise ReviewRefused(_("A review has at most 4 pictures."))
    review.stars, review.text = draft.stars, draft.text.strip()
    review.nickname = buyers_name(line) if draft.with_name else ""
    review.state, review.reason = Review.State.WAITING, ""
    review.decided_at = review.decided_by = None
    review.changed_at = moment
    review.save()
    for made in pictures:
        ReviewPicture.objects.create(review=review, image=made)
    return review


@transaction.atomic
def delete(number: str, line_id: int) -> bool:
    """Delete a review that is not published. False: there is none. Raises ReviewRefused."""
    lines = Review.objects.select_for_update().filter(
        order_line=line_id, order_line__order__number=number
    )
    review = lines.first()
    if review is None:
        return False
    if review.is_published:
        raise ReviewRefused(_("It is published already and stays as it is."))
    review.delete()
    return True


@dataclass(frozen=True)
class Decision:
    """What staff decide: publish, or refuse for a reason; with a reply to be shown below."""

    publish: bool
    reason: str = ""
    reply: str = ""
    reply_by: str = ""


@transaction.atomic
def decide(review_id: int, decision: Decision, *, seen_at: datetime, actor: User) -> Review:
    """Publish or refuse a review as it was seen; also another time. Raises ReviewRefused."""
    review = Review.objects.select_for_update().filter(pk=review_id).first()
    if review is None or review.changed_at != seen_at:
        raise ReviewRefused(_("The buyer has changed it meanwhile: read it once more."))
    if not decision.publish and not decision.reason.strip():
        raise ReviewRefused(_("Please say why."))
    state = Review.State
    review.state = state.PUBLISHED if decision.publish else state.REFUSED
    review.reason = "" if decision.publish else decision.reason.strip()
    review.reply = decision.reply.strip()
    review.reply_by = decision.reply_by if review.reply else ""
    if review.reply and not review.reply_by:
        raise ReviewRefused(_("Say in whose name the reply is."))
    review.decided_at, review.decided_by = now(), actor
    review.save()
    if decision.publish:
        transaction.on_commit(lambda: _make_renditions(review_id))
    return review


def _make_renditions(review_id: int) -> None:
    from storefront.reviews.tasks import make_renditions

    try:
        make_renditions.delay(review_id)
    except OperationalError as error:  # then they are made when they are asked for
        log.warning("pictures of review %s are made later: %s", review_id, error)
