"""Refunds: decided here, booked in the ledger, then done at Stripe with their own key."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Refund(models.Model):
    """Money given back of one payment. Its uuid is Stripe's idempotency key."""

    class State(models.TextChoices):
        DECIDED = "decided", _("decided")
        SENT = "sent", _("with the bank")
        DONE = "done", _("done")
        FAILED = "failed", _("refused by Stripe")

    class Reason(models.TextChoices):
        GOODS_GONE = "goods_gone", _("the goods were gone")
        CANCELLED = "cancelled", _("cancelled")
        DAMAGED = "damaged", _("damaged on arrival")
        RETURNED = "returned", _("returned")
        GOODWILL = "goodwill", _("goodwill")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attempt = models.ForeignKey("payments.PaymentAttempt", models.PROTECT, related_name="refunds")
    order = models.ForeignKey("order.Order", models.PROTECT, null=True, related_name="refunds")
    state = models.CharField(max_length=8, choices=State, default=State.DECIDED)
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    note = models.CharField(_("note"), max_length=300, blank=True)
    amount_fen = models.BigIntegerField()
    stripe_refund_id = models.CharField(max_length=80, unique=True, null=True)
    error = models.TextField(blank=True)
    tries = models.PositiveIntegerField(default=0)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_positive"),
            # Paid without an order is refunded in full, once.
            models.UniqueConstraint(
                fields=["attempt"], condition=Q(order__isnull=True), name="refund_goods_gone_once"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=~Q(state="done"), name="refund_waiting")
        ]


class RefundLine(models.Model):
    """The part of a refund on one consignment line, or on a consignment's freight (line empty)."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="lines")
    consignment = models.ForeignKey("routing.Consignment", models.PROTECT, related_name="+")
    consignment_line = models.ForeignKey(
        "routing.ConsignmentLine", models.PROTECT, null=True, related_name="refund_lines"
    )
    amount_fen = models.BigIntegerField()
    packs = models.PositiveIntegerField(default=0)
    grams = models.BigIntegerField(default=0)
    restocked = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["refund", "consignment", "consignment_line"],
                nulls_distinct=False,
                name="refund_line_once",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=0, grams__gte=0), name="refund_line_not_negative"
            ),
        ]
