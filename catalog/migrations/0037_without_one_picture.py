"""A produce has photographs (storefront.pictures), not one picture."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0036_keeping_and_eating"),
        ("pictures", "0002_photos_from_produce"),
    ]

    operations = [migrations.RemoveField(model_name="produce", name="image")]
