"""Sold orders, written straight into the tables: for tests of what comes after the sale."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from oscar.core.loading import get_model

from catalog.clock import now, today
from catalog.models import Category, Produce, Product
from catalog.numbers import to_yuan
from cooperatives.households.models import Household
from cooperatives.ledger.models import Transaction
from cooperatives.ledger.services import AccountKey, Leg, post
from cooperatives.partner.models import Partner, StockPool
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.settlement.models import CreditRule, SalesPool
from livestream.campaigns.services import LineToAttribute, attribute_lines
from storefront.order.models import Order

_numbers = itertools.count(1)


@dataclass
class Farm:
    """A cooperative with one produce, one pack of it, a pool, a sales pool and two households."""

    partner: Partner
    produce: Produce
    pack: Product
    pool: StockPool
    sales_pool: SalesPool
    households: list[Household]


def make_farm(name: str = "pear", net_grams: int = 2500) -> Farm:
    """Make a cooperative that sells one pack at ¥25.00."""
    category = Category.objects.first() or Category.add_root(name="水果", name_en="Fruit")
    partner = Partner.objects.create(
        code=f"COOP-{name}", name=f"{name}合作社", name_en=f"{name} co-op"
    )
    produce = Produce.objects.create(
        code=name,
        name_zh=f"{name}果",
        name_en=name,
        category=category,
        season_from=7,
        season_to=9,
        shelf_days=20,
        ship_within_hours=48,
        return_days=7,
        temperature="ambient",
    )
    kinds = get_model("catalogue", "ProductClass")
    pack = Product.objects.create(
        title=name,
        upc=f"UPC-{name}",
        produce=produce,
        pack_zh="五斤",
        pack_en="2.5 kg",
        net_grams=net_grams,
        offer_price=to_yuan(2500),
        product_class=kinds.objects.get_or_create(name="Produce", track_stock=False)[0],
    )
    pool = StockPool.objects.create(
        partner=partner, produce=produce, next_change_at=now() + timedelta(days=9)
    )
    rule = CreditRule.objects.create(
        partner=partner, valid_from=date(2026, 1, 1), fee_bps=500, fund_bps=300
    )
    sales_pool = SalesPool.objects.create(
        pool=pool, rule=rule, starts_on=today() - timedelta(days=6), ends_on=today()
    )
    households = [
        Household.objects.create(
            code=f"{name}-{number}",
            partner=partner,
            village="村",
            shares=1,
            people=3,
            joined_on=date(2020, 1, 1),
        )
        for number in (1, 2)
    ]
    return Farm(partner, produce, pack, pool, sales_pool, households)


def sell(*wanted: tuple[Farm, int], freight_fen: int = 0, **fields: Any) -> Order:
    """Write an order of (farm, net fen) lines, one pack each, with its sale in the ledger."""
    moment, total = now(), sum(net for _, net in wanted) + freight_fen * len(wanted)
    order = Order.objects.create(
        number=f"T{next(_numbers):06}",
        currency="CNY",
        status="paid",
        date_placed=moment,
        total_incl_tax=to_yuan(total),
        total_excl_tax=to_yuan(total),
        shipping_incl_tax=to_yuan(freight_fen * len(wanted)),
        shipping_excl_tax=to_yuan(freight_fen * len(wanted)),
        **{"guest_email": "li@example.org", "contact_phone": "13800000000", **fields},
    )
    for farm, net_fen in wanted:
        _sell_line(order, farm, net_fen, freight_fen)
    return order


def _sell_line(order: Order, farm: Farm, net_fen: int, freight_fen: int) -> ConsignmentLine:
    price = to_yuan(net_fen)
    order_line = order.lines.create(
        partner=farm.partner,
        partner_name=farm.partner.name,
        partner_sku=farm.pack.upc,
        product=farm.pack,
        title=farm.pack.title,
        quantity=1,
        line_price_incl_tax=price,
        line_price_excl_tax=price,
        line_price_before_discounts_incl_tax=price,
        line_price_before_discounts_excl_tax=price,
        num_allocated=0,
        status="paid",
    )
    consignment = Consignment.objects.create(
        order=order,
        partner=farm.partner,
        number=f"{order.number}-{farm.partner.code}",
        freight_fen=freight_fen,
        paid_at=now(),
        ship_by=now() + timedelta(days=2),
    )
    line = ConsignmentLine.objects.create(
        consignment=consignment,
        order_line=order_line,
        product=farm.pack,
        pool=farm.pool,
        packs=1,
        ordered_grams=farm.pack.net_grams,
        billed_grams=farm.pack.net_grams,
        net_fen=net_fen,
        return_days=7,
    )
    legs = [
        Leg(AccountKey("stripe"), net_fen + freight_fen),
        Leg(AccountKey("sales", farm.partner.pk), -net_fen, line.pk),
        Leg(AccountKey("freight", farm.partner.pk), -freight_fen),
    ]
    post_now(Transaction.Kind.SALE, "consignment", consignment.pk, legs, farm)
    return line


def attribute(
    order: Order,
    touches: Sequence[dict] = (),
    *,
    started: datetime | None = None,
    user_id: int | None = None,
    source: str = "",
) -> None:
    """Attribute the order's lines, as placement does; payment started now unless said."""
    lines = [LineToAttribute(pk, source) for pk in order.lines.values_list("pk", flat=True)]
    attribute_lines(lines, touches, started_at=started or now(), paid_at=now(), user_id=user_id)


