from django.db import migrations

from storefront.books.sealing import Sealed


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0003_cases"),
        ("discounts", "0003_gift_key"),
        ("routing", "0006_transit_days"),
    ]

    operations = [
        Sealed(
            "routing_freightrate",
            "id",
            (
                "partner_id",
                "province",
                "first_grams",
                "first_fen",
                "step_grams",
                "step_fen",
                "transit_days",
            ),
            deletable=True,
        ),
        # Written by one buyer at a time, unlike the counters of the terms themselves.
        Sealed("discounts_buyercount", "id", ("terms_id", "key", "uses", "most")),
        Sealed(
            "discounts_gift",
            "id",
            (
                "key",
                "digest",
                "ending",
                "issued_fen",
                "balance_fen",
                "held_fen",
                "valid_until",
                "recipient",
                "funder",
                "reference",
                "note",
                "actor_id",
                "created_at",
            ),
        ),
    ]
