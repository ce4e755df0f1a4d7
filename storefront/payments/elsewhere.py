"""Sales made on other platforms, as orders of ours: facts, so that they neither wait nor fail.

Each is an attempt of gateway "platform" that is placed from its first moment, with a snapshot as
any other: what proves an order of the shop proves these (ADR 0019). They are written together, a
batch at a time. The moment of the import is the moment of the books; when something was truly sold
stands in the importer's row.

Locks: none before the pools, which come last; what was not there a moment ago nobody else holds.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.contrib.sites.models import Site
from django.db import transaction
from oscar.core.loading import get_model

from catalog.clock import now
from catalog.models import Product
from catalog.numbers import to_yuan
from cooperatives.ledger.models import Account
from cooperatives.partner.models import StockMove
from cooperatives.partner.stock import lock_pools
from cooperatives.ports import CannotGiveBack, NobodySells, SaleElsewhere
from cooperatives.routing.models import ConsignmentLine
from cooperatives.routing.route import Part, standing
from cooperatives.routing.services import NewLine, create_consignments
from cooperatives.settlement.holds import hold_new, lift
from livestream.campaigns.services import LineToAttribute, attribute_lines
from storefront.aftersales.models import Refund
from storefront.aftersales.services import CannotRefund, RefundWish, refund_lines, remains_of
from storefront.order.models import Order
from storefront.payments.finalizing import china
from storefront.payments.models import GatewayName, PaymentAttempt

Basket = get_model("basket", "Basket")
OrderLine = get_model("order", "Line")
ShippingAddress = get_model("order", "ShippingAddress")
# Any UUID: it makes the same key of an attempt from the same sale.
NAMESPACE = UUID("0d0ec6b3-57c2-4f6c-9c8e-0a3f2f1c5f0e")
# Nothing is waited for; an attempt ends later than it begins.
NO_TIME = timedelta(seconds=1)


@dataclass(frozen=True)
class _Sold:
    """A sale with who packs it, and its rows as they are made."""

    sale: SaleElsewhere
    part: Part
    attempt: PaymentAttempt
    order: Order


def record(sales: Sequence[SaleElsewhere]) -> list[Order]:
    """As cooperatives.ports.Sales says. Must run in a transaction."""
    moment = now()
    packs = Product.objects.in_bulk({sale.product_id for sale in sales})
    sellers = standing(packs)
    wanted = []
    for sale in sales:
        part = sellers.take(sale.product_id, sale.packs)
        if part is None:
            raise NobodySells(sale.product_id)
        wanted.append((sale, part))
    baskets = Basket.objects.bulk_create(
        Basket(status=Basket.SUBMITTED, date_submitted=moment) for _ in wanted
    )
    country = china()
    addresses = ShippingAddress.objects.bulk_create(
        ShippingAddress(first_name=sale.seller, line1=sale.note, country=country) for sale in sales
    )
    site = Site.objects.get_current()
    orders = Order.objects.bulk_create(
        _order(sale, basket, address, site, moment)
        for (sale, _), basket, address in zip(wanted, baskets, addresses, strict=True)
    )
    attempts = PaymentAttempt.objects.bulk_create(
        _attempt(sale, part, packs[sale.product_id], order, moment)
        for (sale, part), order in zip(wanted, orders, strict=True)
    )
    sold = [
        _Sold(*row) for row in zip(sales, [p for _, p in wanted], attempts, orders, strict=True)
    ]
    lines = OrderLine.objects.bulk_create(_line(each) for each in sold)
    for each, line in zip(sold, lines, strict=True):
        _consign(each, line, moment)
    attribute_lines(
        [LineToAttribute(line.pk, sale.source) for line, sale in zip(lines, sales, strict=True)],
        touches=[],
        started_at=moment,
        paid_at=moment,
        user_id=None,
    )
    _hold_back(orders)
    _take(sold)
    return orders


def _order(sale: SaleElsewhere, basket: Any, address: Any, site: Site, moment: datetime) -> Order:
    total = to_yuan(sale.paid_fen)
    return Order(
        number=sale.number,
        basket=basket,
        site=site,
        channel=Order.Channel.PLATFORM,
        currency="CNY",
        total_incl_tax=total,
        total_excl_tax=total,
        shipping_incl_tax=0,
        shipping_excl_tax=0,
        shipping_address=address,
        shipping_method="parcel",
        shipping_code="parcel",
        status="paid",
        date_placed=moment,
    )


def _unit_fen(sale: SaleElsewhere) -> int:
    """What a pack cost, rounded up: what was paid may not be so much for each."""
    return -(-sale.paid_fen // sale.packs)


def _attempt(
    sale: SaleElsewhere, part: Part, pack: Product, order: Order, moment: datetime
) -> PaymentAttempt:
    line = {
        "product_id": sale.product_id,
        "sku": pack.upc,
        "title_zh": pack.title,
        "packs": sale.packs,
        "unit_fen": _unit_fen(sale),
        "due_fen": sale.paid_fen,
        "net_fen": sale.paid_fen,
        "net_grams": pack.net_grams,
        "source": sale.source,
    }
    snapshot = {
        "lines": [line],
        "parts": [asdict(part) | {"net_fen": sale.paid_fen, "sources": []}],
        "freight": [],
        "contact": {"name": "", "email": "", "phone": ""},
        "address": {
            "name": sale.seller,
            "phone": "",
            "province": "",
            "city": "",
            "district": "",
            "street": sale.note,
        },
        "language": order.language,
        "touches": [],
        "channel": order.channel,
    }
    return PaymentAttempt(
        uuid=uuid5(NAMESPACE, sale.key),
        basket=order.basket,
        state=PaymentAttempt.State.PLACED,
        amount_fen=sale.paid_fen,
        snapshot=snapshot,
        gateway=GatewayName.PLATFORM,
        intent_id=f"platform_{uuid5(NAMESPACE, sale.key)}" if sale.paid_fen else None,
        order=order,
        created_at=moment,
        expires_at=moment + NO_TIME,
        paid_at=moment,
    )


def _line(sold: _Sold) -> Any:
    row, part = sold.attempt.snapshot["lines"][0], sold.part
    paid, unit = to_yuan(row["net_fen"]), to_yuan(row["unit_fen"])
    before = to_yuan(row["unit_fen"] * row["packs"])
    return OrderLine(
        order=sold.order,
        partner_id=part.partner_id,
        partner_name=part.partner_code,
        partner_sku=row["sku"],
        stockrecord_id=part.stock_record_id,
        product_id=row["product_id"],
        title=row["title_zh"],
        upc=row["sku"],
        quantity=row["packs"],
        line_price_incl_tax=paid,
        line_price_excl_tax=paid,
        line_price_before_discounts_incl_tax=before,
        line_price_before_discounts_excl_tax=before,
        unit_price_incl_tax=unit,
        unit_price_excl_tax=unit,
        status="paid",
        num_allocated=0,
    )


def _consign(sold: _Sold, line: Any, moment: datetime) -> None:
    part = sold.part
    new = NewLine(
        order_line_id=line.pk,
        product_id=part.product_id,
        partner_id=part.partner_id,
        pool_id=part.pool_id,
        packs=part.packs,
        grams=part.grams,
        net_fen=sold.sale.paid_fen,
        return_days=part.return_days,
        ship_within_hours=part.ship_within_hours,
    )
    create_consignments(
        sold.order.pk,
        sold.order.number,
        [new],
        {},
        moment,
        paid_account=Account.Kind.PLATFORM,
    )


def hold_key(order_id: int) -> str:
    """What holds an order's lines back until its platform has settled."""
    return f"platform:{order_id}"


