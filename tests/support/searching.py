"""The demo's produce to search in, without its households, lots and promises."""

import csv
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from oscar.core.loading import get_model

from catalog.clock import now
from catalog.models import Category, Produce, Product
from cooperatives.partner.models import Partner, StockPool, StockRecord
from storefront.demo.site import name_categories
from storefront.demo.words import make_other_words

FOLDER = settings.BASE_DIR / "deploy" / "demo" / "villages"
ProductClass = get_model("catalogue", "ProductClass")


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_market() -> dict[str, Produce]:
    """The demo's cooperatives, produce and packs, all in stock, and their search documents."""
    rows = _rows("products.csv")
    kind = ProductClass.objects.create(name="produce", track_stock=False)
    partners = {
        row["code"]: Partner.objects.create(
            code=row["code"],
            name=row["name_zh"],
            name_en=row["name_en"],
            province=row["province"],
            county=row["county"],
            county_code=row["county_code"],
            village=row["village"],
        )
        for row in _rows("cooperatives.csv")
    }
    names = dict.fromkeys(row["category"] for row in rows)
    categories = {name: Category.add_root(name=name) for name in names}
    name_categories()
    produce: dict[str, Produce] = {}
    packs: dict[str, Product] = {}
    for row in rows:
        code = row["produce"]
        produce[code] = produce.get(code) or Produce.objects.create(
            code=code,
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            category=categories[row["category"]],
            season_from=row["season_from"],
            season_to=row["season_to"],
            shelf_days=row["shelf_days"],
            ship_within_hours=row["ship_within_hours"],
            return_days=row["return_days"],
            temperature=row["temperature"],
            gi_certificate=row["gi_certificate"],
        )
        packs[row["sku"]] = packs.get(row["sku"]) or Product.objects.create(
            title=row["name_zh"],
            slug=row["sku"].lower(),
            upc=row["sku"],
            product_class=kind,
            produce=produce[code],
            pack_zh=row["pack"],
            net_grams=row["net_grams"],
            offer_price=Decimal(row["price_fen"]) / 100,
        )
        partner = partners[row["cooperative"]]
        pool, _ = StockPool.objects.get_or_create(
            partner=partner,
            produce=produce[code],
            defaults={"on_hand": 100_000, "next_change_at": now() + timedelta(days=9)},
        )
        StockRecord.objects.create(
            partner=partner,
            product=packs[row["sku"]],
            partner_sku=row["sku"],
            price=Decimal(row["price_fen"]) / 100,
            price_currency="CNY",
            pool=pool,
        )
    make_other_words()
    return produce
