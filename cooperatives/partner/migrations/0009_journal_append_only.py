from django.db import migrations

from catalog.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("partner", "0008_pools_and_journal")]

    operations = [
        AppendOnly("partner_stockmove"),
    ]
