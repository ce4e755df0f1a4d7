"""A decided refund on its way to the buyer: at Stripe, or paid by hand; and its ledger entry.

A refund must never be paid twice, however its tries end. Three things see to it:

- Its uuid is Stripe's idempotency key; once Stripe has forgotten the key, Stripe is asked first
  whether the refund is there.
- A try is claimed (`busy_until`) before Stripe is called. While the outcome is unknown (a claimed
  try, a time-out, a killed worker) the refund is not `failed`.
- By hand it is paid only when it is `failed`: Stripe's last word was no, and it was said to the
  only try. From then on it is `done`, and nothing sends it again.
"""

import logging
import uuid as uuids
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from catalog.clock import now
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post, reverse
from cooperatives.routing.cuts import CannotRefund
from storefront.aftersales.models import Refund
from storefront.notifications.models import Message
from storefront.notifications.services import queue
from storefront.order.models import Order
from storefront.payments import gateway
from storefront.payments.gateways.choose import gateway_of
from storefront.payments.models import GatewayName

log = logging.getLogger(__name__)
State, PaidFrom = Refund.State, Refund.PaidFrom
# Gives nothing back by itself.
OFFLINE = GatewayName.OFFLINE
# Stripe keeps an idempotency key for 24 hours at least.
KEY_LASTS = timedelta(hours=23)
# A try asks Stripe at most twice, each time with two more tries of the client's own.
TRY_LASTS = timedelta(seconds=6 * settings.STRIPE_TIMEOUT_SECONDS + 30)
FIRST_WAIT, REFUSED_WAIT = timedelta(minutes=1), timedelta(hours=1)


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

    Raises GatewayDown. What Stripe refuses is kept with its words as `failed`. While another
    try is under way, and once it is done, nothing happens.
    """
    refund, claimed = _claim(refund_uuid)
    if not claimed:
        return refund
    try:
        found = _ask(refund)
    except gateway.GatewayRefused as error:
        log.error("refund %s was refused: %s", refund.uuid, error)
        Refund.objects.filter(pk=refund.pk).exclude(state=State.DONE).update(
            state=State.FAILED, error=str(error), busy_until=None
        )
        refund.refresh_from_db()
        return refund
    except BaseException as error:
        # What came of it is unknown: the same key tells, next time.
        Refund.objects.filter(pk=refund.pk).exclude(state=State.DONE).update(
            busy_until=None, error=str(error)[:1000]
        )
        raise
    return _record(refund.pk, found)


@transaction.atomic
def _claim(refund_uuid: uuids.UUID) -> tuple[Refund, bool]:
    """Begin a try, if none is under way. Gives the refund as it was before, and whether."""
    refund = (
        Refund.objects.select_for_update(no_key=True, of=("self",))
        .select_related("attempt")
        .get(pk=refund_uuid)
    )
    moment = now()
    busy = refund.busy_until is not None and refund.busy_until > moment
    if refund.state == State.DONE or busy:
        return refund, False
    begun = Refund.objects.filter(pk=refund.pk)
    begun.update(tries=F("tries") + 1, tried_at=moment, busy_until=moment + TRY_LASTS)
    if refund.stripe_refund_id is None:
        begun.update(state=State.DECIDED)
    return refund, True


def _ask(refund: Refund) -> gateway.StripeRefund:
    """Stripe's answer: of the refund that is there, or made now."""
    service = gateway_of(refund.attempt)
    if refund.stripe_refund_id:
        return service.retrieve_refund(refund.stripe_refund_id)
    return _made_before(refund, service) or service.create_refund(
        refund.uuid, refund.attempt.intent_id or "", refund.buyer_fen
    )


def _made_before(refund: Refund, service: gateway.Gateway) -> gateway.StripeRefund | None:
    """The refund at Stripe, if an earlier try made it and its answer was lost.

    Within a day its key says so; later Stripe has forgotten the key and would pay again.
    """
    if not refund.tries or refund.created_at > now() - KEY_LASTS:
        return None
    made = service.refunds_of(refund.attempt.intent_id or "")
    return next((found for found in made if found.reference == str(refund.uuid)), None)


@transaction.atomic
def _record(refund_uuid: uuids.UUID, found: gateway.StripeRefund) -> Refund:
    """Write down what Stripe says of a refund; when it is done, post it and tell the buyer."""
    refund = Refund.objects.select_for_update(no_key=True).get(pk=refund_uuid)
    failed = found.status in ("failed", "canceled")
    if refund.state == State.DONE:
        if refund.paid_from != PaidFrom.STRIPE:
            if not failed:
                log.critical("refund %s was paid by hand, and is at Stripe: %s", refund.pk, found)
        elif failed and found.id == refund.stripe_refund_id:
            _came_back(refund, found.status)
        return refund
    if found.status == "succeeded" and _has_come_back(refund):
        log.warning("refund %s came back: what Stripe said before does not count", refund.pk)
        return refund
    refund.stripe_refund_id, refund.busy_until = found.id, None
    if found.status == "succeeded":
        settle(refund, PaidFrom.STRIPE)
    elif failed:
        refund.state, refund.error = State.FAILED, f"Stripe: {found.status}"
    else:
        refund.state, refund.error = State.SENT, ""
    refund.save()
    return refund


