from django.db import migrations

from storefront.books.sealing import Sealed

COLUMNS = "line_id at kind gross_fen settled_fen returned_fen actor_id booked_at"


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0007_platforms"),
        ("platforms", "0004_settlements_append_only"),
    ]

    operations = [Sealed("platforms_platformsettlement", "id", COLUMNS.split())]
