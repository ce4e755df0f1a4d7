"""The shelf of a room as viewers see it: price and stock of each item, now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livestream.offers.selectors import ShelfNow, shelf_now
from livestream.sessions.models import CueCard, LiveSession


@dataclass(frozen=True)
class OnShelf:
    """An item as it is sold now, and the cue card's village."""

    now: ShelfNow
    village: str

    def plain(self) -> dict[str, Any]:
        """As it goes over the wire: fen, packs, and when a flash price ends in milliseconds."""
        flash = self.now.flash
        told: dict[str, Any] = {"price": self.now.price_fen, "left": self.now.available}
        if flash is not None:
            until = round(flash.ends_at.timestamp() * 1000)
            told |= {"full": self.now.full_price_fen, "until": until, "flash": flash.left}
        return told


def shelf(session: LiveSession, order: Sequence[int] = ()) -> list[OnShelf]:
    """What lies on a session's shelf, in this order of items, else in its own. Four queries."""
    cards = {card.item_id: card for card in CueCard.objects.filter(item__session=session)}
    place = {item: at for at, item in enumerate(order)}
    items = sorted(
        shelf_now(session), key=lambda one: place.get(one.item_id, len(place) + one.position)
    )
    return [
        OnShelf(one, cards[one.item_id].village if one.item_id in cards else "") for one in items
    ]


def shelf_figures(session_id: int) -> dict[str, Any]:
    """{item id: price, stock and flash price} of a session's shelf."""
    session = LiveSession.objects.get(pk=session_id)
    return {str(one.now.item_id): one.plain() for one in shelf(session)}
