from django.db import migrations

from catalog.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("discounts", "0001_initial")]

    operations = [
        AppendOnly("discounts_giftmove"),
        AppendOnly("discounts_hostpayment"),
    ]
