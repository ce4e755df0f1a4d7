from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0002_writeoff"),
        ("partner", "0008_pools_and_journal"),
    ]

    operations = [
        migrations.CreateModel(
            name="VillageImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("shift_days", models.IntegerField()),
                ("loaded_at", models.DateTimeField()),
                (
                    "cooperatives",
                    models.ManyToManyField(related_name="village_imports", to="partner.partner"),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
    ]
