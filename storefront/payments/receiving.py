"""Finance says what came in by bank transfer or in cash; that places the order."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from catalog.clock import now, today
from catalog.numbers import to_yuan
from storefront.payments.finalizing import Outcome, finalize
from storefront.payments.models import GatewayName, OfflinePayment, PaymentAttempt

State = OfflinePayment.State
# So long an expired payment stays on finance's page: transfers take days.
SHOWN_AFTER = timedelta(days=30)


class CannotConfirm(Exception):
    """A receipt that does not fit, in words for the one who enters it. Nothing changed."""


@dataclass(frozen=True)
class Receipt:
    """What came in: on which account, how much, under which number of the bank's, when."""

    account: str
    amount_fen: int
    reference: str
    received_on: date


def confirm(intent_id: str, receipt: Receipt, actor) -> Outcome:
    """Write down that the money of an offline payment came in, and place its order.

    The same receipt again does nothing more. After the payment's time the order is placed if the
    goods can still be had; else a refund is decided, to be paid by hand. Raises CannotConfirm.
    """
    payment = _write(intent_id, receipt, actor)
    return finalize(payment.attempt_id)


@transaction.atomic
def _write(intent_id: str, receipt: Receipt, actor) -> OfflinePayment:
    payment = OfflinePayment.objects.select_for_update(no_key=True).get(pk=intent_id)
    if payment.state == State.RECEIVED:
        if (payment.account, payment.reference) == (receipt.account, receipt.reference):
            return payment
        raise CannotConfirm(
            _("This payment is confirmed already, with the reference %(reference)s.")
            % {"reference": payment.reference}
        )
    if receipt.amount_fen != payment.amount_fen:
        raise CannotConfirm(
            _(
                "¥%(came)s came in, the order costs ¥%(due)s. Nothing is confirmed: ask the buyer "
                "for the rest, or send the money back and let the buyer order again."
            )
            % {"came": to_yuan(receipt.amount_fen), "due": to_yuan(payment.amount_fen)}
        )
    if receipt.received_on > today():
        raise CannotConfirm(_("The money can't have come in on a day that is still to come."))
    payment.state = State.RECEIVED
    payment.account = receipt.account
    payment.reference = receipt.reference
    payment.received_on = receipt.received_on
    payment.confirmed_by = actor
    payment.confirmed_at = now()
    try:
        with transaction.atomic():
            payment.save()
    except IntegrityError as error:
        raise CannotConfirm(
            _("The reference %(reference)s belongs to another payment already.")
            % {"reference": receipt.reference}
        ) from error
    return payment


def to_confirm() -> QuerySet[OfflinePayment]:
    """Payments whose money may still come, the oldest first: open ones, then what expired."""
    recently = now() - SHOWN_AFTER
    return (
        OfflinePayment.objects.filter(
            Q(state=State.WAITING) | Q(state=State.CANCELLED, created_at__gte=recently)
        )
        .select_related("attempt__user")
        .order_by("-state", "created_at")
    )


def waiting_transfers(user) -> QuerySet[PaymentAttempt]:
    """A member's payments whose transfer is awaited."""
    return PaymentAttempt.objects.filter(
        user=user, state=PaymentAttempt.State.OPEN, gateway=GatewayName.OFFLINE
    ).order_by("created_at")


def confirmed() -> QuerySet[OfflinePayment]:
    """What was confirmed, the latest first."""
    return (
        OfflinePayment.objects.filter(state=State.RECEIVED)
        .select_related("attempt__order", "confirmed_by")
        .order_by("-confirmed_at")
    )


def received_attempts(limit: int = 200) -> list[UUID]:
    """Attempts whose money is there and which nobody finalized: the server died in between."""
    return list(
        PaymentAttempt.objects.filter(
            state__in=[PaymentAttempt.State.OPEN, PaymentAttempt.State.CLOSED],
            offline__state=State.RECEIVED,
        )
        .order_by("created_at")
        .values_list("pk", flat=True)[:limit]
    )
