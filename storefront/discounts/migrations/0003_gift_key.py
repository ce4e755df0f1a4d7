import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("discounts", "0002_append_only")]

    operations = [
        migrations.AddField(
            model_name="gift",
            name="key",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
