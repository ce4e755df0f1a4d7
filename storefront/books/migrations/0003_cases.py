"""Seals of cases, their threads and pictures, and disputes."""

from django.db import migrations

from storefront.books.sealing import Sealed

TABLES = {
    "cases_case": "uuid order_id line_id kind state owner assigned_id due_at outcome packs share_bps "
    "asked_fen given_fen bearer escalated created_at decided_at closed_at",
    "cases_caseentry": "case_id uuid author_kind author_id action text outcome refund_id created_at",
    "cases_casepicture": "entry_id image width height",
    "cases_dispute": "attempt_id case_id amount_fen fee_fen reason status withdrawn_fen withdrawn_at "
    "reinstated_fen refund_id evidence evidence_at opened_at closed_at",
}


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0002_money_engine"),
        ("cases", "0001_initial"),
        ("routing", "0006_transit_days"),
    ]

    operations = [
        *(Sealed(table, "id", columns.split()) for table, columns in TABLES.items()),
        # Once more, with the days on its way.
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
    ]
