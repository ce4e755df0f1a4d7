"""Paying after all: a new attempt for the basket of one whose time is over or that was given up."""

from collections.abc import Sequence

from oscar.core.loading import get_model

from catalog.clock import now
from storefront.payments.models import PaymentAttempt
from storefront.payments.services import (
    CannotPay,
    Contact,
    DeliveryAddress,
    abandon,
    active_attempt,
    start_payment,
)

Basket = get_model("basket", "Basket")
State = PaymentAttempt.State


def renew(
    attempt: PaymentAttempt,
    *,
    language: str,
    user=None,
    touches: Sequence[dict] = (),
    agreed_fen: int,
) -> PaymentAttempt:
    """A new attempt for the same goods and address, at today's prices; the old one is ended first.

    Gives the old one where it is not over: paid meanwhile, or still in time; and the one that is
    under way where another tab was quicker. `agreed_fen` is the total that the buyer agreed to.
    Raises CannotPay as start_payment(), also "other_goods": the basket is not the same any more;
    and GatewayDown or GatewayRefused while the old intent can't be cancelled.
    """
    attempt.refresh_from_db()
    if attempt.state == State.OPEN and attempt.expires_at > now():
        return attempt
    attempt = abandon(attempt.uuid)
    if attempt.state != State.CLOSED:
        return attempt
    basket = Basket.objects.get(pk=attempt.basket_id)
    if running := active_attempt(basket):
        return running
    if _goods(attempt) != _wanted(basket):
        raise CannotPay("taken" if basket.status != Basket.OPEN else "other_goods")
    return start_payment(
        basket,
        contact=Contact(**attempt.snapshot["contact"]),
        address=DeliveryAddress(**attempt.snapshot["address"]),
        language=language,
        user=user,
        touches=touches,
        expected_fen=agreed_fen,
        via=attempt.gateway,
    )


def _goods(attempt: PaymentAttempt) -> list[tuple[int, int]]:
    return sorted((row["product_id"], row["packs"]) for row in attempt.snapshot["lines"])


def _wanted(basket) -> list[tuple[int, int]]:
    """(product, packs) of what a basket holds now."""
    rows = basket.lines.filter(quantity__gt=0)
    return sorted(rows.values_list("product_id", "quantity"))
