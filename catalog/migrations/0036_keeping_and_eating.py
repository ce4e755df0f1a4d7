from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0035_damage_claims")]

    operations = [
        migrations.AddField(
            "produce",
            name,
            models.TextField(blank=True, default="", verbose_name=label),
            preserve_default=False,
        )
        for name, label in (
            ("storage_zh", "how to keep it, in Chinese"),
            ("storage_en", "how to keep it, in English"),
            ("eating_zh", "how to eat it, in Chinese"),
            ("eating_en", "how to eat it, in English"),
        )
    ]
