"""Refunds as staff decide them: what it will be is shown first, and then done exactly so."""

import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.routing.cuts import cut
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.sources import Kind, shares
from storefront.aftersales import services
from storefront.aftersales.models import Refund
from storefront.aftersales.services import CannotRefund, RefundWish


@dataclass(frozen=True)
class RefundPlan:
    """What to give back: the whole order (`line_id` None), or packs, an amount or all of a line.

    `short_grams` of a line: what was missing in its box.
    """

    line_id: int | None
    packs: int | None
    amount_fen: int | None
    freight: bool
    restock: bool
    reason: str
    note: str = ""
    short_grams: int | None = None
    bearer: str = Refund.Bearer.COOPERATIVE


@dataclass(frozen=True)
class PreviewRow:
    """A part of a refund: of a consignment line, or of a consignment's freight (line None)."""

    consignment: Consignment
    line: ConsignmentLine | None
    amount_fen: int
    packs: int
    grams: int
    short_grams: int
    bearer: str


@dataclass(frozen=True)
class Preview:
    """What a plan comes to at present, in fen, and whose money it is by kind of source."""

    rows: Sequence[PreviewRow]
    shares: Mapping[str, int]

    @property
    def total_fen(self) -> int:
        return sum(row.amount_fen for row in self.rows)

    @property
    def buyer_fen(self) -> int:
        return self.shares.get(Kind.BUYER, 0)

    @property
    def gift_fen(self) -> int:
        return self.shares.get(Kind.GIFT, 0)

    @property
    def others_fen(self) -> int:
        """What goes back to the programme or hosts that had paid it."""
        return self.total_fen - self.buyer_fen - self.gift_fen


def preview(order_id: int, plan: RefundPlan) -> Preview:
    """What the plan would give back now; nothing is written. Raises CannotRefund."""
    consignments = Consignment.objects.select_related("partner").in_bulk(
        list(Consignment.objects.filter(order_id=order_id).values_list("pk", flat=True))
    )
    lines = (
        ConsignmentLine.objects.filter(consignment__in=consignments)
        .select_related("product__produce")
        .in_bulk()
    )
    if plan.line_id is None:
        wishes = services.remains_of(lines.values())
    else:
        wishes = [_wish(plan, plan.line_id)]
    cuts = cut(consignments, wishes, freight=plan.freight, restock=plan.restock, bearer=plan.bearer)
    found = Preview(
        [
            PreviewRow(
                consignments[item.consignment_id],
                lines[item.line_id] if item.line_id else None,
                item.amount_fen,
                item.packs,
                item.grams,
                item.short_grams,
                str(Refund.Bearer(item.bearer).label),
            )
            for item in cuts
        ],
        shares((item.consignment_id, item.line_id, item.amount_fen) for item in cuts),
    )
    if not found.total_fen:
        raise CannotRefund(_("Nothing of this is left to refund."))
    return found


def _wish(plan: RefundPlan, line_id: int) -> RefundWish:
    return RefundWish(line_id, plan.packs, plan.amount_fen, plan.short_grams)


@transaction.atomic
def carry_out(
    order_id: int, plan: RefundPlan, *, expected_fen: int, uuid: uuids.UUID, actor
) -> Refund:
    """Refund as planned, if it still comes to what staff saw. The same uuid again is one refund.

    Raises CannotRefund, and then nothing changed.
    """
    common = {
        "restock": plan.restock,
        "bearer": plan.bearer,
        "actor": actor,
        "reason": plan.reason,
        "note": plan.note,
        "uuid": uuid,
    }
    if plan.line_id is None:
        refund = services.refund_order(order_id, **common)
    else:
        wish = _wish(plan, plan.line_id)
        refund = services.refund_lines(order_id, [wish], freight=plan.freight, **common)
    if refund.order_id != order_id or refund.amount_fen != expected_fen:
        raise CannotRefund(_("It has changed since you looked: check the amount again."))
    return refund
