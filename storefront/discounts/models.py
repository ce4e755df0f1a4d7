"""Discounts: who funds an offer and within which limits, its uses, gift vouchers (DESIGN §6).

Oscar's ConditionalOffer, Condition, Benefit and Voucher say what is taken off and when: percent or
amount, least value, dates, code. `Terms` says who pays for it and how often. Counters are changed
by conditional UPDATEs alone (storefront.discounts.holding); balances by rows of their journal.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import in_language


class Host(models.Model):
    """Somebody outside the programme who funds discounts and pays in what they cost."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("host")
        verbose_name_plural = _("hosts")

    def __str__(self) -> str:
        return self.name


class HostPayment(models.Model):
    """What a host paid in to the bank account. Never changed (triggers)."""

    host = models.ForeignKey(Host, models.PROTECT, related_name="payments")
    amount_fen = models.BigIntegerField()
    reference = models.CharField(_("bank reference"), max_length=80, unique=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="host_payment_positive")
        ]


class Terms(models.Model):
    """Who funds an offer, on which goods, how often and up to which sum.

    `version` grows with each change that a buyer could see; an order's snapshot names it.
    """

    class Funder(models.TextChoices):
        COOPERATIVE = "cooperative", _("a cooperative")
        PROGRAMME = "programme", _("the programme")
        HOST = "host", _("a host")

    offer = models.OneToOneField("offer.ConditionalOffer", models.PROTECT, related_name="terms")
    name_en = models.CharField(_("name in English"), max_length=128, blank=True)
    version = models.PositiveIntegerField(default=1)
    funder = models.CharField(_("paid for by"), max_length=12, choices=Funder)
    # What this cooperative packs is discounted; as the funder it can only discount its own.
    partner = models.ForeignKey(
        "partner.Partner", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Empty: all produce.
    produce = models.ManyToManyField("catalogue.Produce", blank=True, related_name="+")
    host = models.ForeignKey(Host, models.PROTECT, null=True, blank=True, related_name="terms")
    # Credits the lines that it discounts to this campaign (DESIGN §7, "campaign coupon").
    campaign = models.ForeignKey(
        "campaigns.Campaign", models.PROTECT, null=True, blank=True, related_name="+"
    )
    stacks = models.BooleanField(default=False)
    per_buyer = models.PositiveIntegerField(null=True, blank=True)
    uses_limit = models.PositiveIntegerField(null=True, blank=True)
    uses_held = models.IntegerField(default=0)
    uses_done = models.IntegerField(default=0)
    budget_fen = models.BigIntegerField(null=True, blank=True)
    budget_held_fen = models.BigIntegerField(default=0)
    budget_done_fen = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("offer or voucher")
        verbose_name_plural = _("offers and vouchers")
        constraints = [
            models.CheckConstraint(
                condition=Q(uses_held__gte=0, uses_done__gte=0)
                & (Q(uses_limit__isnull=True) | Q(uses_limit__gte=F("uses_held") + F("uses_done"))),
                name="terms_uses_within_limit",
            ),
            models.CheckConstraint(
                condition=Q(budget_held_fen__gte=0, budget_done_fen__gte=0)
                & (
                    Q(budget_fen__isnull=True)
                    | Q(budget_fen__gte=F("budget_held_fen") + F("budget_done_fen"))
                ),
                name="terms_within_budget",
            ),
            models.CheckConstraint(
                condition=~Q(funder="cooperative") | Q(partner__isnull=False),
                name="terms_cooperative_funds_its_own",
            ),
            models.CheckConstraint(
                condition=Q(funder="host", host__isnull=False)
                | (~Q(funder="host") & Q(host__isnull=True)),
                name="terms_host_if_funder",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.offer.name, self.name_en)

    @property
    def paused(self) -> bool:
        return self.offer.is_suspended


class BuyerCount(models.Model):
    """How often one buyer holds or has used an offer that is limited per buyer.

    `key` is an account ("user:17"), a phone or an e-mail address: each of a buyer's counts.
    """

    terms = models.ForeignKey(Terms, models.PROTECT, related_name="buyer_counts")
    key = models.CharField(max_length=270)
    uses = models.IntegerField()
    # The limit as it was when last counted: so that the database itself holds it.
    most = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["terms", "key"], name="buyer_count_once"),
            models.CheckConstraint(
                condition=Q(uses__gte=0) & Q(uses__lte=F("most")), name="buyer_count_within_limit"
            ),
        ]


