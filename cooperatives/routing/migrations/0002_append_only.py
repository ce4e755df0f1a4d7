from django.db import migrations

from catalog.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial")]

    operations = [
        AppendOnly("routing_drawing"),
        AppendOnly("routing_draw"),
    ]
