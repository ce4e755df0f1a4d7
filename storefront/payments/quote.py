"""What a basket costs and who packs it: the one pricing function (DESIGN §4, §5).

The review page shows it and start_payment() freezes it, so both always say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.models import in_language
from catalog.numbers import largest_remainder, to_fen
from cooperatives.partner.models import Partner
from cooperatives.routing import freight as freight_rates
from cooperatives.routing.route import Part, TooLittle, Want, route
from cooperatives.routing.sources import Source
from livestream.offers import selectors as rooms
from storefront.discounts.cutting import Item
from storefront.discounts.offers import GONE, Why, gifts_of, offers_for
from storefront.discounts.pricing import (
    SMALLEST_CARD_FEN,
    Discount,
    GiftPart,
    pay_with_gifts,
    price,
    sources_of,
)


@dataclass(frozen=True)
class QuoteLine:
    """A basket line priced: `packs` at `unit_fen`; `net_fen` is what its parts sell for.

    `unit_fen` is the shop's price, or the flash price of the room that it was added from.
    """

    basket_line_id: int
    product_id: int
    produce_id: int | None
    sku: str
    title_zh: str
    title_en: str
    packs: int
    net_grams: int
    unit_fen: int
    net_fen: int
    source: str

    @property
    def title(self) -> str:
        return in_language(self.title_zh, self.title_en)


@dataclass(frozen=True)
class QuotePart:
    """What one cooperative packs of a line: what it sells for, and what others pay of that.

    `net_fen` is the shelf price less what the cooperative itself takes off.
    """

    part: Part
    net_fen: int
    sources: list[Source]

    @property
    def due_fen(self) -> int:
        """What is left for the buyer."""
        return self.net_fen - sum(source.fen for source in self.sources)


@dataclass(frozen=True)
class QuoteFreight:
    """One cooperative's parcel: its weight and freight, and what a gift voucher pays of it."""

    partner_id: int
    name: str
    grams: int
    fen: int
    sources: list[Source]


@dataclass(frozen=True)
class Quote:
    """A basket priced, routed and weighed. All amounts in fen."""

    lines: list[QuoteLine]
    parts: list[QuotePart]
    freight: list[QuoteFreight]
    discounts: list[Discount]
    gifts: list[GiftPart]
    # Vouchers of the basket that take nothing off, and why: (voucher, Why).
    refused: list[tuple[Any, Why]]
    # Of lines added from a live room, by index.
    room: dict[int, rooms.RoomLine] = field(default_factory=dict)
    # Lines whose price is not the one that the buyer last saw, by index: that one.
    seen_fen: dict[int, int] = field(default_factory=dict)

    @property
    def goods_fen(self) -> int:
        """The goods at the shelf price."""
        return sum(line.unit_fen * line.packs for line in self.lines)

    @property
    def discount_fen(self) -> int:
        return sum(discount.fen for discount in self.discounts)

    @property
    def freight_fen(self) -> int:
        return sum(row.fen for row in self.freight)

    @property
    def gift_fen(self) -> int:
        return sum(gift.fen for gift in self.gifts)

    @property
    def total_fen(self) -> int:
        """What is left to pay by card, after discounts and gift vouchers."""
        return self.goods_fen - self.discount_fen + self.freight_fen - self.gift_fen

    @property
    def gone(self) -> list[Any]:
        """The basket's vouchers that were to be had and are not any more."""
        return [voucher for voucher, why in self.refused if why in GONE]


class CannotQuote(Exception):
    """A basket that can't be sold as it is.

    `available` is {basket line id: packs there are, or that this buyer may have}.
    """

    def __init__(self, kind: str, available: dict[int, int] | None = None):
        super().__init__(kind)
        self.kind = kind
        self.available = available or {}


def source_of(line_reference: str) -> str:
    """Where a basket line was added from, as its reference carries it ("" = the catalogue)."""
    return line_reference.partition("~")[2]


def quote(basket, province: str, buyer: Sequence[str] = ()) -> Quote:
    """Price, route and weigh a basket for a province, with all that is taken off.

    `buyer` are the keys that per-buyer limits count by (offers.buyer_keys). Raises CannotQuote:
    kind "empty", "too_little" (with what there is), "above_limit" (with what one buyer may have of
    a live room's pack), "no_freight", "too_small" (discounts leave less to pay than a card can be
    charged).
    """
    goods = _routed(basket, buyer)
    parts = goods.parts
    grams: dict[int, int] = {}
    for part in parts:
        grams[part.partner_id] = grams.get(part.partner_id, 0) + part.grams
    try:
        freight = freight_rates.freight_fen(grams, province)
    except freight_rates.NoFreightRate as lack:
        raise CannotQuote("no_freight") from lack
    names = {p.pk: p.display_name for p in Partner.objects.filter(pk__in=grams)}
    priced, cut = _discounted(basket, goods, buyer)
    due = [part.due_fen for part in cut]
    paid = pay_with_gifts(gifts_of(basket), due + [freight[pk] for pk in sorted(grams)])
    found = replace(
        priced,
        parts=[
            replace(part, sources=part.sources + paid.sources.get(index, []))
            for index, part in enumerate(cut)
        ],
        freight=[
            QuoteFreight(
                pk, names[pk], grams[pk], freight[pk], paid.sources.get(len(cut) + place, [])
            )
            for place, pk in enumerate(sorted(grams))
        ],
        gifts=paid.gifts,
    )
    if found.discounts and 0 < found.total_fen < SMALLEST_CARD_FEN:
        raise CannotQuote("too_small")
    return found


