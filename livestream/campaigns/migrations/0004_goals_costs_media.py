import django.core.validators
import django.db.models.deletion
import modelcluster.fields
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import livestream.campaigns.fields

KINDS = [
    ("livestream", "livestream"),
    ("fair", "campus fair"),
    ("season", "season"),
    ("clearance", "clearance"),
    ("institution", "institutional buying"),
]
COSTS = [
    ("advertising", "advertising"),
    ("travel", "travel"),
    ("prizes", "prizes"),
    ("other", "other"),
]
MEDIA = [("channel", "channel"), ("host", "host"), ("poster", "poster"), ("stall", "stall")]


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_capital_codes"),
        ("catalogue", "0037_without_one_picture"),
        ("partner", "0010_stock_record_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "campaign",
            "kind",
            models.CharField(choices=KINDS, default="season", max_length=12, verbose_name="kind"),
        ),
        migrations.AddField(
            "campaign",
            "goal_grams",
            livestream.campaigns.fields.GramsField(
                blank=True, null=True, verbose_name="weight ordered, in kg"
            ),
        ),
        migrations.AddField(
            "campaign",
            "goal_paid_fen",
            livestream.campaigns.fields.FenField(
                blank=True, null=True, verbose_name="paid, in yuan"
            ),
        ),
        migrations.AddField(
            "campaign",
            "goal_households",
            models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="households credited",
            ),
        ),
        migrations.AddField(
            "campaign",
            "villages",
            modelcluster.fields.ParentalManyToManyField(
                blank=True, related_name="+", to="partner.partner", verbose_name="villages"
            ),
        ),
        migrations.AddField(
            "campaign",
            "produce",
            modelcluster.fields.ParentalManyToManyField(
                blank=True, related_name="+", to="catalogue.produce", verbose_name="produce"
            ),
        ),
        migrations.AddConstraint(
            "campaign",
            models.CheckConstraint(
                condition=Q(kind__in=tuple(kind for kind, _ in KINDS)), name="campaign_kind"
            ),
        ),
        migrations.AddConstraint(
            "campaign",
            models.CheckConstraint(
                condition=Q(goal_grams__isnull=True) | Q(goal_grams__gt=0),
                name="campaign_goal_grams",
            ),
        ),
        migrations.AddConstraint(
            "campaign",
            models.CheckConstraint(
                condition=Q(goal_paid_fen__isnull=True) | Q(goal_paid_fen__gt=0),
                name="campaign_goal_paid_fen",
            ),
        ),
        migrations.AddConstraint(
            "campaign",
            models.CheckConstraint(
                condition=Q(goal_households__isnull=True) | Q(goal_households__gt=0),
                name="campaign_goal_households",
            ),
        ),
        migrations.CreateModel(
            name="CampaignCost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=COSTS, max_length=12, verbose_name="kind"),
                ),
                (
                    "amount_fen",
                    livestream.campaigns.fields.FenField(verbose_name="amount in yuan"),
                ),
                ("what_for", models.CharField(max_length=200, verbose_name="what for")),
                ("day", models.DateField(verbose_name="day")),
                (
                    "campaign",
                    modelcluster.fields.ParentalKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="costs",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="entered by",
                    ),
                ),
            ],
            options={
                "verbose_name": "cost",
                "verbose_name_plural": "costs",
                "ordering": ["day", "pk"],
                "constraints": [
                    models.CheckConstraint(condition=Q(amount_fen__gt=0), name="cost_positive"),
                    models.CheckConstraint(
                        condition=Q(kind__in=tuple(kind for kind, _ in COSTS)), name="cost_kind"
                    ),
                    models.CheckConstraint(condition=~Q(what_for=""), name="cost_says_what_for"),
                ],
            },
        ),
        migrations.AddField(
            "trackedlink",
            "medium",
            models.CharField(
                choices=MEDIA, default="channel", max_length=8, verbose_name="made for"
            ),
        ),
        migrations.AlterField(
            "trackedlink",
            "channel",
            models.CharField(
                help_text="Such as Douyin, class group, east gate, evening shift.",
                max_length=40,
                verbose_name="where or who",
            ),
        ),
        migrations.AddField(
            "trackedlink",
            "spoken",
            models.CharField(editable=False, max_length=4, null=True, verbose_name="code to say"),
        ),
        migrations.AddConstraint(
            "trackedlink",
            models.CheckConstraint(
                condition=Q(medium__in=tuple(medium for medium, _ in MEDIA)), name="link_medium"
            ),
        ),
    ]
