"""Buying from a live room: a pack of the session's shelf, with the room as the line's source."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from oscar.core.loading import get_model

from catalog.numbers import to_yuan
from livestream.offers.selectors import RoomLine, Want, room_lines, source_of
from livestream.sessions.models import ShelfItem
from livestream.sessions.selectors import ON_AIR
from storefront.payments import quote
from storefront.shop.services import BasketRefusal, add_to_basket

Line = get_model("basket", "Line")


class RoomRefusal(BasketRefusal):
    """The room does not sell that now; the message says why."""

    def __init__(self, message: Any) -> None:
        super().__init__(message)
        self.message = message


def buy_in_room(basket: Any, item: ShelfItem, quantity: int, buyer: Sequence[str]) -> Any:
    """Put packs of a shelf's item into a basket, as from its session's room. Gives the line.

    `buyer` are the keys that limits per buyer count by, as far as they are known. Raises
    BasketRefusal: a rehearsal, not live, above what one buyer may have, or fewer packs left at
    the flash price than wanted; then the basket is as it was. Placement has the last word.
    """
    session = item.session
    if session.rehearsal:
        raise RoomRefusal(_("This is a rehearsal: nothing is sold."))
    if session.state not in ON_AIR:
        raise RoomRefusal(_("The room is not live now. You find its packs in the shop."))
    source = source_of(session.pk)
    there = sum(
        line.quantity
        for line in Line.objects.filter(basket_id=basket.pk, product_id=item.pack_id)
        if quote.source_of(line.line_reference) == source
    )
    want = Want(source, item.pack_id, there + quantity, item.pack.offer_fen)
    priced = room_lines([want], buyer)[0]
    _refuse_above_limit(priced)
    return add_to_basket(basket, item.pack, quantity, source, to_yuan(priced.unit_fen))


def _refuse_above_limit(priced: RoomLine) -> None:
    if priced.too_many:
        raise RoomRefusal(
            ngettext(
                "One buyer may have %(count)d pack of this.",
                "One buyer may have %(count)d packs of this.",
                priced.limit or 0,
            )
            % {"count": priced.limit or 0}
        )
    # Nobody who taps a flash price gets the full one: fewer packs may still have it.
    if priced.why and priced.flash_most:
        raise RoomRefusal(priced.why)
