"""Drawing lots for packed goods, and taking the drawing back (DESIGN §5 "Lots", §6).

Everything here runs under the lock of the line's pool.
"""

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import F, Max

from catalog.numbers import largest_remainder
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.selectors import line_balances
from cooperatives.ledger.services import AccountKey, Leg, post, reverse
from cooperatives.partner.models import StockMove
from cooperatives.routing.models import ConsignmentLine, Draw, Drawing

if TYPE_CHECKING:
    from cooperatives.partner.stock import OpenPool

Cause = StockMove.Cause


def _lots_with_grams(open_pool: "OpenPool"):
    """Lots that may be drawn, best-before first."""
    return open_pool.pool.lots.filter(grams__gt=F("drawn_grams") + F("written_off_grams")).order_by(
        "expires_at", "pk"
    )


def draw(
    open_pool: "OpenPool", line: ConsignmentLine, cause: str, before: int, reference: str = ""
) -> None:
    """Draw lots for what of a packed line is undrawn, as far as lots go.

    `before` is what the line added to `allocated` before the caller changed it; the journal row
    takes the pool from there to where the line is now, under `reference` or the drawing's own.
    The line is saved.
    """
    wanted = line.open_grams
    draws: list[Draw] = []
    changed = []
    for lot in _lots_with_grams(open_pool) if wanted else []:
        grams = min(wanted, lot.left)
        lot.drawn_grams += grams
        wanted -= grams
        changed.append(lot)
        draws.append(Draw(lot=lot, grams=grams))
        if not wanted:
            break
    drawn = sum(item.grams for item in draws)
    undrawn_before = line.open_grams
    line.drawn_grams += drawn
    line.short_grams = min(line.short_grams, line.open_grams)
    line.save(update_fields=["packed_grams", "drawn_grams", "short_grams"])
    drawing = _record(line, drawn, None, open_pool) if drawn else None
    if drawing:
        reference = reference or f"drawing:{drawing.pk}"
    open_pool.move(cause, reference, on_hand=-drawn, allocated=line.allocated_grams - before)
    if drawing is None:
        return
    open_pool.pool.lots.bulk_update(changed, ["drawn_grams"])
    for item in draws:
        item.drawing = drawing
    Draw.objects.bulk_create(draws)
    _book(drawing, draws, line, open_pool.pool.partner_id, undrawn_before)


def _sequence(line: ConsignmentLine) -> int:
    return (line.drawings.aggregate(last=Max("sequence"))["last"] or 0) + 1


def _record(
    line: ConsignmentLine, grams: int, reverses: Drawing | None, open_pool: "OpenPool"
) -> Drawing:
    return Drawing.objects.create(
        line=line,
        sequence=_sequence(line),
        grams=grams,
        reverses=reverses,
        created_at=open_pool.moment,
    )


def _book(
    drawing: Drawing, draws: list[Draw], line: ConsignmentLine, partner_id: int, undrawn: int
) -> None:
    """Move the drawn part of a line's money from `sales` to the sales pools, by grams.

    The last drawing of a line takes all that is left, so the parts always add up.
    """
    left = line_balances([line.pk]).get(line.pk, {}).get(None, 0)
    amount = left * drawing.grams // undrawn
    grams: dict[int, int] = defaultdict(int)
    for item in draws:
        grams[item.lot.sales_pool_id] += item.grams
    parts = largest_remainder(amount, grams)
    legs = [Leg(AccountKey(Account.Kind.SALES, partner_id), amount, line.pk)]
    legs += [
        Leg(
            AccountKey(Account.Kind.POOL, partner_id, sales_pool_id=sales_pool_id),
            -part,
            line.pk,
            sales_pool_id,
        )
        for sales_pool_id, part in parts.items()
    ]
    post(Transaction.Kind.PACKED, "drawing", str(drawing.pk), legs, partner_id=partner_id)


def draw_waiting(open_pool: "OpenPool") -> None:
    """Draw new lots for what was packed before they were entered, oldest payment first."""
    waiting = ConsignmentLine.objects.filter(
        pool=open_pool.pool, packed_grams__gt=F("drawn_grams") + F("returned_grams")
    ).order_by("consignment__paid_at", "pk")
    for line in waiting:
        if not _lots_with_grams(open_pool).exists():
            break
        draw(open_pool, line, Cause.DRAWN, line.allocated_grams)


def take_back(open_pool: "OpenPool", line: ConsignmentLine, cause: str) -> int:
    """Undo all drawings of a line: grams back in their lots, money back in `sales`.

    Gives the grams taken back. The caller sets the line's other fields, saves it and journals
    the change of `allocated`.
    """
    total = 0
    drawings = line.drawings.filter(reverses__isnull=True, reversed_by__isnull=True)
    for drawing in drawings.prefetch_related("draws"):
        opposite = _record(line, -drawing.grams, drawing, open_pool)
        for item in drawing.draws.all():
            Draw.objects.create(drawing=opposite, lot_id=item.lot_id, grams=-item.grams)
            open_pool.pool.lots.filter(pk=item.lot_id).update(
                drawn_grams=F("drawn_grams") - item.grams
            )
        posted = Transaction.objects.filter(
            kind=Transaction.Kind.PACKED, source_type="drawing", source_id=str(drawing.pk)
        ).first()
        if posted:
            reverse(posted.pk, Transaction.Kind.UNPACKED)
        open_pool.move(cause, f"drawing:{opposite.pk}", on_hand=drawing.grams)
        total += drawing.grams
    line.drawn_grams = 0
    return total


def put_back(
    open_pool: "OpenPool", line: ConsignmentLine, grams: int, before: int, reference: str
) -> None:
    """Return grams of a packed line to the lots they came from, last drawn first.

    The money stays where the refund left it. What no lot covered yet needs none any more.
    `before` as for draw(). The caller saves the line.
    """
    drawn: dict[int, int] = defaultdict(int)
    for item in Draw.objects.filter(drawing__line=line).order_by("-pk"):
        drawn[item.lot_id] += item.grams
    rest = min(grams, line.drawn_grams)
    line.returned_grams += grams
    line.drawn_grams -= rest
    line.short_grams = min(line.short_grams, line.open_grams)
    open_pool.move(Cause.RETURNED, reference, on_hand=rest, allocated=line.allocated_grams - before)
    if not rest:
        return
    drawing = _record(line, -rest, None, open_pool)
    for lot_id, held in drawn.items():
        back = min(rest, held)
        if back > 0:
            Draw.objects.create(drawing=drawing, lot_id=lot_id, grams=-back)
            open_pool.pool.lots.filter(pk=lot_id).update(drawn_grams=F("drawn_grams") - back)
            rest -= back
