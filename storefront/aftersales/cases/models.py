"""Cases, their threads and pictures, and the disputes that buyers open at their bank.

A case holds its line's credits while it is open or waits for the buyer:

open → waiting_buyer (something was asked) → open (the buyer answered) → decided (refused, or less
than was asked for: the buyer may have staff look at it, once) → closed. What is agreed whole,
what staff decide and what is paid at once is closed straight away.
"""

import uuid

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from catalog.models import Produce


def private_storage() -> Storage:
    """Where pictures lie that are only shown to who may see their case."""
    return storages["private"]


def picture_name(picture: "CasePicture", name: str) -> str:
    """A name that says nothing and cannot be guessed."""
    return f"cases/{get_random_string(32, 'abcdefghijklmnopqrstuvwxyz0123456789')}.jpg"


class Case(models.Model):
    """One matter about one consignment line, or a dispute about a whole order (line empty)."""

    class Kind(models.TextChoices):
        DAMAGED = "damaged", _("damaged on arrival")
        MISSING = "missing", _("something is missing")
        WRONG = "wrong", _("not what was ordered")
        QUALITY = "quality", _("not good enough")
        LATE = "late", _("late or lost")
        OTHER = "other", _("something else")
        DISPUTE = "dispute", _("disputed at the bank")

    class State(models.TextChoices):
        OPEN = "open", _("being looked at")
        WAITING_BUYER = "waiting_buyer", _("waits for the buyer")
        DECIDED = "decided", _("decided")
        CLOSED = "closed", _("closed")

    class Owner(models.TextChoices):
        COOPERATIVE = "cooperative", _("cooperative")
        STAFF = "staff", _("programme's staff")

    class Outcome(models.TextChoices):
        NONE = "", _("none yet")
        PAID_AT_ONCE = "paid_at_once", _("paid at once")
        AGREED = "agreed", _("agreed")
        PART = "part", _("agreed in part")
        REFUSED = "refused", _("refused")
        SETTLED = "settled", _("settled without a refund")
        NO_ANSWER = "no_answer", _("the buyer did not answer")
        WON = "won", _("dispute won")
        LOST = "lost", _("dispute lost")

    OPEN_STATES = (State.OPEN, State.WAITING_BUYER)

    # The form's: sent twice it is one case.
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # Empty only for a dispute about a payment that never became an order.
    order = models.ForeignKey("order.Order", models.PROTECT, null=True, related_name="cases")
    line = models.ForeignKey(
        "routing.ConsignmentLine", models.PROTECT, null=True, related_name="cases"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    state = models.CharField(_("state"), max_length=13, choices=State, default=State.OPEN)
    owner = models.CharField(_("owner"), max_length=11, choices=Owner)
    assigned = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    due_at = models.DateTimeField(_("due"))
    outcome = models.CharField(
        _("outcome"), max_length=12, choices=Outcome, default=Outcome.NONE, blank=True
    )
    # What the buyer says is affected: packs, or a part of the line in basis points. Neither: none.
    packs = models.PositiveIntegerField(null=True)
    share_bps = models.PositiveIntegerField(null=True)
    asked_fen = models.BigIntegerField(default=0)
    given_fen = models.BigIntegerField(default=0)
    # Set beforehand (produce, or settings.DISPUTE_BEARER); staff may change it while it is open.
    bearer = models.CharField(_("borne by"), max_length=12, choices=Produce.Bearer)
    escalated = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    # When it was decided last.
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"],
                condition=Q(state__in=["open", "waiting_buyer"]),
                name="case_one_open_per_line",
            ),
            models.CheckConstraint(
                condition=Q(kind="dispute", line__isnull=True, owner="staff")
                | (~Q(kind="dispute") & Q(line__isnull=False, order__isnull=False)),
                name="case_is_of_a_line_or_a_dispute",
            ),
            models.CheckConstraint(
                condition=Q(asked_fen__gte=0, given_fen__gte=0), name="case_money_not_negative"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=["open", "waiting_buyer"], closed_at__isnull=True)
                    | (
                        Q(state="decided", closed_at__isnull=True, decided_at__isnull=False)
                        & ~Q(outcome="")
                    )
                    | (Q(state="closed", closed_at__isnull=False) & ~Q(outcome=""))
                ),
                name="case_state_has_its_fields",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("created_at")),
                name="case_closed_later",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["open", "waiting_buyer"]),
                name="case_due",
            ),
            models.Index(fields=["order", "created_at"], name="case_of_order"),
        ]
        verbose_name = _("case")
        verbose_name_plural = _("cases")

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def share_percent(self) -> int:
        return (self.share_bps or 0) // 100

    @property
    def hold_key(self) -> str:
        return f"case:{self.pk}"


