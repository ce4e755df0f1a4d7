"""A refund that somebody made in Stripe's own dashboard, taken into the books as one of ours."""

import uuid as uuids

from django.db import transaction
from django.utils.translation import gettext

from catalog.numbers import largest_remainder, to_yuan
from cooperatives.routing import refunding
from cooperatives.routing.cuts import CannotRefund, cut
from cooperatives.routing.models import ConsignmentLine
from cooperatives.routing.sources import buyers_left
from storefront.aftersales.models import Refund
from storefront.aftersales.sending import PaidFrom, settle
from storefront.aftersales.services import RefundWish, _decide, lock_order
from storefront.payments import gateway
from storefront.payments.models import PaymentAttempt

# Makes a refund's uuid out of the id that it has at Stripe: adopted once.
ADOPTED = uuids.UUID("5f0b8f0a-6a0c-4a63-9d0c-8f5a4b3c2d10")


@transaction.atomic
def adopt(attempt: PaymentAttempt, found: gateway.StripeRefund, bearer: str, actor) -> Refund:
    """Record a refund that is at Stripe already as one of this payment's order.

    It gave money and took no goods back: all of it is the buyer's own money, cut by largest
    remainder over what remains of that on lines and freight. The same one again gives the refund
    that is there. Raises CannotRefund when less than that remains; then nothing changed.
    """
    if attempt.order_id is None:
        raise CannotRefund(gettext("This payment has no order: it was given back whole."))
    attempt, consignments = lock_order(attempt.order_id)
    key = uuids.uuid5(ADOPTED, found.id)
    if known := Refund.objects.filter(pk=key).first():
        return known
    lines = list(ConsignmentLine.objects.filter(consignment__in=consignments).order_by("pk"))
    left = {own: fen for own, fen in buyers_left(consignments.values(), lines).items() if fen}
    if found.amount_fen > sum(left.values()):
        raise CannotRefund(
            gettext("Only ¥%(left)s of this order is left to refund.")
            % {"left": to_yuan(sum(left.values()))}
        )
    # Freight sorts before the lines.
    weights: dict[tuple[int, int], int] = {
        (parcel, line or 0): fen for (parcel, line), fen in left.items()
    }
    parts = largest_remainder(found.amount_fen, weights)
    cuts = cut(
        consignments,
        [
            RefundWish(line, amount_fen=fen)
            for (_parcel, line), fen in parts.items()
            if line and fen
        ],
        freight={parcel: fen for (parcel, line), fen in parts.items() if not line and fen},
        restock=False,
        bearer=bearer,
    )
    note = f"Stripe: {found.id}"
    refund = _decide(attempt, cuts, Refund.Reason.GOODWILL, note, bearer, actor, key, restock=False)
    refund.buyer_fen, refund.gift_fen = refunding.apply(
        str(refund.uuid), consignments, cuts, restock=False, actor=actor, only_buyer=True
    )
    refund.stripe_refund_id, refund.state = found.id, Refund.State.SENT
    if found.status == "succeeded":
        settle(refund, PaidFrom.STRIPE)
    refund.save()
    return refund
