"""What a buyer may take back by themselves: packs that nobody has packed yet.

A consignment's lock decides between the buyer and the store: whoever has it first goes first,
and the other is told.
"""

import uuid as uuids
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.routing.cuts import Cut, cut, never_sent
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.sources import Kind, shares
from storefront.aftersales.models import Refund
from storefront.aftersales.services import CannotRefund, RefundWish, lock_order, refund_lines


class TooLate(CannotRefund):
    """Part of it is packed meanwhile. The text is for the buyer."""


@dataclass(frozen=True)
class Cancellation:
    """What a cancellation gives back, in fen: in all, to the buyer's card, to gift balances."""

    cuts: Sequence[Cut]
    lines: Mapping[int, ConsignmentLine]
    buyer_fen: int
    gift_fen: int

    @property
    def total_fen(self) -> int:
        return sum(item.amount_fen for item in self.cuts)

    @property
    def comes_back_fen(self) -> int:
        """What the buyer has of it: what others paid goes back to them."""
        return self.buyer_fen + self.gift_fen

    @property
    def freight_fen(self) -> int:
        return sum(item.amount_fen for item in self.cuts if item.line_id is None)

    @property
    def rows(self) -> list[tuple[ConsignmentLine, Cut]]:
        return [(self.lines[item.line_id], item) for item in self.cuts if item.line_id]


def cancellable(order_id: int) -> list[ConsignmentLine]:
    """The lines of an order of which the buyer can still cancel packs, by consignment."""
    lines = ConsignmentLine.objects.filter(
        consignment__order_id=order_id,
        consignment__state=Consignment.State.PAID,
        consignment__order__payment_attempt__isnull=False,
    ).select_related("consignment__partner", "product__produce")
    return [
        line for line in lines.order_by("consignment__number", "pk") if _left(line) and _money(line)
    ]


def _left(line: ConsignmentLine) -> int:
    return line.packs - line.cancelled_packs


def _money(line: ConsignmentLine) -> int:
    return line.net_fen - line.refunded_fen


def preview(order_id: int, packs: Mapping[int, int]) -> Cancellation:
    """What cancelling `packs` ({line id: packs}) would give back now. Raises CannotRefund."""
    return _plan(Consignment.objects.filter(order_id=order_id).in_bulk(), packs)


@transaction.atomic
def cancel(
    order_id: int, packs: Mapping[int, int], *, expected_fen: int, uuid: uuids.UUID, actor=None
) -> Refund:
    """Cancel packs ({line id: packs}) of an order; with them the freight of what is never sent.

    `uuid` names the cancellation: the same one again gives the refund that is there.
    Raises TooLate when any of it is packed, CannotRefund when it is not what the buyer saw.
    """
    _attempt, consignments = lock_order(order_id)
    known = Refund.objects.filter(pk=uuid).first()
    if known:
        if known.order_id != order_id:
            raise CannotRefund(_("This refund belongs to another order."))
        return known
    plan = _plan(consignments, packs)
    if plan.total_fen != expected_fen:
        raise CannotRefund(_("It has changed since you looked: check the amount again."))
    return refund_lines(
        order_id,
        _wishes(packs),
        freight=_freight(plan.cuts),
        actor=actor,
        reason=Refund.Reason.CANCELLED,
        uuid=uuid,
    )


def _plan(consignments: Mapping[int, Consignment], packs: Mapping[int, int]) -> Cancellation:
    lines = (
        ConsignmentLine.objects.filter(consignment__in=consignments)
        .select_related("consignment__partner", "product__produce")
        .in_bulk()
    )
    for line_id in packs:
        if line_id not in lines:
            raise CannotRefund(_("This line belongs to another order."))
        consignment = consignments[lines[line_id].consignment_id]
        if consignment.state != Consignment.State.PAID:
            raise TooLate(
                _("Parcel %(number)s is being packed already: it can't be cancelled any more.")
                % {"number": consignment.number}
            )
    wishes = _wishes(packs)
    goods = cut(consignments, wishes, freight=False)
    concerned = {item.consignment_id for item in goods}
    freight = {
        pk: consignments[pk].freight_fen - consignments[pk].freight_refunded_fen
        for pk in concerned & never_sent(consignments.values(), lines.values(), goods)
    }
    cuts = cut(consignments, wishes, freight=freight)
    if not sum(item.amount_fen for item in cuts):
        raise CannotRefund(_("Nothing of this is left to refund."))
    back = shares((item.consignment_id, item.line_id, item.amount_fen) for item in cuts)
    return Cancellation(cuts, lines, back.get(Kind.BUYER, 0), back.get(Kind.GIFT, 0))


def _wishes(packs: Mapping[int, int]) -> list[RefundWish]:
    return [RefundWish(line_id, packs=count) for line_id, count in sorted(packs.items())]


def _freight(cuts: Iterable[Cut]) -> dict[int, int]:
    return {item.consignment_id: item.amount_fen for item in cuts if item.line_id is None}
