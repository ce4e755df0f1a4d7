"""A shop that had busy days: every kind of event of the chain, through the services.

For tests that read the whole books. The clock goes ahead day by day; `SHIFT` is where it ends.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.test import override_settings

from catalog.clock import now
from cooperatives.households.models import VillageImport
from cooperatives.households.services import write_off
from cooperatives.partner import stock
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.services import deliver, pack, ship, undo
from cooperatives.settlement.services import share_out_due
from livestream.campaigns.models import Campaign, LineAttribution, TrackedLink
from livestream.campaigns.services import override
from livestream.platforms.models import PlatformShop
from livestream.platforms.services import import_orders
from livestream.platforms.settling import settle_orders
from storefront.aftersales.addresses import change_address
from storefront.aftersales.models import Refund
from storefront.aftersales.services import (
    RefundWish,
    pay_by_hand,
    refund_lines,
    refund_order,
)
from storefront.aftersales.services import send as send_refund
from storefront.discounts import gifts
from storefront.discounts.services import record_host_payment
from storefront.notifications.models import Message
from storefront.notifications.preferences import Buyer, choose
from storefront.notifications.services import send as send_message
from storefront.notifications.wording import save_text
from storefront.payments import events, gateway
from storefront.payments.balance import sweep_balance
from storefront.payments.finalizing import finalize
from storefront.payments.models import Gap, GatewayName
from storefront.payments.receiving import Receipt, confirm
from storefront.payments.reconciling.resolve import acknowledge, resolve
from storefront.payments.reconciling.run import reconcile_payments
from storefront.payments.services import abandon
from tests.support import chain, discounts
from tests.support.platform_export import row, settlement_row, write_export, write_settlement
from tests.support.rich_cases import make_cases, make_disputes, make_pears
from tests.support.rich_room import make_room

DAY = 86_400
SHIFT = 12 * DAY
VISITOR = "0a8d6ab6-0000-4000-8000-000000000001"


@dataclass
class RichChain:
    """The orders by what happened to them, and the two cooperatives."""

    first: chain.Partner
    second: chain.Partner
    orders: dict[str, Any] = field(default_factory=dict)


def parcels(order: Any) -> list[Consignment]:
    return list(Consignment.objects.filter(order=order).order_by("pk"))


def lines(order: Any) -> list[ConsignmentLine]:
    return list(ConsignmentLine.objects.filter(consignment__order=order).order_by("pk"))


def send_everything() -> None:
    """Do what the workers do: refunds to Stripe, then the mails, then Stripe's fees."""
    for refund in Refund.objects.exclude(state=Refund.State.DONE):
        send_refund(refund.pk)
    for message in Message.objects.filter(state=Message.State.WAITING):
        send_message(message.pk)
    for gift_id in gifts.ended():
        gifts.expire(gift_id)
    sweep_balance()


