"""Refunds: decide and book in one transaction, do it at Stripe after commit (`sending`).

Locks: the payment attempt, the consignments, then gift balances, the pools.
"""

import uuid as uuids
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.clock import now
from catalog.numbers import largest_remainder
from cooperatives.routing import refunding
from cooperatives.routing.cuts import CannotRefund, Cut, cut, never_sent
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.sources import buyers_left
from storefront.aftersales.models import Refund, RefundLine
from storefront.aftersales.sending import (
    pay_by_hand,
    refresh_refund,
    send,
    send_after_commit,
    settle,
    waiting_refunds,
)
from storefront.payments.models import GatewayName, PaymentAttempt

__all__ = [
    "CannotRefund",
    "RefundWish",
    "lock_order",
    "pay_by_hand",
    "record_lost_dispute",
    "refresh_refund",
    "refund_lines",
    "refund_order",
    "remains_of",
    "send",
    "send_after_commit",
    "waiting_refunds",
]
Bearer, PaidFrom = Refund.Bearer, Refund.PaidFrom


@dataclass(frozen=True)
class RefundWish:
    """What to give back of one consignment line.

    `packs` of it (their part of what remains), or an amount in fen, or grams that were missing
    in the box, or all that remains when all are None.
    """

    line_id: int
    packs: int | None = None
    amount_fen: int | None = None
    short_grams: int | None = None


def remains_of(lines: Iterable[ConsignmentLine]) -> list[RefundWish]:
    """Wishes for all that remains: also packs whose money went back before."""
    return [
        RefundWish(line.pk)
        for line in lines
        if line.net_fen > line.refunded_fen or line.packs > line.cancelled_packs
    ]


def refund_order(
    order_id: int,
    *,
    actor=None,
    reason: str = Refund.Reason.CANCELLED,
    note: str = "",
    restock: bool = True,
    bearer: str = Bearer.COOPERATIVE,
    uuid: uuids.UUID | None = None,
) -> Refund:
    """Refund all that remains of an order, freight included."""
    lines = ConsignmentLine.objects.filter(consignment__order_id=order_id)
    return refund_lines(
        order_id,
        remains_of(lines),
        freight=True,
        restock=restock,
        bearer=bearer,
        actor=actor,
        reason=reason,
        note=note,
        uuid=uuid,
    )


def lock_order(order_id: int) -> tuple[PaymentAttempt, dict[int, Consignment]]:
    """Lock an order's payment, then its consignments; part of the caller's transaction.

    Gives {consignment id: consignment}. Nobody packs or refunds any of it meanwhile. Raises
    CannotRefund for an order that was not paid here.
    """
    paid = PaymentAttempt.objects.select_for_update(no_key=True).filter(order_id=order_id)
    attempt = paid.first()
    if attempt is None:
        raise CannotRefund(_("This order was not paid here."))
    locked = Consignment.objects.select_for_update(no_key=True).filter(order_id=order_id)
    return attempt, {one.pk: one for one in locked.order_by("pk")}


@transaction.atomic
def refund_lines(
    order_id: int,
    wishes: Sequence[RefundWish],
    *,
    freight: bool | Mapping[int, int] = False,
    restock: bool = True,
    bearer: str = Bearer.COOPERATIVE,
    actor=None,
    reason: str = Refund.Reason.GOODWILL,
    note: str = "",
    uuid: uuids.UUID | None = None,
    given_by: str = "",
) -> Refund:
    """Refund lines of an order; gives the refund, which is sent to Stripe after commit.

    Before packing the packs' grams go free again; after it they are written off, or with
    `restock` return to their lots. `freight`: with what remains of the freight of the
    consignments concerned, or {consignment id: fen of it}. `bearer` bears what is lost by it
    (cooperatives.routing.cuts). `uuid` names the refund: the same one again gives the refund
    that is there. What was sold on another platform is given back there alone: `given_by` is that
    platform's reference. Raises CannotRefund; then nothing changed.
    """
    attempt, consignments = lock_order(order_id)
    if (attempt.gateway == GatewayName.PLATFORM) != bool(given_by):
        raise CannotRefund(
            _("It was sold on another platform: give it back there, then import its new export.")
        )
    known = Refund.objects.filter(pk=uuid).first() if uuid else None
    if known and known.order_id != order_id:
        raise CannotRefund(_("This refund belongs to another order."))
    if known:
        return known
    cuts = cut(consignments, wishes, freight=freight, restock=restock, bearer=bearer)
    refund = _decide(attempt, cuts, reason, note, bearer, actor, uuid, restock)
    given = refunding.apply(str(refund.uuid), consignments, cuts, restock=restock, actor=actor)
    refund.buyer_fen, refund.gift_fen = given
    if given_by:
        refund.paid_reference = given_by
        settle(refund, PaidFrom.PLATFORM, told=False)
    elif given.buyer_fen:
        send_after_commit(refund)
    else:
        # Others paid all of it: they have it back by the booking itself.
        settle(refund, PaidFrom.STRIPE)
    refund.save()
    return refund


