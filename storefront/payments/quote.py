"""What a basket costs and who packs it: the one pricing function (DESIGN §4, §5).

The review page shows it and start_payment() freezes it, so both always say the same.
"""

from dataclasses import dataclass

from catalog.models import in_language
from catalog.numbers import largest_remainder, to_fen
from cooperatives.partner.models import Partner
from cooperatives.routing import freight as freight_rates
from cooperatives.routing.route import Part, TooLittle, Want, route


@dataclass(frozen=True)
class QuoteLine:
    """A basket line priced: `packs` at `unit_fen`; `net_fen` after discounts."""

    basket_line_id: int
    product_id: int
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
    """What one cooperative packs of a line, and its part of the line's money."""

    part: Part
    net_fen: int


@dataclass(frozen=True)
class QuoteFreight:
    """One cooperative's parcel: its weight and freight."""

    partner_id: int
    name: str
    grams: int
    fen: int


@dataclass(frozen=True)
class Quote:
    """A basket priced, routed and weighed. All amounts in fen."""

    lines: list[QuoteLine]
    parts: list[QuotePart]
    freight: list[QuoteFreight]

    @property
    def goods_fen(self) -> int:
        return sum(line.net_fen for line in self.lines)

    @property
    def freight_fen(self) -> int:
        return sum(row.fen for row in self.freight)

    @property
    def total_fen(self) -> int:
        return self.goods_fen + self.freight_fen


class CannotQuote(Exception):
    """A basket that can't be sold as it is. `available` is {basket line id: packs there are}."""

    def __init__(self, kind: str, available: dict[int, int] | None = None):
        super().__init__(kind)
        self.kind = kind
        self.available = available or {}


def source_of(line_reference: str) -> str:
    """Where a basket line was added from, as its reference carries it ("" = the catalogue)."""
    return line_reference.partition("~")[2]


def quote(basket, province: str) -> Quote:
    """Price, route and weigh a basket for a province.

    Raises CannotQuote: kind "empty", "too_little" (with what there is), "no_freight".
    """
    rows = list(
        basket.lines.select_related("product__produce").filter(quantity__gt=0).order_by("pk")
    )
    if not rows:
        raise CannotQuote("empty")
    lines = [_line(row) for row in rows]
    try:
        parts = route([Want(line.product_id, line.packs) for line in lines])
    except TooLittle as lack:
        raise CannotQuote(
            "too_little", {lines[i].basket_line_id: packs for i, packs in lack.available.items()}
        ) from lack
    grams: dict[int, int] = {}
    for part in parts:
        grams[part.partner_id] = grams.get(part.partner_id, 0) + part.grams
    try:
        freight = freight_rates.freight_fen(grams, province)
    except freight_rates.NoFreightRate as lack:
        raise CannotQuote("no_freight") from lack
    names = {p.pk: p.display_name for p in Partner.objects.filter(pk__in=grams)}
    return Quote(
        lines,
        _cut(lines, parts),
        [QuoteFreight(pk, names[pk], grams[pk], freight[pk]) for pk in sorted(grams)],
    )


def _line(row) -> QuoteLine:
    product = row.product
    unit = to_fen(product.offer_price)
    return QuoteLine(
        basket_line_id=row.pk,
        product_id=product.pk,
        sku=product.upc or "",
        title_zh=f"{product.produce.name_zh} {product.pack_zh}".strip(),
        title_en=f"{product.produce.name_en} {product.pack_en}".strip(),
        packs=row.quantity,
        net_grams=product.net_grams,
        unit_fen=unit,
        net_fen=unit * row.quantity,
        source=source_of(row.line_reference),
    )


def _cut(lines: list[QuoteLine], parts: list[Part]) -> list[QuotePart]:
    """A line's money over its cooperatives by packs, ties by the cooperative's code."""
    result = []
    for index, line in enumerate(lines):
        mine = sorted((p for p in parts if p.line == index), key=lambda p: p.partner_code)
        money = largest_remainder(line.net_fen, {p.partner_code: p.packs for p in mine})
        result += [QuotePart(part, money[part.partner_code]) for part in mine]
    return result