def make_rich_chain(set_clock: Callable[[int], None]) -> RichChain:
    """Splits, promises, packing, undo, refunds of all kinds, goods gone, sharing-out, release."""
    # Two weeks' pools in one cooperative, a day's in the other; they share a product.
    first = chain.make_cooperative("A")
    second = chain.make_cooperative("B", fee_bps=700, fund_bps=333, period="day")
    rich = RichChain(first, second)
    apple, plum, melon = (chain.make_produce(code) for code in ("APPLE", "PLUM", "MELON"))
    berry = chain.make_produce("BERRY", shelf_days=12)
    box = chain.make_pack(apple, [first, second], price_fen=2480)
    small = chain.make_pack(apple, [first], net_grams=1250, price_fen=1333)
    plums = chain.make_pack(plum, [first], price_fen=1999)
    melons = chain.make_pack(melon, [second], net_grams=3000, price_fen=3001)
    berries = chain.make_pack(berry, [second], net_grams=500, price_fen=2877)
    chain.deliver("A-001", apple, 21_000, days_ago=20)
    chain.deliver("A-002", apple, 7001, days_ago=20, grade="B")
    chain.deliver("A-003", apple, 9000, days_ago=12)
    chain.deliver("B-001", apple, 8000, days_ago=15)
    chain.deliver("B-002", apple, 4003, days_ago=15, grade="B")
    spoiling = chain.deliver("B-003", apple, 2000, days_ago=14)
    chain.deliver("B-001", berry, 4100, days_ago=11)
    chain.promise("A-001", plum, 30_000, per_day=5000, days=12)
    chain.promise("A-002", plum, 6000, per_day=3000, days=2)
    chain.promise("B-002", melon, 9000, per_day=9000, days=1)

    campaign = Campaign.objects.create(
        code="autumn",
        name_zh="秋天",
        starts_at=now() - timedelta(days=9),
        ends_at=now() + timedelta(days=40),
    )
    TrackedLink.objects.create(code="AUTUMN", campaign=campaign, channel="WeChat")
    touch = {
        "link": "AUTUMN",
        "campaign": campaign.pk,
        "at": (now() - timedelta(days=1)).isoformat(),
        "visitor": VISITOR,
    }
    staff = get_user_model().objects.create(email="staff@example.org")
    loaded = VillageImport.objects.create(digest="0" * 64, shift_days=9, loaded_at=now())
    loaded.cooperatives.add(first)
    buy, orders = chain.buy, rich.orders

    # The first day: sales.
    orders["split"] = buy([(box, 16)], touches=[touch])
    chain.deliver("A-003", apple, 25_000, days_ago=12)
    orders["two lines"] = buy([(small, 3), (plums, 2)], touches=[touch])
    orders["partly refunded"] = buy([(small, 4)])
    orders["cancelled"] = buy([(berries, 2)])
    orders["undone"] = buy([(small, 2)])
    orders["promised"] = buy([(plums, 4)])
    orders["goodwill"] = buy([(berries, 3)])
    orders["short"] = buy([(melons, 2)])
    orders["short too"] = buy([(melons, 1)])
    rich.orders["to pack"] = buy([(small, 1)])
    card = _discounted(rich, small, box, campaign, staff)
    write_off(spoiling.pk, 700, "bruised", staff)
    gave_up = chain.start([(small, 1)])
    abandon(gave_up.uuid)
    _goods_gone(berries, staff)
    pears = make_pears(first)
    orders.update(make_disputes(pears, staff))
    attribution = LineAttribution.objects.filter(order_line__order=orders["split"]).get()
    override(attribution.order_line_id, None, staff, "bought for the canteen")
    again = override(attribution.order_line_id, campaign.pk, staff, "it was the poster")
    assert again.replaces_id

    # The second day: packing, wrong taps, refunds before packing.
    send_everything()
    set_clock(DAY)
    stock.roll_forward(stock.stale_pools())
    for consignment in parcels(orders["split"]):
        pack(consignment.pk, {}, staff)
        ship(consignment.pk, "顺丰", f"SF{consignment.pk}", staff)
    line = lines(orders["partly refunded"])[0]
    refund_lines(orders["partly refunded"].pk, [RefundWish(line.pk, packs=1)], actor=staff)
    pack(line.consignment_id, {line.pk: 3900}, staff)
    refund_order(orders["cancelled"].pk, actor=staff)
    consignment = parcels(orders["undone"])[0]
    pack(consignment.pk, {}, staff)
    undo(consignment.pk, staff)
    pack(consignment.pk, {}, staff)
    ship(consignment.pk, "中通", "ZT1", staff)
    undo(consignment.pk, staff)
    ship(consignment.pk, "中通", "ZT2", staff)
    # Packed beyond the lots, then two lots come; the second household's promise takes part.
    pack(parcels(orders["promised"])[0].pk, {}, staff)
    chain.deliver("A-002", plum, 4000, days_ago=0)
    share_out_due()

    # The third day: more lots, deliveries, refunds after packing. The buyer chose meanwhile.
    send_everything()
    choose(Buyer(chain.CONTACT.email), {"shipped": ["mail", "sms"], "delivered": []})
    for body in ("{order}: {waybill}", ""):
        save_text("shipped", "en", "mail", subject="{shop}", body=body, actor=staff)
    set_clock(2 * DAY)
    chain.deliver("A-001", plum, 9000, days_ago=0)
    chain.deliver("B-003", melon, 5000, days_ago=0)
    pack(parcels(orders["two lines"])[0].pk, {}, staff)
    ship(parcels(orders["two lines"])[0].pk, "顺丰", "SF-2", staff)
    for order in ("split", "undone", "two lines"):
        for consignment in parcels(orders[order]):
            deliver(consignment.pk, staff)
    pack(parcels(orders["goodwill"])[0].pk, {lines(orders["goodwill"])[0].pk: 1400}, staff)
    ship(parcels(orders["goodwill"])[0].pk, "顺丰", "SF-3", staff)
    _borne_by_others(lines(orders["goodwill"])[0], staff)
    elsewhere = chain.DeliveryAddress(**{**chain.ADDRESS.__dict__, "street": "建国路2号"})
    change_address(orders["to pack"].pk, elsewhere, uuid=uuid4())
    packed = lines(orders["split"])
    refund_lines(
        orders["split"].pk,
        [RefundWish(packed[0].pk, packs=1), RefundWish(packed[1].pk, amount_fen=77)],
        restock=False,
        actor=staff,
        reason=Refund.Reason.DAMAGED,
    )
    line = lines(orders["two lines"])[0]
    refund_lines(orders["two lines"].pk, [RefundWish(line.pk, packs=1)], freight=True, restock=True)
    line = lines(orders["discounted"])[0]
    refund_lines(orders["discounted"].pk, [RefundWish(line.pk, packs=1)], freight=True)
    orders.update(make_cases(pears, staff))
    send_everything()
    set_clock(3 * DAY)
    share_out_due()

    # Berries expire; the return window passes; what is left is shared, some pools to the end.
    set_clock(SHIFT - DAY)
    stock.roll_forward(stock.stale_pools())
    share_out_due()
    send_everything()
    _stripe_tells(orders["split"])
    set_clock(SHIFT)
    orders["late"] = buy([(small, 1)])
    chain.promise("A-003", plum, 8000, per_day=2000, days=6)
    chain.promise("A-001", plum, 3000, per_day=2000, days=6)
    orders["to pick"] = buy([(plums, 2)])
    chain.deliver("A-001", plum, 700, days_ago=0)
    rich.orders["open"] = chain.start([(small, 2)], codes=("PROG",), cards=(card,))
    _paid_otherwise(small, staff)
    _sold_elsewhere(first)
    orders.update(make_room(first, campaign, staff))
    send_everything()
    return rich


