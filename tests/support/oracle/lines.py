"""Consignment lines replayed: where each one's money lies after all that happened to it."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from .inputs import Villages, in_proportion


@dataclass
class Line:
    """A consignment line as it happened, and where its money lies meanwhile."""

    row: Any
    left: int
    packs: int
    in_sales: int = 0
    in_pools: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    packed: int | None = None
    drawn: int = 0
    returned: int = 0
    cancelled: int = 0
    boxed_packs: int = 0
    refunded_packs: int = 0
    # What the programme and carriers bear of its refunds, and missing grams that were refunded.
    elsewhere: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    short_refunded: int = 0

    @property
    def open(self) -> int:
        """Grams that no lot covers."""
        if self.packed is None:
            return self.row.ordered_grams - self.cancelled
        return self.packed - self.returned - self.drawn


LINES = """
SELECT line.id, line.order_line_id, line.packs, line.ordered_grams, line.packed_grams,
       line.short_grams, line.released_at, line.pool_id,
       EXISTS (SELECT FROM settlement_releasehold hold
                WHERE hold.line_id = line.id AND hold.lifted_at IS NULL) AS held,
       consignment.id AS consignment_id, consignment.order_id, consignment.state,
       consignment.packed_at, consignment.shipped_at, consignment.delivered_at,
       partner.code AS cooperative, product.upc AS sku, order_line.quantity
  FROM routing_consignmentline line
  JOIN routing_consignment consignment ON consignment.id = line.consignment_id
  JOIN partner_partner partner ON partner.id = consignment.partner_id
  JOIN order_line ON order_line.id = line.order_line_id
  JOIN catalogue_product product ON product.id = order_line.product_id
 ORDER BY line.id
"""
DRAWS = """
SELECT drawing.id, drawing.line_id, drawing.created_at, draw.grams, lot.code, lot.sales_pool_id
  FROM routing_draw draw
  JOIN routing_drawing drawing ON drawing.id = draw.drawing_id
  JOIN households_lot lot ON lot.id = draw.lot_id
 WHERE drawing.reverses_id IS NULL
   AND NOT EXISTS (SELECT FROM routing_drawing undone WHERE undone.reverses_id = drawing.id)
 ORDER BY drawing.id, draw.id
"""
REFUNDS = """
SELECT refund.uuid::text AS uuid, refund.created_at, part.consignment_id, refund.reason,
       part.consignment_line_id AS line_id, part.amount_fen, part.packs, part.restocked,
       part.short_grams, refund.bearer AS wished, part.bearer
  FROM aftersales_refundline part JOIN aftersales_refund refund ON refund.uuid = part.refund_id
 ORDER BY refund.created_at, part.id