def settle(refund: Refund, paid_from: str, *, told: bool = True) -> None:
    """Post that a refund is paid, from an account; it is `done`. The caller has locked and saves.

    The buyer is told, unless it is the buyer who took it (`told` False: a dispute).
    """
    refund.state, refund.done_at, refund.error = State.DONE, now(), ""
    refund.paid_from, refund.busy_until = paid_from, None
    # One that came back from the buyer's bank has its posting at Stripe, reversed.
    at_stripe = paid_from == PaidFrom.DISPUTED and refund.stripe_refund_id is not None
    elsewhere = paid_from in (PaidFrom.BANK, PaidFrom.CASH, PaidFrom.PLATFORM)
    by_hand = elsewhere or at_stripe
    post(
        Transaction.Kind.REFUND_PAID,
        "refund",
        f"{refund.uuid}:hand" if by_hand else str(refund.uuid),
        [
            Leg(AccountKey(Account.Kind.REFUND_DUE), refund.buyer_fen),
            Leg(AccountKey(Account.Kind(paid_from)), -refund.buyer_fen),
        ],
    )
    if refund.order_id and told:
        order = Order.objects.get(pk=refund.order_id)
        context = {"amount_fen": refund.back_fen}
        queue(Message.Kind.REFUNDED, f"refund:{refund.uuid}", order, context)


def _has_come_back(refund: Refund) -> bool:
    """Whether one that is not done was paid before: two who asked Stripe may write in any order."""
    return (
        refund.state == State.FAILED
        and Transaction.objects.filter(
            kind=Transaction.Kind.REFUND_PAID, source_type="refund", source_id=str(refund.uuid)
        ).exists()
    )


def _came_back(refund: Refund, status: str) -> None:
    """The buyer's bank sent a refund back that was done: it is owed again, and staff must act."""
    log.error("refund %s was done and came back: %s", refund.uuid, status)
    paid = Transaction.objects.get(
        kind=Transaction.Kind.REFUND_PAID, source_type="refund", source_id=str(refund.uuid)
    )
    reverse(paid.pk)
    refund.state, refund.done_at, refund.error = State.FAILED, None, f"Stripe: {status}"
    refund.save(update_fields=["state", "done_at", "error"])


@transaction.atomic
def pay_by_hand(refund_uuid: uuids.UUID, account: str, reference: str, actor) -> Refund:
    """Record that finance paid a refund from the bank account or in cash, with a reference.

    Only one that Stripe refused or sent back, or of a payment that was not made at Stripe; from
    then on Stripe is not asked again. Recording the same once more changes nothing. Raises
    CannotRefund.
    """
    reference = reference.strip()
    if account not in (PaidFrom.BANK, PaidFrom.CASH):
        raise CannotRefund(_("By hand it is paid from the bank account or in cash."))
    if not 0 < len(reference) <= 120:
        raise CannotRefund(_("Give the reference of the transfer or the receipt."))
    refund = (
        Refund.objects.select_for_update(no_key=True, of=("self",))
        .select_related("attempt")
        .get(pk=refund_uuid)
    )
    if refund.state == State.DONE:
        if (refund.paid_from, refund.paid_reference) == (account, reference):
            return refund
        raise CannotRefund(_("This refund is done already."))
    if not may_be_paid_by_hand(refund):
        raise CannotRefund(_("Stripe may still pay this refund: wait until it has refused."))
    refund.paid_reference, refund.paid_by = reference, actor
    settle(refund, account)
    refund.save()
    return refund


def may_be_paid_by_hand(refund: Refund) -> bool:
    """Whether Stripe will surely not pay it: its last answer was no, or it was never asked."""
    busy = refund.busy_until is not None and refund.busy_until > now()
    if refund.attempt.gateway == OFFLINE:
        return refund.state != State.DONE and refund.buyer_fen > 0
    return refund.state == State.FAILED and not busy


def next_try(refund: Refund) -> datetime | None:
    """When the sweep sends a refund (again); None if it is done or only finance can pay it."""
    if refund.state == State.DONE:
        return None
    if refund.attempt.gateway == OFFLINE and refund.state == State.FAILED:
        return None
    if refund.tried_at is None:
        due = refund.created_at + FIRST_WAIT
    else:
        refused = refund.state == State.FAILED
        due = refund.tried_at + (REFUSED_WAIT if refused else FIRST_WAIT)
    return max(due, refund.busy_until or due)


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
    """Refunds to try (again): after a minute, after an hour if Stripe refused.

    Not those that only finance can pay.
    """
    minute, hour = now() - FIRST_WAIT, now() - REFUSED_WAIT
    by_hand = Q(state=State.FAILED) & Q(attempt__gateway=OFFLINE)
    return list(
        Refund.objects.exclude(state=State.DONE)
        .filter(created_at__lt=minute)
        .exclude(by_hand)
        .exclude(tried_at__gte=minute)
        .exclude(state=State.FAILED, tried_at__gte=hour)
        .order_by(F("tried_at").asc(nulls_first=True), "created_at")
        .values_list("pk", flat=True)[:limit]
    )
