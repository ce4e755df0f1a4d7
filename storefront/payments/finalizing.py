"""The one way from a paid intent to an order (DESIGN §4, step 3).

The webhook, the returning browser and the sweep all call finalize(). What it needs from Stripe is
read before the transaction; in it the attempt is locked, and the hot rows come last.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.sites.models import Site
from django.db import transaction
from django.utils.crypto import get_random_string
from oscar.core.loading import get_model

from catalog.clock import day_of, now
from catalog.numbers import to_yuan
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post
from cooperatives.partner import stock
from cooperatives.partner.models import StockRecord
from cooperatives.routing.services import NewLine, create_consignments
from livestream.campaigns.services import LineToAttribute, attribute_lines
from livestream.offers import holding as room
from storefront.aftersales.models import Refund
from storefront.discounts import holding, recording
from storefront.discounts.holding import UsedUp
from storefront.notifications.models import Message
from storefront.notifications.services import queue
from storefront.order.models import Order
from storefront.payments import gateway, services
from storefront.payments.gateways.choose import gateway_of
from storefront.payments.models import PaymentAttempt

Basket = get_model("basket", "Basket")
OrderLine = get_model("order", "Line")
LinePrice = get_model("order", "LinePrice")
ShippingAddress = get_model("order", "ShippingAddress")
Country = get_model("address", "Country")
State = PaymentAttempt.State
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt: `kind` is order, processing, open, closed or refunded."""

    kind: str
    order: Order | None = None


class GoodsGone(Exception):
    """Paid, but the order can't be placed any more: everything goes back to the buyer."""


# What was held is not there any more, and can't be had again.
UNPLACEABLE = (GoodsGone, UsedUp, room.RoomGone, stock.OutOfStock)


def finalize(attempt_uuid: UUID) -> Outcome:
    """Bring an attempt to where Stripe says it is. Safe to call any number of times, at once.

    Raises GatewayDown when Stripe can't be asked and the answer is needed.
    """
    attempt = PaymentAttempt.objects.select_related("order").get(pk=attempt_uuid)
    if attempt.state in (State.PLACED, State.REFUNDED):
        return _outcome(attempt)
    if not attempt.amount_fen:
        return _place_paid(attempt)
    if not attempt.intent_id:
        return _outcome(attempt)
    was_closed = attempt.state == State.CLOSED
    intent = gateway_of(attempt).retrieve_intent(attempt.intent_id)
    if intent.succeeded:
        try:
            _settle(attempt.uuid, intent)
        except Exception:
            # What fails again and again must not keep the sweep from the others.
            _note_asked(attempt.uuid)
            raise
    elif intent.canceled:
        services.close(attempt.uuid)
    else:
        _note_asked(attempt.uuid)
    attempt.refresh_from_db()
    if was_closed and attempt.state == State.PLACED:
        services.abandon_others(attempt)
    return _outcome(attempt, intent)


def _note_asked(attempt_uuid: UUID) -> None:
    """Stripe was asked about an attempt that stays open; what is settled is never asked again."""
    PaymentAttempt.objects.filter(pk=attempt_uuid).update(checked_at=now())


def _place_paid(attempt: PaymentAttempt) -> Outcome:
    """Place what gift vouchers paid for in whole, once; what can't be placed is given up."""
    if attempt.state == State.OPEN:
        try:
            _place(attempt.uuid, None)
        except UNPLACEABLE as reason:
            log.warning("attempt %s can't be placed: %s", attempt.uuid, reason)
            services.close(attempt.uuid)
        attempt.refresh_from_db()
    return _outcome(attempt)


def _outcome(attempt: PaymentAttempt, intent: gateway.Intent | None = None) -> Outcome:
    if attempt.state == State.PLACED:
        return Outcome("order", attempt.order)
    if attempt.state == State.OPEN and intent and intent.status == "processing":
        return Outcome("processing")
    return Outcome(str(attempt.state))


def _settle(attempt_uuid: UUID, intent: gateway.Intent) -> None:
    """Place the order of a paid intent, or give the money back if that can't be."""
    try:
        _place(attempt_uuid, intent)
    except UNPLACEABLE as reason:
        log.warning("attempt %s is paid but can't be placed: %s", attempt_uuid, reason)
        _give_back(attempt_uuid, intent)


