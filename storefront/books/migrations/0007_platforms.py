from django.db import migrations

from storefront.books.sealing import Sealed


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0006_rooms"),
        ("platforms", "0001_initial"),
    ]

    operations = [
        Sealed("platforms_platformshop", "id", ("platform", "name")),
        Sealed(
            "platforms_platformline",
            "id",
            (
                "shop_id",
                "order_number",
                "part",
                "sku",
                "quantity",
                "amount_fen",
                "refunded_fen",
                "state",
                "pending",
                "ordered_at",
                "paid_at",
                "source",
                "host",
                "shipped",
                "waybill",
                "order_id",
                "session_id",
                "imported_at",
                "changed_at",
                "settled_at",
            ),
        ),
    ]
