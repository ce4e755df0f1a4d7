"""From basket to order, exactly once (DESIGN §4): start a payment, give it up, let it expire.

`finalize()` in storefront.payments.finalizing is the other half. Locks: the basket, the attempt,
then whatever placement writes, and the pools last.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from oscar.core.loading import get_model

from catalog.clock import now
from cooperatives.partner import stock
from livestream.offers import holding as room
from storefront.discounts import holding, recording
from storefront.discounts.offers import buyer_keys
from storefront.payments import gateway
from storefront.payments.gateways.choose import gateway_of
from storefront.payments.models import GatewayName, PaymentAttempt
from storefront.payments.quote import CannotQuote, Quote, quote

Basket = get_model("basket", "Basket")
State = PaymentAttempt.State
log = logging.getLogger(__name__)
# So often a basket is routed anew when others take what it was to have.
MOST_ROUTES = 4


@dataclass(frozen=True)
class Contact:
    """Who buys: the order's messages go there. `email` may be empty if there is a phone."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True)
class DeliveryAddress:
    """Where the parcels go. `province` is the short name of the freight table."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    street: str


class CannotPay(Exception):
    """A payment that can't start, and why.

    `kind`: "empty", "too_little" (`available`: {basket line id: packs there are}), "above_limit"
    (`available`: what one buyer may have of a live room's pack), "no_freight",
    "too_small" (discounts leave less than a card can be charged), "voucher_gone" (`codes`: what
    these vouchers of the basket had to give was taken meanwhile), "taken" (this basket is no
    longer open), "changed" (the total is not what the buyer saw but `total_fen`), "gateway_down"
    (nothing was charged; try again), "refused" (Stripe does not take this amount), "not_offered"
    (this way to pay, to this buyer), "too_many" (transfers under way).
    """

    def __init__(
        self,
        kind: str,
        available: dict[int, int] | None = None,
        total_fen: int = 0,
        codes: Sequence[str] = (),
    ):
        super().__init__(kind)
        self.kind = kind
        self.available = available or {}
        self.total_fen = total_fen
        self.codes = list(codes)


class _JustGone(CannotPay):
    """Somebody took the goods, or an offer's last use, between the quote and the hold."""

    def __init__(self, pool_id: int | None, available: dict[int, int]):
        super().__init__("too_little", available)
        self.pool_id = pool_id


def active_attempt(basket) -> PaymentAttempt | None:
    """The payment under way for a basket, if any."""
    return PaymentAttempt.objects.filter(basket=basket, state=State.OPEN).first()


def start_payment(
    basket,
    *,
    contact: Contact,
    address: DeliveryAddress,
    language: str,
    user=None,
    touches: Sequence[dict] = (),
    expected_fen: int | None = None,
    via: str = GatewayName.STRIPE,
) -> PaymentAttempt:
    """Freeze a basket, hold its goods for 15 minutes, and make the intent that pays for it.

    `touches` are the attribution's candidates, frozen here. `expected_fen` is the total that the
    buyer saw: another total is refused ("changed"). `via` is the gateway; a transfer holds the
    goods for OFFLINE_DAYS. Called again while a payment is under way, it gives that one. Raises
    CannotPay; then the basket is as it was.
    """
    attempt = active_attempt(basket) or _reserve_somewhere(
        basket, contact, address, language, user, touches, expected_fen, via
    )
    try:
        return ensure_intent(attempt)
    except gateway.GatewayDown as error:
        log.warning("attempt %s has no intent yet: %s", attempt.uuid, error)
        raise CannotPay("gateway_down") from error
    except gateway.GatewayRefused as error:
        log.error("Stripe makes no intent for attempt %s: %s", attempt.uuid, error)
        close(attempt.uuid, without_intent=True)
        raise CannotPay("refused") from error


def _reserve_somewhere(basket, *rest) -> PaymentAttempt:
    """Reserve, by another route where somebody was quicker: another cooperative may have it.

    Each try is a transaction of its own, so a stale pool, rolled forward, stays so for the next.
    """
    for _ in range(MOST_ROUTES - 1):
        try:
            return _reserve(basket, *rest)
        except _JustGone as gone:
            if gone.pool_id is not None:
                stock.roll_forward([gone.pool_id])
    return _reserve(basket, *rest)


def offers_transfer(user) -> bool:
    """Whether a buyer may pay by bank transfer: a member, where finance has said how."""
    return bool(settings.OFFLINE_PAYMENT_INSTRUCTIONS) and bool(user and user.is_authenticated)


def _check_transfer(user) -> None:
    """Refuse a transfer to whom it is not offered, or who has enough of them under way."""
    if not offers_transfer(user):
        raise CannotPay("not_offered")
    # One after the other: two tabs at once must not make one too many.
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
    waiting = PaymentAttempt.objects.filter(
        user=user, state=State.OPEN, gateway=GatewayName.OFFLINE
    ).count()
    if waiting >= settings.OFFLINE_MOST_OPEN:
        raise CannotPay("too_many")


@transaction.atomic
def _reserve(
    basket, contact, address, language, user, touches, expected_fen, via
) -> PaymentAttempt:
    if via == GatewayName.OFFLINE:
        _check_transfer(user)
    locked = Basket.objects.select_for_update(no_key=True).get(pk=basket.pk)
    running = active_attempt(locked)
    if running:
        return running
    if locked.status != Basket.OPEN:
        raise CannotPay("taken")
    buyer = buyer_keys(user, contact.phone, contact.email)
    try:
        priced = quote(locked, address.province, buyer)
    except CannotQuote as error:
        raise CannotPay(error.kind, error.available) from error
    if priced.total_fen != expected_fen:
        if priced.gone:
            raise CannotPay("voucher_gone", codes=[voucher.code for voucher in priced.gone])
        if expected_fen is not None:
            raise CannotPay("changed", total_fen=priced.total_fen)
    if not priced.total_fen:
        via = GatewayName.STRIPE  # nothing is left to transfer
    moment = now()
    attempt = PaymentAttempt.objects.create(
        basket=locked,
        user=user if user is not None and user.is_authenticated else None,
        amount_fen=priced.total_fen,
        snapshot=_snapshot(priced, contact, address, language, touches, buyer),
        gateway=via,
        created_at=moment,
        expires_at=moment + _time_to_pay(via),
    )
    locked.status = Basket.FROZEN
    locked.save(update_fields=["status"])
    try:
        holding.hold(attempt.uuid, attempt.snapshot)
        room.hold(attempt.uuid, attempt.snapshot["room"], buyer)
        stock.reserve(attempt.uuid, grams_by_pool(attempt.snapshot), attempt.expires_at)
    except stock.OutOfStock as error:
        # Somebody was quicker than this basket between the quote and the hold.
        short = [p.part.line for p in priced.parts if p.part.pool_id == error.pool_id]
        raise _JustGone(
            error.pool_id, {priced.lines[index].basket_line_id: 0 for index in short}
        ) from error
    except room.RoomGone as error:
        # Without the flash price the total is another, and the buyer is asked.
        raise _JustGone(None, {}) from error
    except holding.UsedUp as error:
        if error.code:
            raise CannotPay("voucher_gone", codes=[error.code]) from error
        # An automatic offer: without it the total is another, and the buyer is asked.
        raise _JustGone(None, {}) from error
    return attempt


def _time_to_pay(via: str) -> timedelta:
    if via == GatewayName.OFFLINE:
        return timedelta(days=settings.OFFLINE_DAYS)
    return timedelta(minutes=settings.RESERVATION_MINUTES)


def _snapshot(
    priced: Quote, contact, address, language: str, touches, buyer: Sequence[str]
) -> dict:
    return {
        "lines": [asdict(line) for line in priced.lines],
        "parts": [
            asdict(p.part) | {"net_fen": p.net_fen, "sources": p.sources} for p in priced.parts
        ],
        "freight": [asdict(row) for row in priced.freight],
        "contact": asdict(contact),
        "address": asdict(address),
        "language": language,
        "touches": list(touches),
        "channel": "site",
        "room": room.freeze(priced.room),
        **recording.freeze(priced.discounts, priced.gifts, buyer),
    }


def grams_by_pool(snapshot: dict) -> dict[int, int]:
    """{pool id: grams} that a snapshot takes."""
    grams: dict[int, int] = {}
    for part in snapshot["parts"]:
        grams[part["pool_id"]] = grams.get(part["pool_id"], 0) + part["grams"]
    return grams


def ensure_intent(attempt: PaymentAttempt) -> PaymentAttempt:
    """Make the attempt's intent if it has none yet. Network; safe to repeat (same key).

    If the attempt was given up meanwhile, nobody may pay it any more: look at its state.
    Raises GatewayDown, GatewayRefused.
    """
    if attempt.intent_id or not attempt.amount_fen:
        # A gift voucher pays for all of it: no card, no intent.
        return attempt
    service = gateway_of(attempt)
    intent = service.create_intent(attempt.uuid, attempt.amount_fen, attempt.currency)
    PaymentAttempt.objects.filter(pk=attempt.pk, intent_id__isnull=True).update(
        intent_id=intent.id, client_secret=intent.client_secret
    )
    attempt.refresh_from_db()
    if attempt.state == State.CLOSED:
        with suppress(gateway.WrongIntentState):
            service.cancel_intent(intent.id)
    return attempt


def abandon(attempt_uuid: UUID) -> PaymentAttempt:
    """Give a payment up: cancel its intent at Stripe, then thaw the basket.

    If it was paid after all, the order is placed. Raises GatewayDown: then nothing changed.
    """
    from storefront.payments.finalizing import finalize

    attempt = PaymentAttempt.objects.get(pk=attempt_uuid)
    if attempt.state == State.OPEN and not attempt.intent_id:
        close(attempt.uuid, without_intent=True)
        attempt.refresh_from_db()
    if attempt.state == State.OPEN:
        try:
            gateway_of(attempt).cancel_intent(attempt.intent_id or "")
        except gateway.WrongIntentState:
            log.info("attempt %s can't be cancelled any more", attempt.uuid)
        finalize(attempt.uuid)
        attempt.refresh_from_db()
    return attempt


def abandon_others(placed: PaymentAttempt) -> None:
    """Give up what else is under way for a basket that is an order now: a late success placed it.

    What can't be given up at once ends by its time; if it is paid all the same, it is refunded.
    """
    others = PaymentAttempt.objects.filter(basket_id=placed.basket_id, state=State.OPEN)
    for attempt_uuid in list(others.exclude(pk=placed.pk).values_list("pk", flat=True)):
        try:
            abandon(attempt_uuid)
        except (gateway.GatewayDown, gateway.GatewayRefused) as error:
            log.warning("attempt %s is needed no more and still open: %s", attempt_uuid, error)


@transaction.atomic
def close(attempt_uuid: UUID, *, without_intent: bool = False) -> None:
    """End an attempt that nobody will pay any more: goods back, basket open again. Idempotent.

    Call it only once Stripe says that the intent is cancelled, or `without_intent`: then one that
    has got its intent meanwhile stays as it is.
    """
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_uuid)
    if attempt.state != State.OPEN or (without_intent and attempt.intent_id):
        return
    attempt.state = State.CLOSED
    attempt.save(update_fields=["state"])
    Basket.objects.filter(pk=attempt.basket_id, status=Basket.FROZEN).update(status=Basket.OPEN)
    release(attempt.uuid)


