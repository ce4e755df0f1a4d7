"""What a room sells now, and what a basket's lines that were added from a room cost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.clock import now
from catalog.models import Product
from cooperatives.partner.selectors import available_packs, least_accepted
from livestream.offers.models import FlashCount, FlashPrice, ItemCount
from livestream.sessions.models import LiveSession, ShelfItem
from livestream.sessions.selectors import ON_AIR

PREFIX = "room:"


def source_of(session_id: int) -> str:
    """What a basket line carries that was added from this session's room (DESIGN §7)."""
    return f"{PREFIX}{session_id}"


def session_of(source: str) -> int | None:
    """The session of a basket line's source; None where it came from elsewhere."""
    given = source.removeprefix(PREFIX)
    return int(given) if given != source and given.isascii() and given.isdecimal() else None


def running(items: Iterable[int], moment: datetime) -> QuerySet[FlashPrice]:
    """The flash prices of these items that hold at a moment, sold out or not."""
    return FlashPrice.objects.filter(
        item__in=items, ended_at__isnull=True, begins_at__lte=moment, ends_at__gt=moment
    )


@dataclass(frozen=True)
class ShelfNow:
    """An item of a shelf as a viewer may buy it now. Prices in fen.

    `flash` is the flash price that runs and has packs left; `price_fen` is what a pack costs.
    `available` are the packs that the room can sell.
    """

    item_id: int
    pack: Product
    position: int
    per_buyer: int | None
    available: int
    full_price_fen: int
    flash: FlashPrice | None = None

    @property
    def pack_id(self) -> int:
        return self.pack.pk

    @property
    def title(self) -> str:
        return self.pack.display_name

    @property
    def price_fen(self) -> int:
        return self.flash.price_fen if self.flash else self.full_price_fen


def shelf_now(session: LiveSession) -> list[ShelfNow]:
    """The shelf of a session in its order, with what each pack costs now. Three queries."""
    items = list(ShelfItem.objects.filter(session=session).select_related("pack__produce"))
    flashes = {flash.item_id: flash for flash in running([item.pk for item in items], now())}
    available = available_packs(item.pack_id for item in items)
    on_air = session.state in ON_AIR
    return [
        ShelfNow(
            item_id=item.pk,
            pack=item.pack,
            position=item.position,
            per_buyer=item.per_buyer,
            available=available[item.pack_id] if item.pack.is_public else 0,
            full_price_fen=item.pack.offer_fen,
            flash=flash if on_air and (flash := flashes.get(item.pk)) and flash.left else None,
        )
        for item in items
    ]


@dataclass(frozen=True)
class Want:
    """A basket's line: where it was added from, and so many packs at the shop's price."""

    source: str
    pack_id: int
    packs: int
    full_fen: int


@dataclass(frozen=True)
class RoomLine:
    """What being from a room means for a line.

    `most` are the packs that this buyer may still have, None without a limit. `flash` is the flash
    price that the line has; `why` says why it has not the one that is running.
    """

    session_id: int
    item_id: int
    packs: int
    full_fen: int
    limit: int | None
    most: int | None
    flash: FlashPrice | None = None
    why: str = ""

    @property
    def unit_fen(self) -> int:
        return self.flash.price_fen if self.flash else self.full_fen

    @property
    def too_many(self) -> bool:
        return self.most is not None and self.packs > self.most


def room_lines(wants: Sequence[Want], buyer: Sequence[str] = ()) -> dict[int, RoomLine]:
    """{index of the line: what its room means for it}; other lines are left out.

    `buyer` are the keys that limits per buyer count by. A line has the flash price whole or not
    at all: when fewer packs are left at it, or the buyer may have fewer, the full price holds.
    Without a line from a room no query, else five at most.
    """
    sources = {
        index: pk for index, want in enumerate(wants) if (pk := session_of(want.source)) is not None
    }
    if not sources:
        return {}
    shelf = ShelfItem.objects.filter(
        session__in=set(sources.values()),
        pack__in={wants[index].pack_id for index in sources},
        session__rehearsal=False,
    )
    items = {
        (item.session_id, item.pack_id): item
        for item in shelf.filter(session__started_at__isnull=False).select_related("session")
    }
    state = _State.read(list(items.values()), buyer)
    found = {}
    for index, session_id in sources.items():
        item = items.get((session_id, wants[index].pack_id))
        if item is not None:
            found[index] = state.line(item, wants[index])
    return found


class _State:
    """What is left of some items at this moment; lines that are priced take from it."""

    def __init__(self, flashes: dict, accepted: dict, had: Counter, had_of_item: Counter) -> None:
        self.flashes, self.accepted = flashes, accepted
        self.had, self.had_of_item = had, had_of_item
        self.taken: Counter[int] = Counter()
        self.moment = now()

    @classmethod
    def read(cls, items: Sequence[ShelfItem], buyer: Sequence[str]) -> "_State":
        on_air = [item for item in items if item.session.state in ON_AIR]
        flashes = {flash.item_id: flash for flash in running([i.pk for i in on_air], now())}
        accepted = least_accepted({item.pack_id for item in on_air if item.pk in flashes})
        had: Counter[int] = Counter()
        limited = [flash.pk for flash in flashes.values() if flash.per_buyer is not None]
        if buyer and limited:
            for flash_count in FlashCount.objects.filter(flash__in=limited, key__in=buyer):
                had[flash_count.flash_id] = max(had[flash_count.flash_id], flash_count.packs)
        had_of_item: Counter[int] = Counter()
        limited = [item.pk for item in items if item.per_buyer is not None]
        if buyer and limited:
            for count in ItemCount.objects.filter(item__in=limited, key__in=buyer):
                had_of_item[count.item_id] = max(had_of_item[count.item_id], count.packs)
        return cls(flashes, accepted, had, had_of_item)

    def line(self, item: ShelfItem, want: Want) -> RoomLine:
        most = None
        if item.per_buyer is not None:
            most = max(0, item.per_buyer - self.had_of_item[item.pk])
            self.had_of_item[item.pk] += want.packs
        flash, why = self._flash(item, want)
        return RoomLine(
            session_id=item.session_id,
            item_id=item.pk,
            packs=want.packs,
            full_fen=want.full_fen,
            limit=item.per_buyer,
            most=most,
            flash=flash,
            why=why,
        )

    def _flash(self, item: ShelfItem, want: Want) -> tuple[FlashPrice | None, str]:
        """The flash price of a line, or None and why it has not the one that is running."""
        flash = self.flashes.get(item.pk)
        if (
            flash is None
            or flash.price_fen >= want.full_fen
            # A cooperative that asks more since then would be credited from less than it accepts.
            or flash.price_fen < self.accepted.get(item.pack_id, flash.price_fen + 1)
        ):
            return None, ""
        left = flash.left - self.taken[flash.pk]
        if left <= 0:
            return None, _("The flash price is sold out.")
        if want.packs > left:
            return None, ngettext(
                "Only %(count)d pack is left at the flash price.",
                "Only %(count)d packs are left at the flash price.",
                left,
            ) % {"count": left}
        if flash.per_buyer is not None and want.packs + self.had[flash.pk] > flash.per_buyer:
            return None, ngettext(
                "One buyer may have %(count)d pack at the flash price.",
                "One buyer may have %(count)d packs at the flash price.",
                flash.per_buyer,
            ) % {"count": flash.per_buyer}
        self.taken[flash.pk] += want.packs
        self.had[flash.pk] += want.packs
        return flash, ""
