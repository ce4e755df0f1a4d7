"""What other platforms' exports said: one row for each sub-order, as it was last imported."""

from typing import Any

from django.conf import settings
from django.core.files.storage import storages
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


class PlatformSettlement(models.Model):
    """A row of a platform's settlement: what it paid us for a sub-order. Never changed (triggers).

    `gross_fen` leaves the platform's account: what was sold less what it gave back before, or,
    negative, what it gave back since. `settled_fen` came to the bank, and the programme bears the
    difference: commission and fees, less what the platform added.
    """

    line = models.ForeignKey(PlatformLine, models.PROTECT, related_name="settlements")
    # By the platform's clock, and what it calls such a row: together they tell rows apart.
    at = models.DateTimeField()
    kind = models.CharField(max_length=40, blank=True)
    gross_fen = models.BigIntegerField()
    settled_fen = models.BigIntegerField()
    # What it says was given back before.
    returned_fen = models.BigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("settlement of another platform")
        verbose_name_plural = _("settlements of other platforms")
        constraints = [
            models.UniqueConstraint(fields=["line", "at", "kind"], name="platform_settled_once"),
            models.CheckConstraint(
                condition=~Q(gross_fen=0, settled_fen=0), name="platform_settled_something"
            ),
        ]


def private() -> Any:
    """Where files lie that nobody may fetch by an address."""
    return storages["private"]


class PlatformImport(models.Model):
    """A file that staff gave to be imported: read at once, and imported once they have seen that.

    checked → waiting → running → done, or failed: then it may be started again, and what was kept
    stays kept. The file is deleted once it is imported: it names buyers.
    """

    class State(models.TextChoices):
        CHECKED = "checked", _("looked at, not imported")
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("being imported")
        DONE = "done", _("imported")
        FAILED = "failed", _("stopped")

    shop = models.ForeignKey(PlatformShop, models.PROTECT, related_name="imports")
    session = models.ForeignKey(
        "live_sessions.LiveSession", models.PROTECT, null=True, related_name="+"
    )
    file = models.FileField(storage=private, upload_to="platform_exports/", blank=True)
    file_name = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State, default=State.CHECKED)
    # What the file says, and once it is imported what that did (services.as_json).
    result = models.JSONField()
    rows_done = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    # When it was last heard of while it runs.
    alive_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("import of orders")
        verbose_name_plural = _("imports of orders")