def _hold_back(orders: Sequence[Order]) -> None:
    lines = ConsignmentLine.objects.filter(consignment__order__in=orders)
    found = lines.values_list("pk", "consignment__order_id")
    hold_new({line_id: hold_key(order_id) for line_id, order_id in found})


def _take(sold: Sequence[_Sold]) -> None:
    """Take the grams: a fact displaces whoever only holds some, and else is short itself."""
    opened = lock_pools(each.part.pool_id for each in sold)
    for each in sold:
        opened[each.part.pool_id].move(
            StockMove.Cause.SOLD, f"attempt:{each.attempt.pk}", allocated=each.part.grams
        )
    last = sold[-1].attempt.pk
    for open_pool in opened.values():
        open_pool.close(f"attempt:{last}")


def settled(order_id: int) -> None:
    """As cooperatives.ports.Sales says."""
    lift(hold_key(order_id))


@transaction.atomic
def give_back(order_id: int, fen: int | None, reference: str) -> None:
    """As cooperatives.ports.Sales says; before packing the goods are free again."""
    lines = list(ConsignmentLine.objects.filter(consignment__order_id=order_id))
    if fen is None:
        wishes = remains_of(lines)
    else:
        wishes = [RefundWish(line.pk, amount_fen=fen) for line in lines]
    packed = any(line.packed_grams is not None for line in lines)
    try:
        refund_lines(
            order_id,
            wishes,
            restock=not packed,
            reason=Refund.Reason.RETURNED if packed else Refund.Reason.CANCELLED,
            given_by=reference,
        )
    except CannotRefund as error:
        raise CannotGiveBack(str(error)) from error