def quote_goods(basket, buyer: Sequence[str] = ()) -> Quote:
    """The basket's goods with their discounts: before it is known where they go.

    No freight, no gift vouchers. Raises CannotQuote: "empty", "too_little", "above_limit".
    """
    return _discounted(basket, _routed(basket, buyer), buyer)[0]


@dataclass(frozen=True)
class _Goods:
    """A basket's lines at today's prices, and who packs them."""

    lines: list[QuoteLine]
    parts: list[Part]
    room: dict[int, rooms.RoomLine]
    seen_fen: dict[int, int]


def room_of(rows: Sequence[Any], buyer: Sequence[str]) -> dict[int, rooms.RoomLine]:
    """What being from a live room means for basket lines, by their index."""
    return rooms.room_lines(
        [
            rooms.Want(
                source_of(row.line_reference), row.product_id, row.quantity, row.product.offer_fen
            )
            for row in rows
        ],
        buyer,
    )


def _routed(basket, buyer: Sequence[str]) -> _Goods:
    rows = list(
        basket.lines.select_related("product__produce").filter(quantity__gt=0).order_by("pk")
    )
    if not rows:
        raise CannotQuote("empty")
    from_room = room_of(rows, buyer)
    above = {rows[i].pk: line.most or 0 for i, line in from_room.items() if line.too_many}
    if above:
        raise CannotQuote("above_limit", above)
    lines = [_line(row, from_room.get(index)) for index, row in enumerate(rows)]
    seen = {
        index: to_fen(row.price_incl_tax) for index, row in enumerate(rows) if row.price_incl_tax
    }
    try:
        parts = route([Want(line.product_id, line.packs) for line in lines])
    except TooLittle as lack:
        raise CannotQuote(
            "too_little", {lines[i].basket_line_id: packs for i, packs in lack.available.items()}
        ) from lack
    changed = {index: fen for index, fen in seen.items() if fen != lines[index].unit_fen}
    return _Goods(lines, parts, from_room, changed)


def _line(row, from_room: rooms.RoomLine | None) -> QuoteLine:
    product = row.product
    unit = from_room.unit_fen if from_room else product.offer_fen
    return QuoteLine(
        basket_line_id=row.pk,
        product_id=product.pk,
        produce_id=product.produce_id,
        sku=product.upc or "",
        title_zh=f"{product.produce.name_zh} {product.pack_zh}".strip(),
        title_en=f"{product.produce.name_en} {product.pack_en}".strip(),
        packs=row.quantity,
        net_grams=product.net_grams,
        unit_fen=unit,
        net_fen=unit * row.quantity,
        source=source_of(row.line_reference),
    )


def _discounted(basket, goods: _Goods, buyer: Sequence[str]) -> tuple[Quote, list[QuotePart]]:
    """The goods at their shelf price, and what is taken off them, part by part."""
    lines, parts = goods.lines, goods.parts
    shelf = _cut(lines, parts)
    items = [
        Item(
            line=part.line,
            part=index,
            partner_id=part.partner_id,
            partner_code=part.partner_code,
            produce_id=lines[part.line].produce_id,
            packs=part.packs,
            shelf_fen=shelf[index],
        )
        for index, part in enumerate(parts)
    ]
    discounts, refused = price(offers_for(basket, buyer), items)
    cut = []
    for index, part in enumerate(parts):
        own = sum(each.parts.get(index, 0) for each in discounts if each.source is None)
        cut.append(QuotePart(part, shelf[index] - own, sources_of(discounts, index)))
    net = [sum(each.net_fen for each in cut if each.part.line == i) for i in range(len(lines))]
    lines = [replace(line, net_fen=net[index]) for index, line in enumerate(lines)]
    priced = Quote(lines, cut, [], discounts, [], refused, room=goods.room, seen_fen=goods.seen_fen)
    return priced, cut


def _cut(lines: list[QuoteLine], parts: list[Part]) -> list[int]:
    """A line's shelf price over its cooperatives by packs, ties by the cooperative's code."""
    result = [0] * len(parts)
    for index, line in enumerate(lines):
        mine = {
            p.partner_code: (place, p.packs) for place, p in enumerate(parts) if p.line == index
        }
        money = largest_remainder(line.net_fen, {code: packs for code, (_, packs) in mine.items()})
        for code, (place, _) in mine.items():
            result[place] = money[code]
    return result