class CaseEntry(models.Model):
    """One thing that was said or done in a case. Never changed."""

    class Author(models.TextChoices):
        BUYER = "buyer", _("buyer")
        COOPERATIVE = "cooperative", _("cooperative")
        STAFF = "staff", _("programme's staff")
        SYSTEM = "system", _("shop")

    class Action(models.TextChoices):
        OPENED = "opened", _("opened")
        REPLIED = "replied", _("wrote")
        ASKED = "asked", _("asked the buyer")
        DECIDED = "decided", _("decided")
        ESCALATED = "escalated", _("asked staff to look at it")
        ASSIGNED = "assigned", _("changed who looks after it")
        CLOSED = "closed", _("closed")

    case = models.ForeignKey(Case, models.PROTECT, related_name="entries")
    # The form's: sent twice it is one entry.
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    author_kind = models.CharField(max_length=11, choices=Author)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    action = models.CharField(max_length=9, choices=Action)
    # As it was typed; shown as text, never as HTML.
    text = models.TextField(blank=True)
    # With action decided: what was decided, and the refund that it made.
    outcome = models.CharField(max_length=12, choices=Case.Outcome, blank=True)
    refund = models.OneToOneField(
        "aftersales.Refund", models.PROTECT, null=True, related_name="case_entry"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(refund__isnull=True) | Q(action="decided"),
                name="case_entry_refund_is_a_decision",
            )
        ]


class CasePicture(models.Model):
    """A picture that came with an entry: made anew from what was sent, without where and when."""

    entry = models.ForeignKey(CaseEntry, models.PROTECT, related_name="pictures")
    image = models.ImageField(
        storage=private_storage,
        upload_to=picture_name,
        width_field="width",
        height_field="height",
        max_length=120,
    )
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]


class Dispute(models.Model):
    """A dispute at Stripe as it was read last, and what the ledger has of it."""

    class Status(models.TextChoices):
        WARNING_NEEDS_RESPONSE = "warning_needs_response", _("asked about")
        WARNING_UNDER_REVIEW = "warning_under_review", _("asked about, answered")
        WARNING_CLOSED = "warning_closed", _("asked about, closed")
        NEEDS_RESPONSE = "needs_response", _("needs an answer")
        UNDER_REVIEW = "under_review", _("with the bank")
        WON = "won", _("won")
        LOST = "lost", _("lost")
        PREVENTED = "prevented", _("prevented")

    FINAL = (Status.WARNING_CLOSED, Status.WON, Status.LOST, Status.PREVENTED)

    id = models.CharField(primary_key=True, max_length=80)
    attempt = models.ForeignKey("payments.PaymentAttempt", models.PROTECT, related_name="disputes")
    case = models.OneToOneField(Case, models.PROTECT, related_name="dispute")
    amount_fen = models.BigIntegerField()
    # What Stripe took with it and kept: 0 once it gave its fee back.
    fee_fen = models.BigIntegerField(default=0)
    reason = models.CharField(_("reason"), max_length=80, blank=True)
    status = models.CharField(_("state"), max_length=24, choices=Status)
    # Taken from the balance at Stripe; and given back.
    withdrawn_fen = models.BigIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True)
    reinstated_fen = models.BigIntegerField(default=0)
    # What its loss gave the buyer of the order; the rest of the amount is the programme's loss.
    refund = models.OneToOneField(
        "aftersales.Refund", models.PROTECT, null=True, related_name="lost_dispute"
    )
    evidence = models.TextField(_("our evidence"), blank=True)
    evidence_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["opened_at"]
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0)
                & Q(withdrawn_fen__gte=0, reinstated_fen__gte=0, fee_fen__gte=0)
                & Q(withdrawn_fen__gte=F("reinstated_fen")),
                name="dispute_money",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_fen=0, withdrawn_at__isnull=True)
                | Q(withdrawn_fen__gt=0, withdrawn_at__isnull=False),
                name="dispute_withdrawn_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["checked_at"], condition=Q(closed_at__isnull=True), name="dispute_open"
            )
        ]
