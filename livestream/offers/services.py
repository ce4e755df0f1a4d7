"""Flash prices begin and end: what a desk does. What buyers do to them is in `holding`."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from catalog.clock import now
from catalog.numbers import to_yuan
from cooperatives.partner.selectors import least_accepted
from livestream.offers.models import FlashPrice
from livestream.sessions.models import ShelfItem
from livestream.sessions.selectors import ON_AIR
from livestream.sessions.services import lock_session

# A slip of the finger, not an offer.
LONGEST_SECONDS, MOST_PACKS = 24 * 3600, 9999


class CannotOffer(Exception):
    """Nothing was offered or changed; the message says why, `field` what was wrong."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def begin_flash(
    item: ShelfItem,
    *,
    price_fen: int,
    seconds: int,
    quantity: int,
    per_buyer: int | None,
    actor: Any,
) -> FlashPrice:
    """Offer so many packs of a shelf's item at a lower price, from now on for some seconds.

    The price lies below the shop's and is one that every cooperative which sells the pack accepts
    (DESIGN §5): they are credited from it. Raises CannotOffer; of two desks at once one is refused.
    """
    session = lock_session(item.session_id)
    if session.state not in ON_AIR:
        raise CannotOffer(_("Flash prices are for a session that is live."))
    _check(item, price_fen, seconds, quantity, per_buyer)
    moment = now()
    running = FlashPrice.objects.filter(item=item, ended_at__isnull=True)
    running.filter(ends_at__lte=moment).update(ended_at=F("ends_at"))
    if running.exists():
        raise CannotOffer(_("A flash price for it is running. End that one first."))
    return FlashPrice.objects.create(
        item=item,
        price_fen=price_fen,
        quantity=quantity,
        per_buyer=per_buyer,
        begins_at=moment,
        ends_at=moment + timedelta(seconds=seconds),
        actor=actor,
    )


def _check(
    item: ShelfItem, price_fen: int, seconds: int, quantity: int, per_buyer: int | None
) -> None:
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise CannotOffer(_("It runs for at least a second and at most a day."), "seconds")
    if not 1 <= quantity <= MOST_PACKS:
        raise CannotOffer(_("From 1 to 9999 packs."), "quantity")
    if per_buyer is not None and not 1 <= per_buyer <= MOST_PACKS:
        raise CannotOffer(_("From 1 to 9999, or empty."), "per_buyer")
    if not 0 < price_fen < item.pack.offer_fen:
        raise CannotOffer(
            _("It must be above 0 and below the price of ¥%(price)s.")
            % {"price": item.pack.offer_price},
            "price",
        )
    least = least_accepted([item.pack_id]).get(item.pack_id)
    if least is None:
        raise CannotOffer(_("The shop does not sell that."), "price")
    if price_fen < least:
        raise CannotOffer(
            _("The cooperatives accept no less than ¥%(least)s.") % {"least": to_yuan(least)},
            "price",
        )


@transaction.atomic
def end_flash(flash: FlashPrice, actor: Any) -> FlashPrice:
    """End a flash price now; payments under way keep it. One that has ended stays as it ended."""
    lock_session(flash.item.session_id)
    moment = now()
    running = FlashPrice.objects.filter(pk=flash.pk, ended_at__isnull=True)
    if not running.filter(ends_at__lte=moment).update(ended_at=F("ends_at")):
        running.update(ended_at=moment, ended_by=actor)
    flash.refresh_from_db()
    return flash
