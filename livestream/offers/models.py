"""What a live room offers: flash prices, and how much of what one buyer may have.

Counters are changed by conditional UPDATEs alone (livestream.offers.holding), so that two buyers
in the same millisecond never both get the last pack.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from livestream.sessions.models import ShelfItem


class FlashPrice(models.Model):
    """A lower price (秒杀价) for so many packs of a shelf's item, for some time.

    It holds from `begins_at` until `ends_at`, until `ended_at` where a desk ended it before, and
    until `quantity` packs are held by payments under way or sold. Its price never changes: another
    price is another row.
    """

    item = models.ForeignKey(ShelfItem, models.PROTECT, related_name="flash_prices")
    price_fen = models.BigIntegerField()
    quantity = models.PositiveIntegerField()
    # How many packs at this price one buyer may have; none: as many as there are.
    per_buyer = models.PositiveSmallIntegerField(null=True)
    held = models.IntegerField(default=0)
    sold = models.IntegerField(default=0)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # None: its time was over.
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("flash price")
        verbose_name_plural = _("flash prices")
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(ended_at__isnull=True), name="flash_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(held__gte=0, sold__gte=0, quantity__gte=F("held") + F("sold")),
                name="flash_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(price_fen__gt=0, quantity__gt=0)
                & (Q(per_buyer__isnull=True) | Q(per_buyer__gt=0)),
                name="flash_positive",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="flash_period"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__gte=F("begins_at"), ended_at__lte=F("ends_at")),
                name="flash_ended_in_its_time",
            ),
        ]

    @property
    def left(self) -> int:
        """Packs that may still be bought at this price."""
        return self.quantity - self.held - self.sold


class FlashCount(models.Model):
    """Packs that one buyer holds or has bought at a flash price that is limited per buyer.

    `key` is an account, a phone or an e-mail address, as in storefront.discounts: each counts.
    """

    flash = models.ForeignKey(FlashPrice, models.PROTECT, related_name="counts")
    key = models.CharField(max_length=270)
    packs = models.IntegerField()
    # The limit as it was when last counted: so that the database itself holds it.
    most = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["flash", "key"], name="flash_count_once"),
            models.CheckConstraint(
                condition=Q(packs__gte=0, packs__lte=F("most")), name="flash_count_within"
            ),
        ]


class ItemCount(models.Model):
    """Packs that one buyer holds or has bought of a shelf's item that is limited per buyer."""

    item = models.ForeignKey(ShelfItem, models.PROTECT, related_name="counts")
    key = models.CharField(max_length=270)
    packs = models.IntegerField()
    most = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "key"], name="item_count_once"),
            models.CheckConstraint(
                condition=Q(packs__gte=0, packs__lte=F("most")), name="item_count_within"
            ),
        ]


class RoomHold(models.Model):
    """A line of a payment that counts for a flash price or a limit: held, then sold or released."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        SOLD = "sold", _("sold")
        RELEASED = "released", _("released")

    attempt = models.ForeignKey(
        "payments.PaymentAttempt", models.PROTECT, related_name="room_holds"
    )
    # The index of the line in the payment's snapshot.
    line = models.PositiveSmallIntegerField()
    item = models.ForeignKey(ShelfItem, models.PROTECT, related_name="holds")
    flash = models.ForeignKey(FlashPrice, models.PROTECT, null=True, related_name="holds")
    packs = models.PositiveIntegerField()
    # The limits that it counts for, as they were; none: nobody counts.
    item_most = models.PositiveIntegerField(null=True)
    flash_most = models.PositiveIntegerField(null=True)
    # The keys under which it counts for its buyer; empty where there is no limit.
    buyer = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["item_id", "flash_id", "line"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "line"], name="room_hold_once"),
            models.CheckConstraint(condition=Q(packs__gt=0), name="room_hold_positive"),
            models.CheckConstraint(
                condition=Q(flash__isnull=False) | Q(flash_most__isnull=True),
                name="room_hold_limit_of_flash",
            ),
        ]
