"""Campaigns, their tracked links, who followed them, and what each order line is credited to."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from catalog.models import in_language
from livestream.campaigns.codes import LinkCodeField

# DESIGN §7: an attribution may be overridden until 15 days after the campaign; then its figures
# are frozen.
OVERRIDE_DAYS = 15


class Campaign(ClusterableModel):
    """A promotion (推广活动): a livestream, a fair, a season."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)
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

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="campaign_period")
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


class TrackedLink(models.Model):
    """A short address /r/CODE that leads to the campaign and is remembered for seven days."""

    code = LinkCodeField(
        _("code"),
        max_length=24,
        unique=True,
        blank=True,
        help_text=_("Empty: a short code is made. It cannot be changed once it has been used."),
    )
    campaign = ParentalKey(Campaign, on_delete=models.PROTECT, related_name="links")
    channel = models.CharField(
        _("channel"), max_length=40, help_text=_("Where it is shown: WeChat group, poster, Douyin")
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
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        """The full address, for posters and chat groups."""
        return f"{settings.WAGTAILADMIN_BASE_URL}{reverse('campaigns:follow', args=[self.code])}"


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
