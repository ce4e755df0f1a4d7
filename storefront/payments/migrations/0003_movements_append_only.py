from django.db import migrations

from catalog.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_offline_balance_gaps")]

    operations = [AppendOnly("payments_balancemovement")]
