"""What racing processes do (tests.support.racers): one step of the chain each, through services."""

import random
import time
from collections import Counter
from datetime import timedelta
from uuid import UUID

from oscar.core.loading import get_model

from catalog.clock import today
from cooperatives.households.models import Household, Lot
from cooperatives.households.services import NewLot, deliver_lots, write_off
from cooperatives.partner.models import StockPool
from cooperatives.partner.stock import roll_forward
from cooperatives.routing import services as parcels
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.settlement.services import share_out_due
from livestream.video.services import Refused, begin, end
from storefront.accounts import codes
from storefront.aftersales import cancelling
from storefront.aftersales.services import CannotRefund, RefundWish, refund_lines
from storefront.payments import events
from storefront.payments import services as payments
from storefront.payments.finalizing import finalize as finalize_attempt
from storefront.payments.models import PaymentAttempt
from storefront.payments.services import CannotPay
from tests.support import chain

Basket = get_model("basket", "Basket")
State = Consignment.State


def start(basket_id: int) -> str:
    """Start a basket's payment: the attempt's uuid, or why not."""
    try:
        attempt = payments.start_payment(
            Basket.objects.get(pk=basket_id),
            contact=chain.CONTACT,
            address=chain.ADDRESS,
            language="en",
        )
    except CannotPay as refusal:
        return refusal.kind
    return str(attempt.uuid)


def buy(basket_id: int) -> str:
    """Start, pay and place: "order", or why not."""
    begun = start(basket_id)
    if "-" not in begun:
        return begun
    chain.pay(PaymentAttempt.objects.get(pk=begun))
    return finalize(begun)


def finalize(attempt: str) -> str:
    """The returning browser."""
    return finalize_attempt(UUID(attempt)).kind


def webhook(event: dict) -> str:
    """The event comes in and is worked on."""
    new = events.store(event)
    events.process(event["id"])
    return "new" if new else "known"


def confirm(attempt: str, after_ms: int = 0) -> str:
    """The buyer pays, if the intent can still be paid."""
    from storefront.payments import gateway

    time.sleep(after_ms / 1000)
    row = PaymentAttempt.objects.get(pk=attempt)
    try:
        gateway._call(
            gateway._client().v1.payment_intents.confirm,
            row.intent_id,
            {"payment_method": "pm_card_visa"},
        )
    except gateway.WrongIntentState:
        return "too late"
    return "paid"


def expire(attempt: str) -> str:
    """The sweep finds the attempt's time over."""
    payments.expire(UUID(attempt))
    return "swept"


def abandon(attempt: str) -> str:
    """The buyer gives up."""
    return str(payments.abandon(UUID(attempt)).state)


def pack(consignment_id: int) -> str:
    try:
        parcels.pack(consignment_id, {})
    except parcels.WrongState:
        return "refused"
    return "packed"


def refund(order_id: int, line_id: int, packs: int, uuid: str | None) -> str:
    """Refund packs of a line: the refund's uuid, or "refused"."""
    try:
        refund = refund_lines(
            order_id, [RefundWish(line_id, packs=packs)], uuid=UUID(uuid) if uuid else None
        )
    except CannotRefund as refusal:
        assert str(refusal)
        return "refused"
    return str(refund.uuid)


def cancel(order_id: int, line_id: int, packs: int, fen: int, uuid: str) -> str:
    """The buyer cancels packs on the order's page."""
    try:
        cancelling.cancel(order_id, {line_id: packs}, expected_fen=fen, uuid=UUID(uuid))
    except cancelling.TooLate:
        return "too late"
    return "cancelled"


def bring(code: str, household: str, pool_id: int, grams: int, days_ago: int = 0) -> str:
    """A household brings a lot; "known" when its code is entered already."""
    pool, found = StockPool.objects.get(pk=pool_id), Household.objects.get(code=household)
    lot = NewLot(
        code=code,
        household_id=found.pk,
        produce_id=pool.produce_id,
        partner_id=pool.partner_id,
        delivered_on=today() - timedelta(days=days_ago),
        grams=grams,
        grade="A",
    )
    try:
        deliver_lots([lot])
    except ValueError:
        return "known"
    return "entered"


def mixed(seed: int, seconds: float) -> Counter[str]:
    """Random steps on whatever there is, for some seconds; how often each was done.

    Every refusal that has a name is in order here; anything else escapes and fails the test.
    """
    dice, done = random.Random(seed), Counter[str]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step = dice.choice([_buy, _pack, _pack, _undo, _send, _refund, _bring, _spoil, _share])
        try:
            step(dice)
            done[step.__name__] += 1
        except (parcels.WrongState, CannotRefund, CannotPay, _Nothing):
            done[f"{step.__name__} refused"] += 1
    return done


