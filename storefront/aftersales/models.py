"""Refunds: decided here, booked in the ledger, then done at Stripe with their own key.

decided → sent (with the bank) → done, or failed (Stripe refused, or the buyer's bank sent it
back). A failed one is tried again with the same key, or finance pays it by hand and says from
which account. Nothing follows on done but failed: the money came back and is owed again.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
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
        WEIGHT = "weight", _("less in the box than ordered")
        WRONG = "wrong", _("wrong goods")
        LATE = "late", _("too late")
        FREIGHT = "freight", _("freight to the new address is less")
        DISPUTE = "dispute", _("disputed at the bank")
        GOODWILL = "goodwill", _("goodwill")

    class Bearer(models.TextChoices):
        COOPERATIVE = "cooperative", _("the cooperative")
        PROGRAMME = "programme", _("the programme")
        CARRIER = "carrier", _("the carrier")

    class PaidFrom(models.TextChoices):
        STRIPE = "stripe", _("Stripe")
        BANK = "bank", _("bank account")
        CASH = "cash", _("cash")
        DISPUTED = "disputed", _("a dispute that was lost")
        PLATFORM = "platform", _("other platform")

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attempt = models.ForeignKey("payments.PaymentAttempt", models.PROTECT, related_name="refunds")
    order = models.ForeignKey("order.Order", models.PROTECT, null=True, related_name="refunds")
    state = models.CharField(max_length=8, choices=State, default=State.DECIDED)
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    note = models.CharField(_("note"), max_length=300, blank=True)
    # Who bears what is lost. What comes back unharmed costs nobody: see each line's bearer.
    bearer = models.CharField(
        _("borne by"), max_length=12, choices=Bearer, default=Bearer.COOPERATIVE
    )
    # Of what the lines sold for. `buyer_fen` of it is the buyer's own money, which is paid out,
    # `gift_fen` went back to gift vouchers; the rest is whoever else's who had paid a part
    # (cooperatives.routing.sources).
    amount_fen = models.BigIntegerField()
    buyer_fen = models.BigIntegerField()
    gift_fen = models.BigIntegerField(default=0)
    paid_from = models.CharField(
        _("paid from"), max_length=10, choices=PaidFrom, default=PaidFrom.STRIPE
    )
    # Of the bank's transfer, the cash receipt or the dispute.
    paid_reference = models.CharField(_("reference"), max_length=120, blank=True)
    paid_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    stripe_refund_id = models.CharField(max_length=80, unique=True, null=True)
    error = models.TextField(blank=True)
    tries = models.PositiveIntegerField(default=0)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    # Until then a try may be at Stripe: nobody else begins one, and nobody pays by hand.
    busy_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_positive"),
            models.CheckConstraint(
                condition=Q(buyer_fen__gte=0, gift_fen__gte=0)
                & Q(amount_fen__gte=F("buyer_fen") + F("gift_fen")),
                name="refund_buyers_part",
            ),
            models.CheckConstraint(
                condition=Q(paid_from="stripe", paid_reference="")
                | (Q(state="done") & ~Q(paid_reference="")),
                name="refund_paid_otherwise_is_done",
            ),
            models.UniqueConstraint(
                fields=["paid_reference"],
                condition=Q(paid_from="disputed"),
                name="refund_of_a_dispute_once",
            ),
            # Paid without an order is refunded in full, once.
            models.UniqueConstraint(
                fields=["attempt"], condition=Q(order__isnull=True), name="refund_goods_gone_once"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=~Q(state="done"), name="refund_waiting")
        ]

    @property
    def back_fen(self) -> int:
        """What the buyer has of it, on the card and on gift vouchers; others' parts are theirs."""
        return self.buyer_fen + self.gift_fen


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
    # Grams that were missing in the box, when that is what was refunded.
    short_grams = models.BigIntegerField(default=0)
    restocked = models.BooleanField(default=False)
    bearer = models.CharField(
        max_length=12, choices=Refund.Bearer, default=Refund.Bearer.COOPERATIVE
    )
    # What the programme had borne of packs that are cancelled now: it has that back.
    borne_back_fen = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["refund", "consignment", "consignment_line"],
                nulls_distinct=False,
                name="refund_line_once",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=0, grams__gte=0)
                & Q(short_grams__gte=0, borne_back_fen__gte=0),
                name="refund_line_not_negative",
            ),
        ]


class AddressChange(models.Model):
    """Another delivery address for an order, before anything of it was packed. Never changed."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey("order.Order", models.PROTECT, related_name="address_changes")
    # name, phone, province, city, district, street.
    before = models.JSONField()
    after = models.JSONField()
    # What the freight is less, refunded.
    refund = models.OneToOneField(Refund, models.PROTECT, null=True, related_name="+")
    # Who: empty for a guest, who had the order's link or paid in the same session.
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at"]