def _sold_elsewhere(partner: Any) -> None:
    """On Douyin: to pack, sent and partly given back, given back before that, a gift, not paid."""
    grape = chain.make_produce("GRAPE")
    pack = chain.make_pack(grape, [partner], net_grams=1500)
    chain.deliver("A-001", grape, 9000, days_ago=0)
    sent = {"state": "已完成", "sent": "2026-11-21 09:00:00"}
    rows = [
        row(1, packs=2, yuan="49.99"),
        row(2, **sent),
        row(3, state="已关闭", after="退款成功"),
        row(4, yuan="0.00"),
        row(5, paid="-", state="已关闭"),
    ]
    with TemporaryDirectory() as folder:
        path = write_export(Path(folder), pack.upc, *rows)
        import_orders(path, "douyin", "山里的店")
        # Paid by Douyin less its commission.
        settle_orders(
            write_settlement(Path(folder), settlement_row(2, "28.20")), PlatformShop.objects.get()
        )


def _discounted(rich: RichChain, small: Any, box: Any, campaign: Any, staff: Any) -> Any:
    """Each funder's discount and gift vouchers: used, given up, spent whole, ended. Gives one."""
    host, stacks = discounts.host(), {"stacks": True, "per_buyer": 9}
    discounts.offer("PROG", amount_fen=301, campaign_id=campaign.pk, budget_fen=9000, **stacks)
    discounts.offer("HOST", funder="host", host_id=host.pk, bps=1000, uses_limit=9, **stacks)
    discounts.offer("COOP", funder="cooperative", partner_id=rich.first.pk, **stacks)
    codes, items = ("PROG", "HOST", "COOP"), [(small, 2), (box, 1)]
    card, whole = discounts.gift(2501, days=40), discounts.gift(9000, funder="cash", reference="7")
    discounts.gift(400, days=2)
    rich.orders["discounted"] = chain.buy(items, codes=codes, cards=(card,))
    rich.orders["by gift"] = chain.buy([(small, 1)], codes=("COOP",), cards=(whole,))
    abandon(chain.start(items, codes=codes, cards=(whole,)).uuid)
    record_host_payment(host.pk, 100, "bank-7", staff)
    return whole