class Gift(models.Model):
    """A gift voucher: a balance that whoever knows the code can spend.

    The code is kept as its hash alone. `balance_fen` is free, `held_fen` held by payments under
    way; both are the sums of the journal `GiftMove`.
    """

    class Funder(models.TextChoices):
        PROGRAMME = "programme", _("given by the programme")
        BANK = "bank", _("bought, paid to the bank account")
        CASH = "cash", _("bought, paid in cash")

    # Of the form that issued it: sent twice it is issued once.
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    # The last four characters: enough to tell one's vouchers apart, not to spend them.
    ending = models.CharField(max_length=4)
    issued_fen = models.BigIntegerField()
    balance_fen = models.BigIntegerField(default=0)
    held_fen = models.BigIntegerField(default=0)
    valid_until = models.DateTimeField(_("valid until"))
    recipient = models.CharField(_("for (e-mail or phone)"), max_length=254, blank=True)
    funder = models.CharField(_("paid for by"), max_length=10, choices=Funder)
    reference = models.CharField(_("payment's reference"), max_length=80, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    baskets = models.ManyToManyField("basket.Basket", related_name="gifts", blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("gift voucher")
        verbose_name_plural = _("gift vouchers")
        constraints = [
            models.CheckConstraint(
                condition=Q(balance_fen__gte=0, held_fen__gte=0, issued_fen__gt=0),
                name="gift_never_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(funder="programme") | ~Q(reference=""), name="gift_bought_has_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.ending}"


class GiftMove(models.Model):
    """The journal of gift balances. Never changed (triggers)."""

    class Cause(models.TextChoices):
        ISSUED = "issued", _("issued")
        HELD = "held", _("held for a payment")
        RELEASED = "released", _("free again")
        SPENT = "spent", _("spent")
        REFUNDED = "refunded", _("refunded")
        EXPIRED = "expired", _("expired")

    gift = models.ForeignKey(Gift, models.PROTECT, related_name="moves")
    cause = models.CharField(max_length=10, choices=Cause)
    reference = models.CharField(max_length=120)
    balance_fen = models.BigIntegerField(default=0)
    held_fen = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["gift", "cause", "reference"], name="gift_move_once"),
            models.CheckConstraint(
                condition=~Q(balance_fen=0, held_fen=0), name="gift_move_moves_something"
            ),
        ]


class Use(models.Model):
    """An offer or a gift voucher in one payment: held with its goods, then used, or released."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        USED = "used", _("used")
        RELEASED = "released", _("released")

    attempt = models.ForeignKey("payments.PaymentAttempt", models.PROTECT, related_name="uses")
    terms = models.ForeignKey(Terms, models.PROTECT, null=True, related_name="uses")
    gift = models.ForeignKey(Gift, models.PROTECT, null=True, related_name="uses")
    voucher = models.ForeignKey("voucher.Voucher", models.PROTECT, null=True, related_name="+")
    fen = models.BigIntegerField()
    # The keys under which it counts for its buyer (BuyerCount); empty where nobody counts.
    buyer = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "terms"], name="use_once_of_terms"),
            models.UniqueConstraint(fields=["attempt", "gift"], name="use_once_of_gift"),
            models.CheckConstraint(condition=Q(fen__gt=0), name="use_positive"),
            models.CheckConstraint(
                condition=Q(terms__isnull=False, gift__isnull=True)
                | Q(terms__isnull=True, gift__isnull=False, voucher__isnull=True),
                name="use_of_terms_or_gift",
            ),
        ]
