"""Payment attempts, what Stripe told us, and where it and we differ (DESIGN §4)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GatewayName(models.TextChoices):
    """The ways to pay: each has its module in `gateways/`."""

    STRIPE = "stripe", _("card")
    OFFLINE = "offline", _("bank transfer or cash")
    # Paid where it was sold; nobody chooses it here.
    PLATFORM = "platform", _("other platform")


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
    gateway = models.CharField(max_length=16, choices=GatewayName, default=GatewayName.STRIPE)
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
            # 0 where a gift voucher pays for all of it.
            models.CheckConstraint(
                condition=Q(amount_fen__gte=0), name="attempt_amount_not_negative"
            ),
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


class OfflinePayment(models.Model):
    """A payment by bank transfer or in cash: what the buyer was told, and what finance saw come in.

    It is to an attempt what an intent is at Stripe; `id` is the attempt's intent_id. Waiting →
    received, or → cancelled (given up, time over) and, when the money comes all the same, received.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for the money")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("given up or expired")

    class Account(models.TextChoices):
        BANK = "bank", _("bank account")
        CASH = "cash", _("cash")

    id = models.CharField(primary_key=True, max_length=80)
    attempt = models.OneToOneField(PaymentAttempt, models.PROTECT, related_name="offline")
    # What the buyer writes on the transfer.
    code = models.CharField(max_length=16, unique=True)
    amount_fen = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    account = models.CharField(max_length=4, choices=Account, blank=True)
    # The bank's number of the transfer, or the cash receipt's: one for one payment.
    reference = models.CharField(max_length=80, unique=True, null=True)
    received_on = models.DateField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state="received",
                    account__in=["bank", "cash"],
                    reference__isnull=False,
                    received_on__isnull=False,
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                )
                | Q(
                    ~Q(state="received"),
                    account="",
                    reference__isnull=True,
                    received_on__isnull=True,
                    confirmed_by__isnull=True,
                    confirmed_at__isnull=True,
                ),
                name="offline_received_is_told",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="offline_positive"),
        ]


class BalanceMovement(models.Model):
    """A movement of our balance at Stripe, as Stripe lists it. Never changed."""

    id = models.CharField(primary_key=True, max_length=80)
    type = models.CharField(max_length=40)
    amount_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    # The charge, refund, payout or dispute that moved it.
    source_id = models.CharField(max_length=80, blank=True)
    # By Stripe's clock.
    created_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="movement_by_time")]


class BalanceSweep(models.Model):
    """One row: every movement that Stripe made before `until`, by its clock, is recorded."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="balance_sweep_one_row")]


class StrayPayment(models.Model):
    """Money at Stripe that belongs to no payment of ours, taken into the books to be given back.

    `id` is Stripe's intent or charge. All of it goes back, by one refund whose key is `refund`.
    """

    class State(models.TextChoices):
        DECIDED = "decided", _("decided")
        DONE = "done", _("done")
        FAILED = "failed", _("refused by Stripe")

    id = models.CharField(primary_key=True, max_length=80)
    amount_fen = models.BigIntegerField()
    refund = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    stripe_refund_id = models.CharField(max_length=80, unique=True, null=True)
    state = models.CharField(max_length=8, choices=State, default=State.DECIDED)
    error = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="stray_positive"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False, stripe_refund_id__isnull=False)
                | (~Q(state="done") & Q(done_at__isnull=True)),
                name="stray_done_has_refund",
            ),
        ]


class Gap(models.Model):
    """Something that Stripe and we tell differently, until it is mended or somebody explains it.

    `key` names it, so that seen again it is the same row. It closes by itself when its cause is
    gone, and opens again when that is back.
    """

    class Kind(models.TextChoices):
        INTENT_UNKNOWN = "intent_unknown", _("paid at Stripe, unknown here")
        INTENT_UNPLACED = "intent_unplaced", _("paid at Stripe, neither order nor refund here")
        AMOUNT_DIFFERS = "amount_differs", _("another amount than at Stripe")
        CHARGE_UNKNOWN = "charge_unknown", _("charged at Stripe without a payment")
        ORDER_UNPAID = "order_unpaid", _("order here, nothing paid at Stripe")
        REFUND_UNKNOWN = "refund_unknown", _("refund made in Stripe's own dashboard")
        REFUND_MISSING = "refund_missing", _("refund done here, not at Stripe")
        DISPUTE_UNKNOWN = "dispute_unknown", _("dispute at Stripe, unknown here")
        MOVEMENT_UNBOOKED = "movement_unbooked", _("fee or payout not booked")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        ACKNOWLEDGED = "acknowledged", _("explained")

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    # What verify_books calls the row that it is about.
    subject = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    # Figures and ids that the words for its cause are made of.
    details = models.JSONField()
    happened_at = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # Who carried the resolution out or explained it, and in which words; empty: it ended by itself.
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-happened_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="acknowledged")
                | (Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(reason="")),
                name="gap_acknowledged_by_whom_and_why",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="gap_open_or_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-happened_at"], name="gap_by_state"),
        ]

    def __str__(self) -> str:
        return self.key


class Reconciliation(models.Model):
    """One run of the comparison with Stripe. `error`: why Stripe could not be asked."""

    ran_at = models.DateTimeField(db_index=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    open_gaps = models.PositiveIntegerField()
    pending = models.PositiveIntegerField()
    error = models.TextField(blank=True)
