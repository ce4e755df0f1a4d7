"""The texts stand in blocks now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pages", "0003_texts_into_blocks")]

    operations = [
        migrations.RemoveField(
            model_name='campaignpage',
            name='body_en',
        ),
        migrations.RemoveField(
            model_name='campaignpage',
            name='body_zh',
        ),
        migrations.RemoveField(
            model_name='contentpage',
            name='body_en',
        ),
        migrations.RemoveField(
            model_name='contentpage',
            name='body_zh',
        ),
        migrations.RemoveField(
            model_name='homepage',
            name='body_en',
        ),
        migrations.RemoveField(
            model_name='homepage',
            name='body_zh',
        ),
    ]
