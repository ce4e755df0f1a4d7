from django.db import migrations

from catalog.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_channels_wording_preferences")]

    operations = [
        AppendOnly("notifications_messagetext"),
    ]