def _decide(
    attempt: PaymentAttempt,
    cuts: Sequence[Cut],
    reason: str,
    note: str,
    bearer: str,
    actor,
    uuid: uuids.UUID | None,
    restock: bool,
) -> Refund:
    """Write the refund and its lines; whose money it is, the booking tells."""
    total = sum(item.amount_fen for item in cuts)
    if not total:
        raise CannotRefund(_("Nothing of this is left to refund."))
    refund = Refund.objects.create(
        uuid=uuid or uuids.uuid4(),
        attempt=attempt,
        order_id=attempt.order_id,
        reason=reason,
        note=note,
        bearer=bearer,
        amount_fen=total,
        buyer_fen=total,
        decided_by=actor,
        created_at=now(),
    )
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund,
            consignment_id=item.consignment_id,
            consignment_line_id=item.line_id,
            amount_fen=item.amount_fen,
            packs=item.packs,
            grams=item.grams,
            short_grams=item.short_grams,
            restocked=restock and item.packs > 0,
            bearer=item.bearer,
            borne_back_fen=item.back_fen,
        )
        for item in cuts
    )
    return refund


@transaction.atomic
def record_lost_dispute(
    attempt: PaymentAttempt, amount_fen: int, dispute_id: str, bearer: str, actor=None
) -> Refund:
    """Record that the buyer's bank took money back: a refund that the dispute itself has paid.

    Of at most what remains of the buyer's own money: what was refunded before stays refunded
    (the caller sees by `amount_fen` if that was less). It is cut over lines and freight by what
    remains of each. If nothing of it remains afterwards, what is not packed yet is cancelled, and
    others have what they had paid of that.
    The same dispute again gives the refund that is there. Raises CannotRefund when nothing is
    left, or the payment has no order.
    """
    if attempt.order_id is None:
        raise CannotRefund(_("This payment has no order: it was given back whole."))
    attempt, consignments = lock_order(attempt.order_id)
    known = Refund.objects.filter(paid_from=PaidFrom.DISPUTED, paid_reference=dispute_id).first()
    if known:
        return known
    lines = list(ConsignmentLine.objects.filter(consignment__in=consignments).order_by("pk"))
    left = {key: fen for key, fen in buyers_left(consignments.values(), lines).items() if fen}
    taken = min(amount_fen, sum(left.values()))
    if taken <= 0:
        raise CannotRefund(_("Nothing of this is left to refund."))
    # Freight sorts before the lines.
    parts = largest_remainder(taken, {(c, line or 0): fen for (c, line), fen in left.items()})
    freight = {c: fen for (c, line), fen in parts.items() if not line and fen}
    wishes = [RefundWish(line, amount_fen=fen) for (_c, line), fen in parts.items() if line and fen]
    if taken == sum(left.values()):
        unpacked = _unpacked(lines)
        wishes = [wish for wish in wishes if wish.line_id not in unpacked]
        wishes += [wish for wish in remains_of(lines) if wish.line_id in unpacked]
        freight |= _freight_of_never_sent(consignments, lines, wishes)
    cuts = cut(consignments, wishes, freight=freight, restock=False, bearer=bearer)
    reason = Refund.Reason.DISPUTE
    refund = _decide(attempt, cuts, reason, "", bearer, actor, None, restock=False)
    given = refunding.apply(
        str(refund.uuid), consignments, cuts, restock=False, actor=actor, only_buyer=True
    )
    refund.buyer_fen, refund.gift_fen = given
    refund.paid_reference = dispute_id
    settle(refund, PaidFrom.DISPUTED, told=False)
    refund.save()
    return refund


def _freight_of_never_sent(
    consignments: Mapping[int, Consignment],
    lines: Sequence[ConsignmentLine],
    wishes: Sequence[RefundWish],
) -> dict[int, int]:
    """What remains of the freight of the parcels of which nothing is left to pack."""
    emptied = never_sent(
        list(consignments.values()), lines, cut(consignments, wishes, freight=False)
    )
    return {
        pk: one.freight_fen - one.freight_refunded_fen
        for pk, one in consignments.items()
        if pk in emptied
    }


def _unpacked(lines: Iterable[ConsignmentLine]) -> set[int]:
    return {line.pk for line in lines if line.packed_grams is None}
