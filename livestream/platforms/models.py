"""What other platforms' exports said: one row for each sub-order, as it was last imported."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from livestream.sessions.models import SessionChannel


class PlatformShop(models.Model):
    """A shop of ours on another platform: sub-orders are numbered there."""

    platform = models.CharField(max_length=10, choices=SessionChannel.Platform)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["platform", "name"]
        verbose_name = _("shop on another platform")
        verbose_name_plural = _("shops on other platforms")
        constraints = [
            models.UniqueConstraint(fields=["platform", "name"], name="platform_shop_once"),
            models.CheckConstraint(
                condition=~Q(platform="own") & ~Q(name=""), name="platform_shop_is_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_platform_display()} · {self.name}"


class PlatformLine(models.Model):
    """A sub-order of another platform. `order` is the sale, once it was paid.

    What was sold, how many and for how much never changes after that; what was given back only
    grows. Money in fen. Buyers stay as the export masks them: nothing of them is kept.
    """

    shop = models.ForeignKey(PlatformShop, models.PROTECT, related_name="lines")
    order_number = models.CharField(max_length=40)
    # What tells two rows of one order apart; empty where the platform's orders have one.
    part = models.CharField(max_length=64, blank=True)
    sku = models.CharField(max_length=64)
    quantity = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()
    refunded_fen = models.BigIntegerField(default=0)
    state = models.CharField(max_length=40)
    # The platform is still deciding about a refund.
    pending = models.BooleanField(default=False)
    # By the platform's clock: when it was ordered, and when it was paid, where it says so.
    ordered_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=80, blank=True)
    host = models.CharField(max_length=80, blank=True)
    shipped = models.BooleanField(default=False)
    waybill = models.CharField(max_length=64, blank=True)
    order = models.OneToOneField(
        "order.Order", models.PROTECT, null=True, related_name="platform_line"
    )
    session = models.ForeignKey(
        "live_sessions.LiveSession", models.PROTECT, null=True, related_name="platform_lines"
    )
    imported_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    # When the platform has paid us.
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "order_number", "part"], name="platform_line_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=0, refunded_fen__gte=0, quantity__gte=1)
                & Q(refunded_fen__lte=F("amount_fen")),
                name="platform_line_never_refunded_above_paid",
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(session__isnull=True, settled_at__isnull=True),
                name="platform_line_unpaid_is_nothing",
            ),
        ]
