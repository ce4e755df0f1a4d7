"""Mend a gap: each kind has one way, and what it did is looked at before the gap is called closed.

Nothing here decides twice: every step has a key of its own, so that a second press does nothing.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from cooperatives.routing.cuts import CannotRefund
from storefront.aftersales import sending
from storefront.aftersales.adopting import adopt
from storefront.aftersales.cases.disputes import on_event
from storefront.aftersales.cases.models import Dispute
from storefront.aftersales.models import Refund
from storefront.payments import balance, gateway, strays
from storefront.payments.finalizing import finalize
from storefront.payments.models import BalanceMovement, Gap, PaymentAttempt, StrayPayment
from storefront.payments.reconciling import gaps
from storefront.payments.reconciling.words import action

Kind = Gap.Kind


class CannotResolve(Exception):
    """A gap that can't be mended so, in words. Nothing changed, or what changed is whole."""


def resolve(gap_id: int, actor, bearer: str = Refund.Bearer.COOPERATIVE) -> Gap:
    """Carry out what is proposed for an open gap, and close it once that is seen in our tables.

    `bearer` says who bears a refund that is adopted. Network. Raises CannotResolve, GatewayDown.
    """
    gap = Gap.objects.get(pk=gap_id)
    if gap.state != Gap.State.OPEN:
        return gap
    details = gap.details
    try:
        match gap.kind:
            case Kind.INTENT_UNPLACED:
                _finish(details)
            case Kind.INTENT_UNKNOWN | Kind.CHARGE_UNKNOWN:
                strays.give_back(details["intent"], details["fen"], actor)
            case Kind.REFUND_UNKNOWN:
                _adopt(details, actor, bearer)
            case Kind.REFUND_MISSING if details["refund"]:
                _ask_again(details)
            case Kind.DISPUTE_UNKNOWN:
                _open_case(details)
            case Kind.MOVEMENT_UNBOOKED:
                balance.sweep_balance(since=gap.happened_at - timedelta(days=1))
            case _:
                raise CannotResolve(_("Nothing can be done about this by a button."))
    except (CannotRefund, strays.CannotGiveBack, gateway.GatewayRefused) as error:
        raise CannotResolve(str(error)) from error
    if not _mended(gap):
        raise CannotResolve(_("It is as it was. Look at the details, and explain it if need be."))
    return gaps.end(gap.pk, Gap.State.CLOSED, actor, action(gap))


def acknowledge(gap_id: int, actor, reason: str) -> Gap:
    """Explain an open gap: it counts no longer, here and in verify_books, while it stays the same.

    Raises CannotResolve without a reason.
    """
    if not reason.strip():
        raise CannotResolve(_("Say why: others will rely on it."))
    return gaps.end(gap_id, Gap.State.ACKNOWLEDGED, actor, reason.strip())


def _finish(details: dict[str, Any]) -> None:
    PaymentAttempt.objects.filter(pk=details["payment"], intent_id__isnull=True).update(
        intent_id=details["intent"]
    )
    finalize(uuid.UUID(details["payment"]))


def _ask_again(details: dict[str, Any]) -> None:
    if not strays.refresh(details["refund"], ""):
        sending.refresh_refund(details["refund"], "")


def _open_case(details: dict[str, Any]) -> None:
    on_event(gateway.retrieve_dispute(details["dispute"]))


def _adopt(details: dict[str, Any], actor, bearer: str) -> None:
    """Take a refund from the dashboard into the books: of an order, or of money of nobody's."""
    found = gateway.retrieve_refund(details["refund"])
    if found.status in strays.GONE:
        raise CannotResolve(_("This refund failed at Stripe: nothing was given back."))
    attempt = PaymentAttempt.objects.filter(intent_id=found.intent_id or None).first()
    if attempt is not None and attempt.order_id:
        adopt(attempt, found, bearer, actor)
        return
    if attempt is not None:
        raise CannotResolve(
            _("Its payment has no order: finish the payment first, or explain this refund.")
        )
    payment_id = found.intent_id or found.charge_id
    paid = gateway.retrieve_intent(payment_id) if found.intent_id else None
    strays.give_back(payment_id, paid.received_fen if paid else found.amount_fen, actor)


def _mended(gap: Gap) -> bool:
    """Whether our tables now say what Stripe says."""
    details = gap.details
    match gap.kind:
        case Kind.INTENT_UNPLACED:
            ended = (PaymentAttempt.State.PLACED, PaymentAttempt.State.REFUNDED)
            return PaymentAttempt.objects.filter(pk=details["payment"], state__in=ended).exists()
        case Kind.INTENT_UNKNOWN | Kind.CHARGE_UNKNOWN:
            return StrayPayment.objects.filter(pk=details["intent"]).exists()
        case Kind.REFUND_UNKNOWN:
            known = (
                model.objects.filter(stripe_refund_id=details["refund"]).exists()
                for model in (Refund, StrayPayment)
            )
            return any(known)
        case Kind.REFUND_MISSING:
            done = Refund.objects.filter(pk=details["uuid"], state=Refund.State.DONE).exists()
            return (
                not done
                and not StrayPayment.objects.filter(
                    refund=details["uuid"], state=StrayPayment.State.DONE
                ).exists()
            )
        case Kind.DISPUTE_UNKNOWN:
            return Dispute.objects.filter(pk=details["dispute"]).exists()
        case Kind.MOVEMENT_UNBOOKED:
            return BalanceMovement.objects.filter(pk=details["movement"]).exists()
    return False
