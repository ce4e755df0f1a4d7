"""Seals of flash prices, of limits per buyer and of what is held of them."""

from django.db import migrations

from storefront.books.sealing import Sealed

TABLES = {
    "live_offers_flashprice": "item_id price_fen quantity per_buyer held sold begins_at ends_at "
    "ended_at actor_id ended_by_id",
    "live_offers_flashcount": "flash_id key packs most",
    "live_offers_itemcount": "item_id key packs most",
    "live_offers_roomhold": "attempt_id line item_id flash_id packs item_most flash_most buyer "
    "state created_at",
}


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0005_campaigns"),
        ("live_offers", "0001_initial"),
    ]

    operations = [Sealed(table, "id", columns.split()) for table, columns in TABLES.items()]