def _borne_by_others(line: ConsignmentLine, staff: Any) -> None:
    """A box that lacks grams and came late: the programme pays the one, the carrier the other."""
    order_id = line.consignment.order_id
    wish = RefundWish(line.pk, short_grams=60)
    refund_lines(order_id, [wish], bearer="programme", reason=Refund.Reason.WEIGHT, actor=staff)
    wish = RefundWish(line.pk, packs=1)
    late = Refund.Reason.LATE
    refused = refund_lines(order_id, [wish], bearer="carrier", restock=False, reason=late)
    # Stripe would not, so that finance had to.
    Refund.objects.filter(pk=refused.pk).update(state=Refund.State.FAILED, error="too low")
    pay_by_hand(refused.pk, "bank", "T-20", staff)


def _goods_gone(berries: Any, staff: Any) -> None:
    """Held and paid, and meanwhile what was held has rotted."""
    attempt = chain.start([(berries, 2)])
    lot = stock.StockPool.objects.get(stock_records__product=berries).lots.get()
    write_off(lot.pk, lot.grams - 2700, "rotten", staff)
    chain.pay(attempt)
    assert finalize(attempt.uuid).kind == "refunded"


def _paid_otherwise(pack: Any, staff: Any) -> None:
    """Transfers: come in, given up, awaited. Money of nobody's: given back, explained."""
    with override_settings(OFFLINE_PAYMENT_INSTRUCTIONS="Bank of the Hills"):
        came, gone, _awaited = (
            chain.start([(pack, 1)], user=buyer, via=GatewayName.OFFLINE)
            for buyer in (staff, staff, get_user_model().objects.create(email="b@example.org"))
        )
    confirm(
        came.intent_id,
        Receipt("bank", came.amount_fen, "TRANSFER-1", came.created_at.date()),
        staff,
    )
    abandon(gone.uuid)
    intents = gateway._client().v1.payment_intents
    for fen in (700, 800):
        made = intents.create({"amount": fen, "currency": "cny", "payment_method_types": ["card"]})
        intents.confirm(made.id, {"payment_method": "pm_card_visa"})
    reconcile_payments()
    back, explained = Gap.objects.order_by("details__fen")
    resolve(back.pk, staff)
    acknowledge(explained.pk, staff, "The hall's rent")


def _stripe_tells(order: Any) -> None:
    """An event of a payment that is placed already: stored, processed, nothing more."""
    event = {
        "id": "evt_rich",
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": order.payment_attempt.intent_id,
                "metadata": {"attempt": str(order.payment_attempt.uuid)},
            }
        },
    }
    events.store(event)
    events.process("evt_rich")
