"""Many produce at once, written straight into the tables: for the budgets of the shop's pages."""

from datetime import timedelta
from decimal import Decimal

from oscar.core.loading import get_model

from catalog.clock import now
from catalog.models import Category, Produce, Product
from cooperatives.households.models import Household
from cooperatives.partner.models import Partner, StockPool, StockRecord

ProductClass = get_model("catalogue", "ProductClass")


def make_many(count: int) -> list[Product]:
    """So many produce, one pack each, of three cooperatives in turn, all in stock."""
    category = Category.add_root(name="新鲜水果", name_en="Fresh fruit")
    kind = ProductClass.objects.create(name="produce", track_stock=False)
    partners = [
        Partner.objects.create(code=f"MANY-{number}", name=f"合作社{number}", county="灌阳县")
        for number in range(3)
    ]
    Household.objects.bulk_create(
        Household(
            code=f"MANY-{number}",
            partner=partners[number % 3],
            village="小村",
            shares=1,
            people=1,
            joined_on="2020-01-01",
        )
        for number in range(12)
    )
    produce = Produce.objects.bulk_create(
        Produce(
            code=f"M{number:04}",
            name_zh=f"山货{number}",
            category=category,
            season_from=number % 12 + 1,
            season_to=(number + 3) % 12 + 1,
            shelf_days=30,
            ship_within_hours=48,
            return_days=7,
            temperature="ambient",
        )
        for number in range(count)
    )
    packs = Product.objects.bulk_create(
        Product(
            title=one.name_zh,
            slug=one.code.lower(),
            upc=one.code,
            product_class=kind,
            produce=one,
            pack_zh="5斤装",
            net_grams=2500,
            offer_price=Decimal("24.80"),
        )
        for one in produce
    )
    pools = StockPool.objects.bulk_create(
        StockPool(
            partner=partners[number % 3],
            produce=one,
            on_hand=100_000,
            next_change_at=now() + timedelta(days=9),
        )
        for number, one in enumerate(produce)
    )
    StockRecord.objects.bulk_create(
        StockRecord(
            partner_id=pool.partner_id,
            product=pack,
            partner_sku=pack.upc,
            price=pack.offer_price,
            price_currency="CNY",
            pool=pool,
        )
        for pack, pool in zip(packs, pools, strict=True)
    )
    return packs
