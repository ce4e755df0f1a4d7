"""Campaigns, their tracked links, who followed them, and what each order line is credited to."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel

from catalog.models import in_language
from livestream.campaigns.codes import SPOKEN, SPOKEN_LENGTH, LinkCodeField, new_spoken
from livestream.campaigns.fields import FenField, GramsField

# DESIGN §7: an attribution may be overridden until 15 days after the campaign; then its figures
# are frozen.
OVERRIDE_DAYS = 15


class Campaign(ClusterableModel):
    """A promotion (推广活动): a livestream, a fair, a season."""

    class Kind(models.TextChoices):
        LIVESTREAM = "livestream", _("livestream")
        FAIR = "fair", _("campus fair")
        SEASON = "season", _("season")
        CLEARANCE = "clearance", _("clearance")
        INSTITUTION = "institution", _("institutional buying")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.SEASON)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    page = models.ForeignKey(
        "wagtailcore.Page",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("page"),
    )
    # Whose produce it is about; the village is the cooperative's.
    villages = ParentalManyToManyField(
        "partner.Partner", blank=True, related_name="+", verbose_name=_("villages")
    )
    produce = ParentalManyToManyField(
        "catalogue.Produce", blank=True, related_name="+", verbose_name=_("produce")
    )
    # What it is to reach; empty: no goal of that sort.
    goal_grams = GramsField(_("weight ordered, in kg"), null=True, blank=True)
    goal_paid_fen = FenField(_("paid, in yuan"), null=True, blank=True)
    goal_households = models.PositiveIntegerField(
        _("households credited"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="campaign_period"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=("livestream", "fair", "season", "clearance", "institution"),
                ),
                name="campaign_kind",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{goal}__isnull": True}) | Q(**{f"{goal}__gt": 0}),
                    name=f"campaign_{goal}",
                )
                for goal in ("goal_grams", "goal_paid_fen", "goal_households")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    def runs_at(self, moment: datetime) -> bool:
        """Whether it has begun and not ended."""
        return self.starts_at <= moment < self.ends_at

    @property
    def frozen_from(self) -> datetime:
        """From this moment on nobody overrides what is credited to it."""
        return self.ends_at + timedelta(days=OVERRIDE_DAYS)


class CampaignCost(models.Model):
    """What a campaign cost. Written down here alone: no ledger posting, no step of the ladder."""

    class Kind(models.TextChoices):
        ADVERTISING = "advertising", _("advertising")
        TRAVEL = "travel", _("travel")
        PRIZES = "prizes", _("prizes")
        OTHER = "other", _("other")

    campaign = ParentalKey(Campaign, on_delete=models.PROTECT, related_name="costs")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    amount_fen = FenField(_("amount in yuan"))
    what_for = models.CharField(_("what for"), max_length=200)
    day = models.DateField(_("day"))
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("entered by"),
    )

    class Meta:
        ordering = ["day", "pk"]
        verbose_name = _("cost")
        verbose_name_plural = _("costs")
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="cost_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=("advertising", "travel", "prizes", "other")),
                name="cost_kind",
            ),
            models.CheckConstraint(condition=~Q(what_for=""), name="cost_says_what_for"),
        ]

    def __str__(self) -> str:
        return self.what_for


class TrackedLink(models.Model):
    """A short address /r/CODE that leads to the campaign and is remembered for seven days.

    /r/SPOKEN is the same: four characters that a host can say.
    """

    class Medium(models.TextChoices):
        CHANNEL = "channel", _("channel")
        HOST = "host", _("host")
        POSTER = "poster", _("poster")
        STALL = "stall", _("stall")

    code = LinkCodeField(
        _("code"),
        max_length=24,
        unique=True,
        blank=True,
        help_text=_("Empty: a short code is made. It cannot be changed once it has been used."),
    )
    campaign = ParentalKey(Campaign, on_delete=models.PROTECT, related_name="links")
    spoken = models.CharField(
        _("code to say"), max_length=SPOKEN_LENGTH, unique=True, default=new_spoken, editable=False
    )
    medium = models.CharField(_("made for"), max_length=8, choices=Medium, default=Medium.CHANNEL)
    channel = models.CharField(
        _("where or who"),
        max_length=40,
        help_text=_("Such as Douyin, class group, east gate, evening shift."),
    )
    produce = models.ForeignKey(
        "catalogue.Produce",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("leads to produce"),
        help_text=_("Empty: leads to the campaign's page"),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["campaign_id", "code"]
        verbose_name = _("tracked link")
        verbose_name_plural = _("tracked links")
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z0-9-]+$"), name="link_code_in_capitals"
            ),
            models.CheckConstraint(condition=Q(spoken__regex=SPOKEN), name="link_spoken_shape"),
            # Else it could be the spoken code of another link.
            models.CheckConstraint(
                condition=~Q(code__regex=SPOKEN) | Q(code=F("spoken")), name="link_code_not_spoken"
            ),
            models.CheckConstraint(
                condition=Q(medium__in=("channel", "host", "poster", "stall")), name="link_medium"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        """The full address, for posters and chat groups."""
        return self._leading_by(self.code)

    @property
    def spoken_address(self) -> str:
        """What a host says, or a reader types: without https://, with the code to say."""
        return self._leading_by(self.spoken).partition("://")[2]

    def _leading_by(self, code: str) -> str:
        return f"{settings.WAGTAILADMIN_BASE_URL}{reverse('campaigns:follow', args=[code])}"


class LinkTouch(models.Model):
    """Someone followed a tracked link. `visitor` is the random id in the signed cookie."""

    link = models.ForeignKey(TrackedLink, models.PROTECT, related_name="touches")
    visitor = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="link_touches"
    )
    touched_at = models.DateTimeField()

    class Meta:
        ordering = ["touched_at"]
        indexes = [models.Index(fields=["user", "-touched_at"], name="touch_of_user")]


class LineAttribution(models.Model):
    """What one order line is credited to, decided at placement. Never changed (triggers).

    An override is a new row that names the one it replaces, its author and the reason.
    """

    class Rule(models.TextChoices):
        FAIR_TILL = "fair_till", _("fair till")
        ASSIGNED = "assigned", _("assigned by staff")
        COUPON = "coupon", _("campaign coupon")
        ROOM = "room", _("added from a live room")
        LINK = "link", _("last tracked link")
        PLATFORM = "platform", _("platform import")
        NONE = "none", _("none")

    order_line = models.ForeignKey("order.Line", models.PROTECT, related_name="attributions")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, null=True, related_name="line_attributions"
    )
    rule = models.CharField(max_length=16, choices=Rule)
    rule_version = models.PositiveIntegerField()
    evidence = models.JSONField(default=dict)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_line"],
                condition=Q(replaces__isnull=True),
                name="attribution_one_per_line",
            ),
            models.CheckConstraint(
                condition=Q(rule="none", campaign__isnull=True)
                | (~Q(rule="none") & Q(campaign__isnull=False)),
                name="attribution_names_campaign",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | (Q(named_by__isnull=False) & ~Q(reason="")),
                name="attribution_override_is_named",
            ),
        ]
        indexes = [models.Index(fields=["campaign"], name="attribution_by_campaign")]

    @property
    def touched_at(self) -> datetime | None:
        """When the link was followed that this is credited by."""
        at = self.evidence.get("at")
        return datetime.fromisoformat(at) if at else None
