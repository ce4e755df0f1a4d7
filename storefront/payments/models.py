"""Payment attempts and what Stripe told us (DESIGN §4)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PaymentAttempt(models.Model):
    """One try to pay one frozen basket. Its uuid is the key of everything that follows."""

    class State(models.TextChoices):
        OPEN = "open", _("payment under way")
        PLACED = "placed", _("order placed")
        CLOSED = "closed", _("given up or expired")
        REFUNDED = "refunded", _("paid, but the goods were gone: refunded")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    basket = models.ForeignKey("basket.Basket", models.PROTECT, related_name="payment_attempts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="payment_attempts"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    amount_fen = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="cny")
    # Lines, prices, routing, freight, address, attribution candidates: all that finalize() needs.
    snapshot = models.JSONField()
    gateway = models.CharField(max_length=16, default="stripe")
    intent_id = models.CharField(max_length=80, unique=True, null=True)
    client_secret = models.CharField(max_length=200, blank=True)
    order = models.OneToOneField(
        "order.Order", models.PROTECT, null=True, related_name="payment_attempt"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # When we last asked Stripe about it.
    checked_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["basket"], condition=Q(state="open"), name="attempt_one_active_per_basket"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="attempt_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="placed", order__isnull=False)
                | (~Q(state="placed") & Q(order__isnull=True)),
                name="attempt_placed_has_order",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="attempt_open")
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class StripeEvent(models.Model):
    """An event that Stripe sent, stored once, processed after the answer."""

    id = models.CharField(primary_key=True, max_length=80)
    type = models.CharField(max_length=80)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(processed_at__isnull=True), name="event_waiting"
            )
        ]
