from django.db import migrations

from catalog.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        AppendOnly("campaigns_lineattribution"),
    ]
