"""The chain's actors for tests, made through the services: farms, packs, buyers, payments."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from oscar.core.loading import get_model

from catalog.clock import today
from catalog.models import Category, Produce, Product
from catalog.numbers import to_yuan
from cooperatives.households.models import Household, Lot
from cooperatives.households.services import NewLot, NewPromise, deliver_lots, make_promises
from cooperatives.partner.models import Partner, StockPool, StockRecord
from cooperatives.partner.stock import get_pool
from cooperatives.routing.models import FreightRate
from cooperatives.settlement.models import CreditRule
from storefront.order.models import Order
from storefront.payments import gateway
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt
from storefront.payments.services import Contact, DeliveryAddress, start_payment
from tests.support.discounts import put_in

Basket = get_model("basket", "Basket")
ProductClass = get_model("catalogue", "ProductClass")
_numbers = itertools.count(1)

CONTACT = Contact(name="买家", email="buyer@example.org", phone="13800000000")
ADDRESS = DeliveryAddress(
    name="买家",
    phone="13800000000",
    province="北京",
    city="北京市",
    district="海淀区",
    street="学院路1号",
)


def make_cooperative(
    code: str, *, fee_bps: int = 800, fund_bps: int = 200, period: str = "week", households: int = 3
) -> Partner:
    """A cooperative with its credit rule and households CODE-001 …"""
    partner = Partner.objects.create(
        code=code, name=f"{code}合作社", name_en=f"{code} Cooperative", village="小村"
    )
    CreditRule.objects.create(
        partner=partner,
        valid_from=date(2000, 1, 1),
        fee_bps=fee_bps,
        fund_bps=fund_bps,
        period=period,
    )
    Household.objects.bulk_create(
        Household(
            code=f"{code}-{number:03}",
            partner=partner,
            village="小村",
            shares=100,
            people=3,
            joined_on=date(2020, 1, 1),
        )
        for number in range(1, households + 1)
    )
    return partner


def make_produce(
    code: str, *, shelf_days: int = 60, ship_within_hours: int = 48, return_days: int = 7
) -> Produce:
    """A produce in season all year."""
    category = Category.objects.first() or Category.add_root(name="新鲜水果", name_en="Fruit")
    return Produce.objects.create(
        code=code,
        name_zh=f"{code}果",
        name_en=f"{code} fruit",
        category=category,
        season_from=1,
        season_to=12,
        shelf_days=shelf_days,
        ship_within_hours=ship_within_hours,
        return_days=return_days,
        temperature="ambient",
    )


def make_pack(
    produce: Produce,
    sellers: Sequence[Partner],
    *,
    net_grams: int = 2500,
    price_fen: int = 2480,
    prices: Sequence[int] = (),
) -> Product:
    """A pack at the offer price, sold by cooperatives at that price or at `prices` of their own."""
    kind = ProductClass.objects.get_or_create(name="produce", defaults={"track_stock": False})[0]
    sku = f"{produce.code}-{next(_numbers)}"
    pack = Product.objects.create(
        title=f"{produce.name_zh} {net_grams}克",
        upc=sku,
        product_class=kind,
        produce=produce,
        pack_zh=f"{net_grams}克装",
        pack_en=f"{net_grams} g",
        net_grams=net_grams,
        offer_price=to_yuan(price_fen),
    )
    for place, partner in enumerate(sellers):
        StockRecord.objects.create(
            product=pack,
            partner=partner,
            partner_sku=sku,
            price_currency="CNY",
            price=to_yuan(prices[place] if prices else price_fen),
            pool=get_pool(partner.pk, produce.pk),
        )
    return pack


def deliver(
    household: str, produce: Produce, grams: int, *, days_ago: int = 10, grade: str = "A"
) -> Lot:
    """A lot that a household, named by its code, delivered some days ago."""
    found = Household.objects.get(code=household)
    return deliver_lots(
        [
            NewLot(
                code=f"L{next(_numbers):05}",
                household_id=found.pk,
                produce_id=produce.pk,
                partner_id=found.partner_id,
                delivered_on=today() - timedelta(days=days_ago),
                grams=grams,
                grade=grade,
            )
        ]
    )[0]


def promise(
    household: str,
    produce: Produce,
    grams: int,
    *,
    per_day: int,
    from_day: date | None = None,
    days: int = 10,
) -> Any:
    """A harvest promise of a household, from today on unless said."""
    found = Household.objects.get(code=household)
    start = from_day or today()
    return make_promises(
        [
            NewPromise(
                household_id=found.pk,
                produce_id=produce.pk,
                partner_id=found.partner_id,
                from_day=start,
                to_day=start + timedelta(days=days - 1),
                grams=grams,
                grams_per_day=per_day,
            )
        ]
    )[0]


def pool_of(partner: Partner, produce: Produce) -> StockPool:
    return StockPool.objects.get(partner=partner, produce=produce)


def figures(partner: Partner, produce: Produce) -> tuple[int, int, int, int]:
    """(on hand, promised, reserved, allocated) grams of a pool."""
    pool = pool_of(partner, produce)
    return pool.on_hand, pool.promised, pool.reserved, pool.allocated


def make_freight(first_fen: int = 800, step_fen: int = 200) -> None:
    """The common rate to everywhere: the first 3 kg, then each further kg."""
    FreightRate.objects.get_or_create(
        partner=None,
        province="",
        defaults={
            "first_grams": 3000,
            "first_fen": first_fen,
            "step_grams": 1000,
            "step_fen": step_fen,
        },
    )


def make_basket(items: Iterable[tuple], user=None) -> Any:
    """An open basket of (pack, packs) or (pack, packs, source)."""
    basket = Basket.objects.create(owner=user, status=Basket.OPEN)
    for pack, packs, *source in items:
        record = pack.stockrecords.order_by("partner__code").first()
        reference = f"{pack.pk}_{record.pk}" + (f"~{source[0]}" if source else "")
        basket.lines.create(
            product=pack,
            stockrecord=record,
            line_reference=reference,
            quantity=packs,
            price_currency="CNY",
            price_excl_tax=pack.offer_price,
            price_incl_tax=pack.offer_price,
        )
    return basket


def start(items: Iterable[tuple], *, user=None, province: str = "北京", **more: Any):
    """Start the payment of a new basket; `codes` of vouchers and `cards`, gift vouchers, in it."""
    make_freight()
    basket = put_in(make_basket(items, user), *more.pop("codes", ()), cards=more.pop("cards", ()))
    address = DeliveryAddress(**{**ADDRESS.__dict__, "province": province})
    return start_payment(
        basket,
        contact=CONTACT,
        address=address,
        language=more.pop("language", "zh-hans"),
        user=user,
        **more,
    )


def pay(attempt: PaymentAttempt, card: str = "pm_card_visa") -> None:
    """Confirm the attempt's intent as the buyer's browser does."""
    gateway._client().v1.payment_intents.confirm(attempt.intent_id, {"payment_method": card})


def buy(items: Iterable[tuple], **more: Any) -> Order:
    """Reserve, pay and place; gives the order."""
    attempt = start(items, **more)
    if attempt.amount_fen:
        pay(attempt)
    outcome = finalize(attempt.uuid)
    assert outcome.order is not None, outcome.kind
    return outcome.order


@dataclass
class Grove:
    """One cooperative that sells one produce in one pack, with grams in its store."""

    partner: Partner
    produce: Produce
    pack: Product


def make_grove(
    code: str = "A", *, grams: int = 100_000, net_grams: int = 2500, price_fen: int = 2480
) -> Grove:
    """A grove with one lot of its first household, delivered ten days ago."""
    partner, produce = make_cooperative(f"COOP-{code}"), make_produce(f"P{code}")
    pack = make_pack(produce, [partner], net_grams=net_grams, price_fen=price_fen)
    if grams:
        deliver(f"COOP-{code}-001", produce, grams)
    return Grove(partner, produce, pack)
