from django.db import migrations

from catalog.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("platforms", "0003_settlements")]

    operations = [AppendOnly("platforms_platformsettlement")]
