"""Refunds: decide and book in one transaction, do it at Stripe after commit, book that too.

Locks: the payment attempt, the consignments, then the pools.
"""

import logging
import uuid as uuids
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from catalog.clock import now
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post, reverse
from cooperatives.routing import refunding
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.refunding import CannotRefund
from storefront.aftersales.models import Refund, RefundLine
from storefront.notifications.models import Message
from storefront.notifications.services import queue
from storefront.order.models import Order
from storefront.payments import gateway
from storefront.payments.models import PaymentAttempt

log = logging.getLogger(__name__)
State = Refund.State
# Stripe keeps an idempotency key for 24 hours at least.
KEY_LASTS = timedelta(hours=23)


@dataclass(frozen=True)
class RefundWish:
    """What to give back of one consignment line.

    `packs` of it (their part of what remains), or an amount in fen, or all that remains when
    both are None.
    """

    line_id: int
    packs: int | None = None
    amount_fen: int | None = None


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
    uuid: uuids.UUID | None = None,
) -> Refund:
    """Refund all that remains of an order, freight included."""
    lines = ConsignmentLine.objects.filter(consignment__order_id=order_id)
    return refund_lines(
        order_id,
        remains_of(lines),
        freight=True,
        restock=restock,
        actor=actor,
        reason=reason,
        note=note,
        uuid=uuid,
    )


@transaction.atomic
def refund_lines(
    order_id: int,
    wishes: Sequence[RefundWish],
    *,
    freight: bool = False,
    restock: bool = True,
    actor=None,
    reason: str = Refund.Reason.GOODWILL,
    note: str = "",
    uuid: uuids.UUID | None = None,
) -> Refund:
    """Refund lines of an order; gives the refund, which is sent to Stripe after commit.

    Before packing the packs' grams go free again; after it they are written off, or with
    `restock` return to their lots. `uuid` names the refund: the same one again gives the refund
    that is there. Raises CannotRefund; then nothing changed.
    """
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(order_id=order_id)
    known = Refund.objects.filter(pk=uuid).first() if uuid else None
    if known:
        return known
    consignments = {
        consignment.pk: consignment
        for consignment in Consignment.objects.select_for_update(no_key=True)
        .filter(order_id=order_id)
        .order_by("pk")
    }
    cuts = refunding.cut(consignments, wishes, freight=freight)
    total = sum(item.amount_fen for item in cuts)
    if not total:
        raise CannotRefund(_("Nothing of this is left to refund."))
    refund = Refund.objects.create(
        uuid=uuid or uuids.uuid4(),
        attempt=attempt,
        order_id=order_id,
        reason=reason,
        note=note,
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
            restocked=restock and item.packs > 0,
        )
        for item in cuts
    )
    refunding.apply(str(refund.uuid), consignments, cuts, restock=restock, actor=actor)
    send_after_commit(refund)
    return refund


def send_after_commit(refund: Refund) -> None:
    """Have a worker send the refund to Stripe once the transaction is committed."""
    from storefront.aftersales.tasks import send_refund

    def enqueue() -> None:
        try:
            send_refund.delay(str(refund.uuid))
        except OperationalError as error:
            log.warning("refund %s waits for the sweep: %s", refund.uuid, error)

    transaction.on_commit(enqueue)


def send(refund_uuid: uuids.UUID) -> Refund:
    """Do a refund at Stripe. Safe to repeat: its uuid is the idempotency key.

    Raises GatewayDown. What Stripe refuses is kept with its words as `failed`.
    """
    refund = Refund.objects.select_related("attempt").get(pk=refund_uuid)
    if refund.state == State.DONE:
        return refund
    Refund.objects.filter(pk=refund.pk).update(tries=F("tries") + 1, tried_at=now())
    try:
        if refund.stripe_refund_id:
            found = gateway.retrieve_refund(refund.stripe_refund_id)
        else:
            found = _made_before(refund) or gateway.create_refund(
                refund.uuid, refund.attempt.intent_id or "", refund.amount_fen
            )
    except gateway.GatewayRefused as error:
        log.error("Stripe refused refund %s: %s", refund.uuid, error)
        Refund.objects.filter(pk=refund.pk).exclude(state=State.DONE).update(
            state=State.FAILED, error=str(error)
        )
        refund.refresh_from_db()
        return refund
    return _record(refund.pk, found)