class _Nothing(Exception):
    """There is nothing that this step could be done to."""


def _some(dice: random.Random, rows):
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise _Nothing
    return dice.choice(ids)


def _buy(dice: random.Random) -> None:
    from catalog.models import Product

    packs = list(Product.objects.order_by("pk"))
    dice.shuffle(packs)
    basket = chain.make_basket([(pack, dice.randint(1, 3)) for pack in packs[:2]])
    begun = payments.start_payment(
        basket, contact=chain.CONTACT, address=chain.ADDRESS, language="en"
    )
    if dice.random() < 0.2:
        payments.abandon(begun.uuid)
        return
    chain.pay(begun)
    finalize_attempt(begun.uuid)


def _pack(dice: random.Random) -> None:
    parcels.pack(_some(dice, Consignment.objects.filter(state=State.PAID)), {})


def _undo(dice: random.Random) -> None:
    undone = Consignment.objects.exclude(state__in=[State.PAID, State.CANCELLED])
    parcels.undo(_some(dice, undone))


def _send(dice: random.Random) -> None:
    pk = _some(dice, Consignment.objects.filter(state__in=[State.PACKED, State.SHIPPED]))
    if Consignment.objects.get(pk=pk).state == State.PACKED:
        parcels.ship(pk, "顺丰", "SF1")
    else:
        parcels.deliver(pk)


def _refund(dice: random.Random) -> None:
    line = ConsignmentLine.objects.select_related("consignment").get(
        pk=_some(dice, ConsignmentLine.objects.all())
    )
    refund_lines(
        line.consignment.order_id,
        [RefundWish(line.pk, packs=1)],
        restock=dice.random() < 0.5,
        freight=dice.random() < 0.1,
    )


def _bring(dice: random.Random) -> None:
    pool = StockPool.objects.get(pk=_some(dice, StockPool.objects.all()))
    household = _some(dice, Household.objects.filter(partner_id=pool.partner_id))
    code = Household.objects.get(pk=household).code
    bring(
        f"R{dice.getrandbits(48):x}",
        code,
        pool.pk,
        dice.randint(1000, 9000),
        dice.choice([0, 9, 16]),
    )


def _spoil(dice: random.Random) -> None:
    lot = Lot.objects.get(pk=_some(dice, Lot.objects.all()))
    roll_forward([lot.pool_id])
    try:
        write_off(lot.pk, dice.randint(1, 3000), "test")
    except ValueError as error:
        raise _Nothing from error


def _share(dice: random.Random) -> None:
    share_out_due()


def start_with_voucher(basket_ids: list[int]) -> Counter[str]:
    """One buyer after the other starts a payment of a basket with its voucher."""
    done = Counter[str]()
    for basket_id in basket_ids:
        begun = start(basket_id)
        done["held" if "-" in begun else begun] += 1
    return done


def buy_flash(buyers: list[tuple[int, str]], expected_fen: int) -> Counter[str]:
    """One after the other, each (basket, phone), pays what the room showed: "order", or why not."""
    done = Counter[str]()
    for basket_id, phone in buyers:
        try:
            attempt = payments.start_payment(
                Basket.objects.get(pk=basket_id),
                contact=payments.Contact(name="买家", email="", phone=phone),
                address=chain.ADDRESS,
                language="en",
                expected_fen=expected_fen,
            )
        except CannotPay as refusal:
            done[refusal.kind] += 1
        else:
            chain.pay(attempt)
            done[finalize(str(attempt.uuid))] += 1
    return done


def spend_gift(basket_id: int) -> str:
    """Start a payment that a gift voucher may pay in whole, and place it."""
    begun = start(basket_id)
    return finalize(begun) if "-" in begun else begun


def use_code(uuid: UUID, digits: str) -> str:
    """Use a one-time code: "in" or "refused"."""
    try:
        codes.use(uuid, digits, "sign_in")
    except codes.WrongCode:
        return "refused"
    return "in"


def publish(key: str, client: str) -> str:
    """A media server asks whether to take a video: "taken in", or why not."""
    try:
        begin(key, client, tells=True)
    except Refused as refusal:
        return str(refusal)
    return "taken in"


def unpublish(session_id: int, client: str) -> bool:
    """A media server tells that a video is over."""
    return end(session_id, client)
