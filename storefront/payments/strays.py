"""Money at Stripe that belongs to no payment of ours: taken into the books, and given back whole.

It is booked like goods that were gone: Stripe holds it, and owes it through us to whoever paid.
"""

import logging
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.clock import now
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post, reverse
from storefront.payments import gateway
from storefront.payments.models import StrayPayment

log = logging.getLogger(__name__)
State = StrayPayment.State
GONE = ("failed", "canceled")


class CannotGiveBack(Exception):
    """A stray payment that can't be given back by itself, in words for finance."""


def give_back(payment_id: str, amount_fen: int, actor) -> StrayPayment:
    """Take in a payment of nobody's (an intent or a charge) and refund all of it.

    What the dashboard refunded whole already is taken in with that refund. The same payment again
    is taken in once. Network. Raises CannotGiveBack, GatewayDown, GatewayRefused.
    """
    live = [one for one in gateway.refunds_of(payment_id) if one.status not in GONE]
    known = StrayPayment.objects.filter(pk=payment_id).first()
    foreign = [one for one in live if known is None or one.reference != str(known.refund)]
    if foreign and (len(foreign) > 1 or foreign[0].amount_fen != amount_fen):
        raise CannotGiveBack(
            _("A part of it was given back at Stripe: give the rest back there and explain it.")
        )
    stray = _take_in(payment_id, amount_fen, actor)
    if foreign:
        return _record(stray.pk, foreign[0])
    return send(stray.pk)


@transaction.atomic
def _take_in(payment_id: str, amount_fen: int, actor) -> StrayPayment:
    stray, new = StrayPayment.objects.get_or_create(
        pk=payment_id,
        defaults={"amount_fen": amount_fen, "decided_by": actor, "recorded_at": now()},
    )
    if new:
        post(
            Transaction.Kind.GOODS_GONE,
            "stray",
            payment_id,
            [
                Leg(AccountKey(Account.Kind.STRIPE), amount_fen),
                Leg(AccountKey(Account.Kind.REFUND_DUE), -amount_fen),
            ],
        )
    return stray


def send(payment_id: str) -> StrayPayment:
    """Refund a stray payment at Stripe; safe to repeat. Raises GatewayDown."""
    stray = StrayPayment.objects.get(pk=payment_id)
    if stray.state == State.DONE:
        return stray
    StrayPayment.objects.filter(pk=stray.pk).update(tried_at=now())
    try:
        found = _made_before(stray) or gateway.create_refund(
            stray.refund, stray.pk, stray.amount_fen
        )
    except gateway.GatewayRefused as error:
        log.error("Stripe refused to give back %s: %s", stray.pk, error)
        StrayPayment.objects.filter(pk=stray.pk).exclude(state=State.DONE).update(
            state=State.FAILED, error=str(error)
        )
        stray.refresh_from_db()
        return stray
    return _record(stray.pk, found)


def _made_before(stray: StrayPayment) -> gateway.StripeRefund | None:
    """The refund that an earlier try made, also one that failed: another would be paid twice."""
    made = gateway.refunds_of(stray.pk)
    return next((one for one in made if one.reference == str(stray.refund)), None)


@transaction.atomic
def _record(payment_id: str, found: gateway.StripeRefund) -> StrayPayment:
    stray = StrayPayment.objects.select_for_update(no_key=True).get(pk=payment_id)
    gone = found.status in GONE
    if stray.state == State.DONE and not gone:
        return stray
    if stray.state == State.DONE:
        paid = Transaction.objects.get(
            kind=Transaction.Kind.REFUND_PAID, source_type="stray", source_id=stray.pk
        )
        reverse(paid.pk)
    stray.stripe_refund_id = found.id
    stray.state, stray.done_at, stray.error = State.DECIDED, None, ""
    if gone:
        stray.state, stray.error = State.FAILED, f"Stripe: {found.status}"
    elif found.status == "succeeded":
        stray.state, stray.done_at = State.DONE, now()
        post(
            Transaction.Kind.REFUND_PAID,
            "stray",
            stray.pk,
            [
                Leg(AccountKey(Account.Kind.REFUND_DUE), stray.amount_fen),
                Leg(AccountKey(Account.Kind.STRIPE), -stray.amount_fen),
            ],
        )
    stray.save()
    return stray


def refresh(stripe_refund_id: str, reference: str) -> bool:
    """React to an event about a stray payment's refund; False if it is none of theirs."""
    found = StrayPayment.objects.filter(stripe_refund_id=stripe_refund_id).first()
    if found is None and reference:
        try:
            found = StrayPayment.objects.filter(refund=UUID(reference)).first()
        except ValueError:
            return False
    if found is None:
        return False
    _record(found.pk, gateway.retrieve_refund(stripe_refund_id))
    return True


def waiting(limit: int = 100) -> list[str]:
    """Stray payments that are not given back yet, for the next try."""
    found = StrayPayment.objects.exclude(state=State.DONE).order_by("recorded_at")
    return list(found.values_list("pk", flat=True)[:limit])
