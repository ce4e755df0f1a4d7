import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0034_offer_price_positive")]

    operations = [
        migrations.AddField(
            "produce",
            "claim_days",
            models.PositiveIntegerField(
                default=2,
                help_text="Counted from the delivery.",
                verbose_name="days to claim damage",
            ),
        ),
        migrations.AddField(
            "produce",
            "auto_limit_bps",
            models.PositiveIntegerField(
                default=3000,
                help_text="3000 = 30 %. Above it a person decides; 0: always a person.",
                validators=[django.core.validators.MaxValueValidator(10000)],
                verbose_name="paid at once up to (basis points of the line)",
            ),
        ),
        migrations.AddField(
            "produce",
            "auto_limit_fen",
            models.PositiveIntegerField(
                default=5000,
                help_text="5000 = ¥50, for all claims on a line together.",
                verbose_name="paid at once up to (fen)",
            ),
        ),
        migrations.AddField(
            "produce",
            "claim_bearer",
            models.CharField(
                choices=[
                    ("cooperative", "the cooperative"),
                    ("programme", "the programme"),
                    ("carrier", "the carrier"),
                ],
                default="cooperative",
                max_length=12,
                verbose_name="damage is borne by",
            ),
        ),
        migrations.AddConstraint(
            "produce",
            models.CheckConstraint(
                condition=models.Q(("auto_limit_bps__lte", 10000)), name="produce_auto_limit"
            ),
        ),
    ]
