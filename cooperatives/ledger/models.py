"""The ledger: append-only, double-entry, in integer fen (DESIGN §6).

Migration 0002 holds the rules in the database: no UPDATE, DELETE or TRUNCATE; every transaction
balances, has at least two legs and concerns at most one cooperative; a leg is written in the
same database transaction as its ledger transaction.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Account(models.Model):
    """An account: a kind, and whose it is. Balance = the sum of its legs; debit is positive."""

    class Kind(models.TextChoices):
        STRIPE = "stripe", _("Stripe")
        CASH = "cash", _("cash")
        ORGANISATION = "organisation", _("organisations")
        PLATFORM = "platform", _("other platforms")
        BANK = "bank", _("bank")
        REFUND_DUE = "refund_due", _("refunds due")
        PROGRAMME_EXPENSE = "programme_expense", _("programme expense")
        CARRIER_CLAIM = "carrier_claim", _("claims on carriers")
        GIFT = "gift", _("gift balances")
        HOST = "host", _("claims on hosts")
        DISPUTED = "disputed", _("held back by disputes")
        SALES = "sales", _("sales")
        FREIGHT = "freight", _("freight")
        POOL = "pool", _("sales pool")
        SERVICE_FEE = "service_fee", _("service fee")
        VILLAGE_FUND = "village_fund", _("village fund")
        PENDING = "pending", _("pending")
        AVAILABLE = "available", _("available")
        PURCHASES = "purchases", _("purchases")
        SURPLUS = "surplus", _("surplus")

    kind = models.CharField(max_length=20, choices=Kind)
    partner = models.ForeignKey("partner.Partner", models.PROTECT, null=True, related_name="+")
    household = models.ForeignKey(
        "households.Household", models.PROTECT, null=True, related_name="accounts"
    )
    sales_pool = models.ForeignKey(
        "settlement.SalesPool", models.PROTECT, null=True, related_name="accounts"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "partner", "household", "sales_pool"],
                nulls_distinct=False,
                name="account_once",
            ),
            models.CheckConstraint(
                condition=Q(household__isnull=True) | Q(kind__in=["pending", "available"]),
                name="account_of_household",
            ),
            models.CheckConstraint(
                condition=Q(sales_pool__isnull=True) | Q(kind="pool"), name="account_of_sales_pool"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["pending", "available"])
                | Q(household__isnull=False, partner__isnull=False),
                name="account_credit_has_household",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.kind}:{self.partner_id or ''}:{self.household_id or self.sales_pool_id or ''}"
        )


class Transaction(models.Model):
    """One event in money, unique by (kind, source_type, source_id): posted twice is posted once."""

    class Kind(models.TextChoices):
        SALE = "sale", _("order paid")
        GOODS_GONE = "goods_gone", _("paid, but the goods are gone")
        PACKED = "packed", _("packed, lots drawn")
        UNPACKED = "unpacked", _("packing undone")
        SHARED = "shared", _("pool shared out")
        REFUND_DECIDED = "refund_decided", _("refund decided")
        REFUND_PAID = "refund_paid", _("refund paid")
        REVERSAL = "reversal", _("reversal")
        STRIPE_FEE = "stripe_fee", _("Stripe's fee")
        PAYOUT = "payout", _("paid out to the bank")
        DISPUTE_OPENED = "dispute_opened", _("disputed, money held back")
        DISPUTE_WON = "dispute_won", _("dispute won")
        DISPUTE_LOST = "dispute_lost", _("dispute lost, beyond what was left to refund")
        GIFT_ISSUED = "gift_issued", _("gift voucher issued")
        GIFT_EXPIRED = "gift_expired", _("gift voucher expired")
        HOST_PAID = "host_paid", _("paid in by a host")
        PLATFORM_SETTLED = "platform_settled", _("paid by another platform")

    kind = models.CharField(max_length=20, choices=Kind)
    source_type = models.CharField(max_length=40)
    source_id = models.CharField(max_length=80)
    partner = models.ForeignKey("partner.Partner", models.PROTECT, null=True, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source_type", "source_id"], name="ledger_posted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_type} {self.source_id}"


class Posting(models.Model):
    """A leg: integer fen on one account; debit positive, credit negative."""

    transaction = models.ForeignKey(Transaction, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="postings")
    amount_fen = models.BigIntegerField()
    # What the leg is about, where it is about one: line of a consignment, sales pool.
    consignment_line = models.ForeignKey(
        "routing.ConsignmentLine", models.PROTECT, null=True, related_name="postings"
    )
    sales_pool = models.ForeignKey(
        "settlement.SalesPool", models.PROTECT, null=True, related_name="postings"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(amount_fen=0), name="posting_not_zero")]
        indexes = [
            models.Index(fields=["account", "id"], name="posting_by_account"),
        ]
