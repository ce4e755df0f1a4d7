from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("partner", "0010_stock_record_once")]

    operations = [
        migrations.AddField(
            model_name="partner",
            name="county_en",
            field=models.CharField(
                blank=True,
                help_text="Empty: as it sounds, such as Guanyang County.",
                max_length=100,
                verbose_name="county in English",
            ),
        ),
        migrations.AddField(
            model_name="partner",
            name="village_en",
            field=models.CharField(
                blank=True,
                help_text="Empty: as it sounds, such as Yongfu Village.",
                max_length=100,
                verbose_name="village in English",
            ),
        ),
    ]