def post_now(kind: str, source: str, source_id: int | str, legs: list[Leg], farm: Farm) -> None:
    """Post a ledger transaction of a farm's cooperative."""
    with transaction.atomic():
        post(kind, source, str(source_id), legs, partner_id=farm.partner.pk)


def line_of(order: Order, farm: Farm) -> ConsignmentLine:
    """The order's consignment line at a farm."""
    return ConsignmentLine.objects.get(consignment__order=order, pool=farm.pool)


def pack_into_pool(order: Order, farm: Farm) -> None:
    """Post what packing posts: the line's money moves from `sales` to the farm's sales pool."""
    line = line_of(order, farm)
    legs = [
        Leg(AccountKey("sales", farm.partner.pk), line.net_fen, line.pk),
        Leg(
            AccountKey("pool", farm.partner.pk, sales_pool_id=farm.sales_pool.pk),
            -line.net_fen,
            line.pk,
            farm.sales_pool.pk,
        ),
    ]
    post_now(Transaction.Kind.PACKED, "drawing", f"line:{line.pk}", legs, farm)


def refund_from_pool(order: Order, farm: Farm, fen: int) -> None:
    """Give back a part of a packed line, borne by the pool."""
    line = line_of(order, farm)
    ConsignmentLine.objects.filter(pk=line.pk).update(refunded_fen=line.refunded_fen + fen)
    legs = [
        Leg(
            AccountKey("pool", farm.partner.pk, sales_pool_id=farm.sales_pool.pk),
            fen,
            line.pk,
            farm.sales_pool.pk,
        ),
        Leg(AccountKey("refund_due"), -fen),
    ]
    post_now(Transaction.Kind.REFUND_DECIDED, "refund", f"{line.pk}:{fen}", legs, farm)


def credit_households(farm: Farm, *fen: int) -> None:
    """Post a sharing-out: each amount to one household, alternately pending and available."""
    legs = [
        Leg(
            AccountKey("pool", farm.partner.pk, sales_pool_id=farm.sales_pool.pk),
            sum(fen),
            None,
            farm.sales_pool.pk,
        )
    ]
    for index, (household, amount) in enumerate(zip(farm.households, fen, strict=False)):
        kind = "available" if index % 2 else "pending"
        key = AccountKey(kind, farm.partner.pk, household.pk)
        legs.append(Leg(key, -amount, None, farm.sales_pool.pk))
    post_now(Transaction.Kind.SHARED, "sharing_out", f"{farm.partner.code}:{sum(fen)}", legs, farm)
