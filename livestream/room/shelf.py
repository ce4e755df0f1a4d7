"""The shelf of a room as viewers see it: price and stock of each item, now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cooperatives.partner.selectors import available_packs
from livestream.sessions.models import CueCard, ShelfItem


@dataclass(frozen=True)
class OnShelf:
    """An item with its pack, produce and cue card, its price in fen and the packs that are left."""

    item: ShelfItem
    price_fen: int
    left: int

    @property
    def card(self) -> CueCard | None:
        return getattr(self.item, "card", None)

    def plain(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return {"price": self.price_fen, "left": self.left}


def shelf(session_id: int, order: Sequence[int] = ()) -> list[OnShelf]:
    """What lies on a session's shelf, in this order of items, else in its own. Two queries."""
    items = list(
        ShelfItem.objects.filter(session=session_id).select_related("pack__produce", "card")
    )
    left = available_packs([item.pack_id for item in items])
    place = {item: at for at, item in enumerate(order)}
    items.sort(key=lambda item: place.get(item.pk, len(place) + item.position))
    return [OnShelf(item, item.pack.offer_fen, left.get(item.pack_id, 0)) for item in items]


def shelf_figures(session_id: int) -> dict[str, Any]:
    """{item id: {"price": fen, "left": packs}} of a session's shelf."""
    return {str(one.item.pk): one.plain() for one in shelf(session_id)}