@transaction.atomic(durable=True)
def _place(attempt_uuid: UUID, intent: gateway.Intent | None) -> None:
    """Place the order of a paid attempt; `intent` None when there was nothing to pay by card."""
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_uuid)
    if attempt.state in (State.PLACED, State.REFUNDED):
        return
    if intent is None:
        if attempt.state != State.OPEN or attempt.amount_fen:
            return
    elif (intent.received_fen, intent.currency) != (attempt.amount_fen, attempt.currency):
        raise GoodsGone(
            f"Stripe received {intent.received_fen} {intent.currency}, "
            f"expected {attempt.amount_fen} {attempt.currency}"
        )
    basket = Basket.objects.select_for_update(no_key=True).get(pk=attempt.basket_id)
    if Order.objects.filter(basket=basket).exists():
        raise GoodsGone("another payment placed this basket")
    offers = {part["stock_record_id"] for part in attempt.snapshot["parts"]}
    if StockRecord.objects.filter(pk__in=offers).count() != len(offers):
        raise GoodsGone("a pack or a cooperative's offer of it was deleted")
    moment = now()
    order = _write_order(attempt, basket, moment)
    lines = _write_lines(attempt, order)
    recording.write(order, lines, attempt.snapshot)
    account = intent.account if intent else Account.Kind.STRIPE
    _write_consignments(attempt, order, lines, moment, account)
    flashes = room.flashes_of(attempt.snapshot)
    attribute_lines(
        [
            LineToAttribute(
                line.pk,
                row["source"],
                recording.coupons_of(attempt.snapshot, place),
                flashes.get(place, {}),
            )
            for place, (line, row) in enumerate(zip(lines, attempt.snapshot["lines"], strict=True))
        ],
        touches=attempt.snapshot["touches"],
        started_at=attempt.created_at,
        paid_at=moment,
        user_id=attempt.user_id,
    )
    queue(Message.Kind.CONFIRMED, f"order:{order.pk}", order, {})
    attempt.order, attempt.state, attempt.paid_at = order, State.PLACED, moment
    attempt.save(update_fields=["order", "state", "paid_at"])
    basket.status, basket.date_submitted = Basket.SUBMITTED, moment
    basket.save(update_fields=["status", "date_submitted"])
    if attempt.snapshot.get("discounts") or attempt.snapshot.get("gifts"):
        holding.consume(attempt.uuid)
    if attempt.snapshot.get("room"):
        room.consume(attempt.uuid)
    stock.sell(attempt.uuid, services.grams_by_pool(attempt.snapshot))


def _number(moment: datetime) -> str:
    """An order number that can't be guessed from another: the day, then eight digits."""
    return f"{day_of(moment):%y%m%d}{get_random_string(8, '0123456789')}"


def _write_order(attempt: PaymentAttempt, basket, moment: datetime) -> Order:
    snapshot = attempt.snapshot
    contact, address = snapshot["contact"], snapshot["address"]
    # A gift voucher is a way to pay: the order's total is what the buyer owed, however paid.
    total = to_yuan(attempt.amount_fen + recording.gift_fen(snapshot))
    freight = to_yuan(sum(row["fen"] for row in snapshot["freight"]))
    shipping = ShippingAddress.objects.create(
        first_name=address["name"],
        line1=address["street"],
        line3=address["district"],
        line4=address["city"],
        state=address["province"],
        phone_number=address["phone"],
        country=_china(),
    )
    return Order.objects.create(
        number=_number(moment),
        basket=basket,
        site=Site.objects.get_current(),
        user_id=attempt.user_id,
        guest_email=contact["email"],
        contact_phone=contact["phone"],
        channel=snapshot["channel"],
        language=snapshot["language"],
        currency=attempt.currency.upper(),
        total_incl_tax=total,
        total_excl_tax=total,
        shipping_incl_tax=freight,
        shipping_excl_tax=freight,
        shipping_address=shipping,
        shipping_method="parcel",
        shipping_code="parcel",
        status="paid",
        date_placed=moment,
    )


