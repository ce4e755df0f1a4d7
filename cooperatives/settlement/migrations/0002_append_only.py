from django.db import migrations

from catalog.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_initial")]

    operations = [
        AppendOnly("settlement_sharingout"),
        AppendOnly("settlement_creditrule"),
    ]