def release(attempt_uuid: UUID) -> None:
    """Give back all that an attempt holds; the hot rows come last."""
    holding.release(attempt_uuid)
    room.release(attempt_uuid)
    stock.release(attempt_uuid)


def expire(attempt_uuid: UUID) -> None:
    """End an attempt past its time. Asks Stripe first; a paid one is placed, not lost.

    When Stripe can't be reached the goods are given back all the same, and the attempt stays
    open: a payment that turns up later is placed if the goods can still be had, else refunded.
    An intent that Stripe does not know can't be paid: that ends its attempt.
    """
    try:
        abandon(attempt_uuid)
    except gateway.GatewayRefused as error:
        log.error("attempt %s ends, Stripe will not hear of it: %s", attempt_uuid, error)
        close(attempt_uuid)
    except gateway.GatewayDown as error:
        log.warning("attempt %s expired while Stripe is out of reach: %s", attempt_uuid, error)
        with transaction.atomic():
            PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_uuid)
            release(attempt_uuid)


def expired_attempts(limit: int = 200) -> list[UUID]:
    """Open attempts whose time is over."""
    return list(
        PaymentAttempt.objects.filter(state=State.OPEN, expires_at__lte=now())
        .order_by("expires_at")
        .values_list("pk", flat=True)[:limit]
    )


def silent_attempts(limit: int = 200) -> list[UUID]:
    """Open attempts that nobody asked Stripe about for a minute: a webhook may have been lost."""
    before = now() - timedelta(minutes=1)
    return list(
        PaymentAttempt.objects.filter(
            Q(checked_at__isnull=True, created_at__lt=before) | Q(checked_at__lt=before),
            state=State.OPEN,
            gateway=GatewayName.STRIPE,
            expires_at__gt=now(),
        )
        .order_by("created_at")
        .values_list("pk", flat=True)[:limit]
    )