"""


def lines_with_their_money(base: psycopg.Connection[Any], villages: Villages) -> dict[int, Line]:
    """Every consignment line with its history replayed, at the prices of the CSV files."""
    rows = base.execute(LINES).fetchall()
    lines: dict[int, Line] = {}
    by_order_line: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_order_line[row.order_line_id].append(row)
    for parts in by_order_line.values():
        paid = villages.offer(parts[0].sku) * parts[0].quantity
        assert sum(part.packs for part in parts) == parts[0].quantity
        money = in_proportion(paid, {part.cooperative: part.packs for part in parts})
        for part in parts:
            assert part.ordered_grams == part.packs * villages.net_grams(part.sku)
            net = money[part.cooperative]
            lines[part.id] = Line(part, left=net, packs=part.packs, in_sales=net)
    for _, happened in sorted(_events(base), key=lambda event: event[0]):
        _replay(lines, happened)
    recorded: dict[int, int] = defaultdict(int)
    for draw in base.execute(DRAWS):
        recorded[draw.line_id] += draw.grams
    for line in lines.values():
        _pack(line)
        # What a refund put back into its lots is the packs that came back, no more.
        assert recorded[line.row.id] == line.drawn, f"line {line.row.id}"
    return lines


def _events(base: psycopg.Connection[Any]) -> Iterator[tuple[Hashable, Any]]:
    drawings: dict[int, list[Any]] = defaultdict(list)
    for row in base.execute(DRAWS):
        drawings[row.id].append(row)
    for number, draws in drawings.items():
        # A refund notes first that it is decided, then puts its grams back.
        yield (draws[0].created_at, 1, number), draws
    for number, row in enumerate(base.execute(REFUNDS).fetchall()):
        if row.line_id:
            yield (row.created_at, 0, number), row


def _pack(line: Line) -> None:
    """The box is closed: from here on its own weight counts."""
    if line.packed is None and line.row.packed_grams is not None:
        line.packed, line.boxed_packs = line.row.packed_grams, line.packs


def _replay(lines: Mapping[int, Line], happened: Any) -> None:
    if not isinstance(happened, list):
        _refund(lines[happened.line_id], happened)
    elif happened[0].grams > 0:
        line = lines[happened[0].line_id]
        _pack(line)
        _draw(line, happened)


def _draw(line: Line, draws: list[Any]) -> None:
    """Money follows the grams from `sales` to the sales pools; the last drawing takes the rest."""
    grams = sum(draw.grams for draw in draws)
    assert grams <= line.open, f"line {line.row.id} is drawn beyond its box"
    amount = line.in_sales * grams // line.open
    by_pool: dict[int, int] = defaultdict(int)
    for draw in draws:
        by_pool[draw.sales_pool_id] += draw.grams
    for sales_pool, part in in_proportion(amount, by_pool).items():
        line.in_pools[sales_pool] += part
    line.in_sales -= amount
    line.drawn += grams


def _refund(line: Line, refund: Any) -> None:
    """By packs it is their part of what remains, by weight the part of the grams that were billed.

    The cooperative bears it from `sales`, then the pools; of what others bear, those keep it.
    """
    packed_at = line.row.packed_at
    if packed_at is not None and refund.created_at >= packed_at:
        _pack(line)
    if refund.packs:
        assert refund.amount_fen == line.left * refund.packs // line.packs
    if refund.short_grams:
        assert refund.amount_fen == _worth_of_missing(line, refund.short_grams)
        line.short_refunded += refund.short_grams
    assert 0 <= refund.amount_fen <= line.left
    bearer = _bearer(line, refund)
    assert refund.bearer == bearer
    if bearer == "cooperative":
        back = 0
        if line.packed is None and refund.packs:
            # The packs are not sold any more: nobody has borne anything of them.
            back = line.elsewhere["programme"] * refund.packs // line.packs
            line.elsewhere["programme"] -= back
        where = {0: line.in_sales} | dict(line.in_pools)
        parts = in_proportion(refund.amount_fen + back, where)
        line.in_sales -= parts.pop(0)
        for sales_pool, part in parts.items():
            line.in_pools[sales_pool] -= part
    else:
        line.elsewhere[bearer] += refund.amount_fen
    if line.packed is None:
        line.cancelled += refund.packs * line.row.ordered_grams // line.row.packs
    elif refund.packs and refund.restocked:
        before = line.packed * line.refunded_packs // line.boxed_packs
        after = line.packed * (line.refunded_packs + refund.packs) // line.boxed_packs
        line.returned += after - before
        line.drawn -= min(after - before, line.drawn)
    if line.packed is not None:
        line.refunded_packs += refund.packs
    line.left -= refund.amount_fen
    line.packs -= refund.packs


def _worth_of_missing(line: Line, grams: int) -> int:
    """The money of grams that the box lacks: of what the buyer keeps and what is still missing."""
    assert line.packed is not None, "nothing is missing before it is packed"
    missing = line.row.ordered_grams - line.cancelled - line.packed
    still = missing * line.packs // line.boxed_packs - line.short_refunded
    assert grams <= still, f"line {line.row.id} lacks {still} g"
    gone = line.boxed_packs - line.packs
    keeps = line.packed - line.packed * gone // line.boxed_packs
    return line.left * grams // (keeps + still)


def _bearer(line: Line, refund: Any) -> str:
    """Who bears it: what comes back unharmed costs nobody, a carrier only what it had."""
    if refund.packs and (line.packed is None or refund.restocked):
        return "cooperative"
    shipped_at = line.row.shipped_at
    if refund.wished == "carrier" and (shipped_at is None or shipped_at > refund.created_at):
        return "cooperative"
    return str(refund.wished)