def _made_before(refund: Refund) -> gateway.StripeRefund | None:
    """The refund at Stripe, if an earlier try made it and its answer was lost.

    Within a day its key says so; later Stripe has forgotten the key and would pay again.
    """
    if not refund.tries or refund.created_at > now() - KEY_LASTS:
        return None
    made = gateway.refunds_of(refund.attempt.intent_id or "")
    return next((found for found in made if found.reference == str(refund.uuid)), None)


@transaction.atomic
def _record(refund_uuid: uuids.UUID, found: gateway.StripeRefund) -> Refund:
    """Write down what Stripe says of a refund; when it is done, post it and tell the buyer."""
    refund = Refund.objects.select_for_update(no_key=True).get(pk=refund_uuid)
    if refund.state == State.DONE:
        if found.id == refund.stripe_refund_id and found.status in ("failed", "canceled"):
            _came_back(refund, found.status)
        return refund
    refund.stripe_refund_id = found.id
    if found.status == "succeeded":
        refund.state, refund.done_at, refund.error = State.DONE, now(), ""
        post(
            Transaction.Kind.REFUND_PAID,
            "refund",
            str(refund.uuid),
            [
                Leg(AccountKey(Account.Kind.REFUND_DUE), refund.amount_fen),
                Leg(AccountKey(Account.Kind.STRIPE), -refund.amount_fen),
            ],
        )
        if refund.order_id:
            order = Order.objects.get(pk=refund.order_id)
            context = {"amount_fen": refund.amount_fen}
            queue(Message.Kind.REFUNDED, f"refund:{refund.uuid}", order, context)
    elif found.status in ("failed", "canceled"):
        refund.state, refund.error = State.FAILED, f"Stripe: {found.status}"
    else:
        refund.state = State.SENT
    refund.save(update_fields=["stripe_refund_id", "state", "done_at", "error"])
    return refund


def _came_back(refund: Refund, status: str) -> None:
    """The buyer's bank sent a refund back that was done: it is owed again, and staff must act."""
    log.error("refund %s was done and came back: %s", refund.uuid, status)
    paid = Transaction.objects.get(
        kind=Transaction.Kind.REFUND_PAID, source_type="refund", source_id=str(refund.uuid)
    )
    reverse(paid.pk)
    refund.state, refund.done_at, refund.error = State.FAILED, None, f"Stripe: {status}"
    refund.save(update_fields=["state", "done_at", "error"])


def refresh_refund(stripe_refund_id: str, reference: str) -> None:
    """React to an event about a refund of ours; others are none of our business here."""
    refund = Refund.objects.filter(stripe_refund_id=stripe_refund_id).first()
    if refund is None and reference:
        try:
            refund = Refund.objects.filter(pk=uuids.UUID(reference)).first()
        except ValueError:
            return
    if refund is not None:
        _record(refund.pk, gateway.retrieve_refund(stripe_refund_id))


def waiting_refunds(limit: int = 100) -> list[uuids.UUID]:
    """Refunds that are not done: tried again after a minute, after an hour if Stripe refused."""
    minute, hour = now() - timedelta(minutes=1), now() - timedelta(hours=1)
    return list(
        Refund.objects.exclude(state=State.DONE)
        .filter(created_at__lt=minute)
        .exclude(tried_at__gte=minute)
        .exclude(state=State.FAILED, tried_at__gte=hour)
        .order_by(F("tried_at").asc(nulls_first=True), "created_at")
        .values_list("pk", flat=True)[:limit]
    )
