import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_initial"),
        ("order", "0022_channel_language_contact"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="try_at",
            field=models.DateTimeField(
                default=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
            ),
            preserve_default=False,
        ),
        migrations.RemoveIndex(model_name="message", name="message_waiting"),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["try_at"], name="message_waiting"
            ),
        ),
    ]
