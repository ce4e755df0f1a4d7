"""Credit rules, sales pools and sharings-out (DESIGN §6)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class CreditRule(models.Model):
    """How a cooperative credits a produce, from a day on. A version, never changed in place."""

    class Method(models.TextChoices):
        POOLED = "pooled", _("pooled")

    class Period(models.TextChoices):
        DAY = "day", _("day")
        WEEK = "week", _("week")

    partner = models.ForeignKey("partner.Partner", models.PROTECT, related_name="credit_rules")
    # Empty: every produce of the cooperative that has no rule of its own.
    produce = models.ForeignKey("catalogue.Produce", models.PROTECT, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    valid_from = models.DateField()
    method = models.CharField(max_length=8, choices=Method, default=Method.POOLED)
    period = models.CharField(max_length=8, choices=Period, default=Period.WEEK)
    fee_bps = models.PositiveIntegerField(_("service fee in basis points"))
    fund_bps = models.PositiveIntegerField(_("village fund in basis points"))
    grade_a_bps = models.PositiveIntegerField(default=10000)
    grade_b_bps = models.PositiveIntegerField(default=8000)

    class Meta:
        ordering = ["partner_id", "produce_id", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "produce", "version"],
                nulls_distinct=False,
                name="credit_rule_once",
            ),
            models.CheckConstraint(
                condition=Q(fee_bps__lte=10000 - F("fund_bps")), name="credit_rule_within_whole"
            ),
        ]


class SalesPool(models.Model):
    """The lots of one stock pool delivered in one period: they share one average price (销售池)."""

    pool = models.ForeignKey("partner.StockPool", models.PROTECT, related_name="sales_pools")
    rule = models.ForeignKey(CreditRule, models.PROTECT, related_name="sales_pools")
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ["starts_on", "pk"]
        verbose_name = _("sales pool")
        verbose_name_plural = _("sales pools")
        constraints = [
            models.UniqueConstraint(
                fields=["pool", "starts_on", "ends_on"], name="sales_pool_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="sales_pool_period"
            ),
        ]


class SharingOut(models.Model):
    """One sharing-out of a sales pool: the source of its postings. Never changed (triggers)."""

    sales_pool = models.ForeignKey(SalesPool, models.PROTECT, related_name="sharings")
    sequence = models.PositiveIntegerField()
    # What packed lines brought in, net of refunds that the pool bears; and its released part.
    earned_fen = models.BigIntegerField()
    released_fen = models.BigIntegerField()
    finished = models.BooleanField(default=False)
    rule = models.ForeignKey(CreditRule, models.PROTECT)
    rule_version = models.PositiveIntegerField()
    fee_bps = models.PositiveIntegerField()
    fund_bps = models.PositiveIntegerField()
    # {household id: weight}: grams × grade factor, as read at this sharing-out.
    weights = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["sales_pool_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["sales_pool", "sequence"], name="sharing_out_once"),
            models.CheckConstraint(
                condition=Q(earned_fen__gte=F("released_fen"), released_fen__gte=0),
                name="sharing_out_released_within_earned",
            ),
        ]


class ReleaseHold(models.Model):
    """Why a consignment line's credits are not released: an open case or dispute names itself.

    Lifted, not deleted: what was held, and how long, can be read later.
    """

    line = models.ForeignKey("routing.ConsignmentLine", models.PROTECT, related_name="holds")
    # "case:17", "dispute:dp_1"
    key = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "key"],
                condition=Q(lifted_at__isnull=True),
                name="release_hold_once",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("created_at")),
                name="release_hold_lifted_later",
            ),
        ]
        indexes = [
            models.Index(
                fields=["key"], condition=Q(lifted_at__isnull=True), name="release_hold_open"
            )
        ]
