"""Seals of what a campaign is for, is to reach and cost, and of its links' codes to say."""

from django.db import migrations

from storefront.books.sealing import Sealed

TABLES = {
    "campaigns_campaign": "code name_zh name_en kind starts_at ends_at page_id goal_grams "
    "goal_paid_fen goal_households",
    "campaigns_campaign_produce": "campaign_id produce_id",
    "campaigns_campaign_villages": "campaign_id partner_id",
    "campaigns_campaigncost": "campaign_id kind amount_fen what_for day entered_by_id",
    "campaigns_trackedlink": "code spoken campaign_id medium channel produce_id created_at",
}


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0004_counts_and_transit"),
        ("campaigns", "0005_spoken_codes"),
    ]

    operations = [
        Sealed(table, "id", columns.split(), deletable=True) for table, columns in TABLES.items()
    ]
