"""Campaigns, their tracked links, who followed them, and what each order line is credited to."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import in_language


class Campaign(models.Model):
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


class TrackedLink(models.Model):
    """A short address /r/CODE that leads to the campaign and is remembered for seven days."""

    code = models.CharField(
        _("code"),
        max_length=24,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9-]+$", _("Letters, digits and hyphens only."))],
    )
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="links")
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

    def __str__(self) -> str:
        return self.code


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
