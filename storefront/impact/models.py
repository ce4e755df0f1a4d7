"""What was published, and what of small groups is in it already (docs/impact.md)."""

from django.db import models
from django.db.models import Q

# The cache's key of what is published.
PUBLISHED = "impact:figures"


class Publication(models.Model):
    """The public figures as they were last counted. One row: the page reads nothing else."""

    ONLY = 1
    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    counted_at = models.DateTimeField()
    # As storefront.impact.services writes and storefront.impact.selectors reads it.
    figures = models.JSONField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="publication_only_one")]


class MergedPool(models.Model):
    """What of a sales pool of fewer than 3 households is in the published sums.

    Never shown by itself. Once a pool is here its figures stay merged, however many households
    it gets: to take it out again would show what it had brought in before.
    """

    sales_pool = models.OneToOneField(
        "settlement.SalesPool", models.PROTECT, primary_key=True, related_name="+"
    )
    paid_fen = models.BigIntegerField()
    net_fen = models.BigIntegerField()
    credited_fen = models.BigIntegerField()
    unshared_fen = models.BigIntegerField()


class CountedPayout(models.Model):
    """What of a household's payouts is in the published sum. Never shown by itself."""

    household = models.OneToOneField(
        "households.Household", models.PROTECT, primary_key=True, related_name="+"
    )
    fen = models.BigIntegerField()