def _china():
    return Country.objects.get_or_create(
        iso_3166_1_a2="CN",
        defaults={
            "iso_3166_1_a3": "CHN",
            "iso_3166_1_numeric": "156",
            "printable_name": "China",
            "name": "People's Republic of China",
            "is_shipping_country": True,
        },
    )[0]


def _write_lines(attempt: PaymentAttempt, order: Order) -> list:
    """Order lines from the snapshot, never priced again: a price that changed does not matter."""
    snapshot = attempt.snapshot
    first_part = {part["line"]: part for part in reversed(snapshot["parts"])}
    return OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            partner_id=first_part[index]["partner_id"],
            partner_name=first_part[index]["partner_code"],
            partner_sku=row["sku"],
            stockrecord_id=first_part[index]["stock_record_id"],
            product_id=row["product_id"],
            title=row["title_zh"],
            upc=row["sku"],
            quantity=row["packs"],
            line_price_incl_tax=to_yuan(recording.due_of_line(snapshot, index)),
            line_price_excl_tax=to_yuan(recording.due_of_line(snapshot, index)),
            line_price_before_discounts_incl_tax=to_yuan(row["unit_fen"] * row["packs"]),
            line_price_before_discounts_excl_tax=to_yuan(row["unit_fen"] * row["packs"]),
            unit_price_incl_tax=to_yuan(row["unit_fen"]),
            unit_price_excl_tax=to_yuan(row["unit_fen"]),
            status="paid",
            num_allocated=0,
        )
        for index, row in enumerate(snapshot["lines"])
    )


def _write_consignments(attempt, order: Order, lines: list, moment: datetime, account: str) -> None:
    snapshot = attempt.snapshot
    create_consignments(
        order.pk,
        order.number,
        [
            NewLine(
                order_line_id=lines[part["line"]].pk,
                product_id=part["product_id"],
                partner_id=part["partner_id"],
                pool_id=part["pool_id"],
                packs=part["packs"],
                grams=part["grams"],
                net_fen=part["net_fen"],
                return_days=part["return_days"],
                ship_within_hours=part["ship_within_hours"],
                sources=recording.sources_in(part),
            )
            for part in snapshot["parts"]
        ],
        {row["partner_id"]: row["fen"] for row in snapshot["freight"]},
        moment,
        freight_sources={
            row["partner_id"]: recording.sources_in(row) for row in snapshot["freight"]
        },
        paid_account=account,
    )


@transaction.atomic(durable=True)
def _give_back(attempt_uuid: UUID, intent: gateway.Intent) -> None:
    """Record what Stripe received without an order, and the refund of all of it."""
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_uuid)
    if attempt.state in (State.PLACED, State.REFUNDED):
        return
    moment = now()
    was_open = attempt.state == State.OPEN
    attempt.state, attempt.paid_at = State.REFUNDED, moment
    attempt.save(update_fields=["state", "paid_at"])
    refund = Refund.objects.create(
        attempt=attempt,
        reason=Refund.Reason.GOODS_GONE,
        amount_fen=intent.received_fen,
        buyer_fen=intent.received_fen,
        created_at=moment,
    )
    post(
        Transaction.Kind.GOODS_GONE,
        "attempt",
        str(attempt.uuid),
        [
            Leg(AccountKey(intent.account), intent.received_fen),
            Leg(AccountKey(Account.Kind.REFUND_DUE), -intent.received_fen),
        ],
    )
    _queue_goods_gone(attempt)
    from storefront.aftersales.services import send_after_commit

    send_after_commit(refund)
    if was_open:
        Basket.objects.filter(pk=attempt.basket_id, status=Basket.FROZEN).update(status=Basket.OPEN)
        services.release(attempt.uuid)


def _queue_goods_gone(attempt: PaymentAttempt) -> None:
    contact = attempt.snapshot["contact"]
    queue(
        Message.Kind.GOODS_GONE,
        f"attempt:{attempt.uuid}",
        None,
        {
            "email": contact["email"],
            "phone": contact["phone"],
            "language": attempt.snapshot["language"],
            "amount_fen": attempt.amount_fen,
        },
    )
