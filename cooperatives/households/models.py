"""Farm households, what they delivered (lots) and what they say they can pick (promises)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Household(models.Model):
    """A member household (农户). A code stands for it everywhere; no names on any public page."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    partner = models.ForeignKey("partner.Partner", models.PROTECT, related_name="households")
    village = models.CharField(_("village"), max_length=64)
    shares = models.PositiveIntegerField(_("shares"))
    people = models.PositiveIntegerField(_("people"))
    joined_on = models.DateField(_("joined on"))

    class Meta:
        ordering = ["code"]
        verbose_name = _("household")
        verbose_name_plural = _("households")

    def __str__(self) -> str:
        return self.code


class Lot(models.Model):
    """What a household delivered, once (交售批次). Any pack of its produce may draw on it."""

    class Grade(models.TextChoices):
        A = "A", "A"
        B = "B", "B"

    code = models.CharField(_("lot"), max_length=64, unique=True)
    household = models.ForeignKey(Household, models.PROTECT, related_name="lots")
    pool = models.ForeignKey("partner.StockPool", models.PROTECT, related_name="lots")
    sales_pool = models.ForeignKey("settlement.SalesPool", models.PROTECT, related_name="lots")
    delivered_on = models.DateField(_("delivered on"))
    expires_at = models.DateTimeField(_("sold until"))
    grade = models.CharField(_("grade"), max_length=1, choices=Grade)
    grams = models.BigIntegerField(_("grams"))
    drawn_grams = models.BigIntegerField(_("drawn grams"), default=0)
    written_off_grams = models.BigIntegerField(_("written off grams"), default=0)

    class Meta:
        ordering = ["expires_at", "pk"]
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.CheckConstraint(
                condition=Q(grams__gt=0, drawn_grams__gte=0, written_off_grams__gte=0)
                & Q(grams__gte=F("drawn_grams") + F("written_off_grams")),
                name="lot_drawn_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["pool", "expires_at"],
                condition=Q(grams__gt=F("drawn_grams") + F("written_off_grams")),
                name="lot_with_grams_left",
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def left(self) -> int:
        """Grams that are still in the store."""
        return self.grams - self.drawn_grams - self.written_off_grams


class Promise(models.Model):
    """A harvest promise (可采承诺): what a household can pick, from when to when, each day."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="promises")
    pool = models.ForeignKey("partner.StockPool", models.PROTECT, related_name="promises")
    from_day = models.DateField(_("from"))
    to_day = models.DateField(_("to"))
    grams = models.BigIntegerField(_("grams"))
    grams_per_day = models.BigIntegerField(_("grams per day"))
    # What deliveries have taken from it.
    delivered_grams = models.BigIntegerField(_("delivered grams"), default=0)
    # What it adds to the pool's `promised` at present.
    counted_grams = models.BigIntegerField(_("counted grams"), default=0)

    class Meta:
        ordering = ["to_day", "pk"]
        verbose_name = _("harvest promise")
        verbose_name_plural = _("harvest promises")
        constraints = [
            models.UniqueConstraint(
                fields=["household", "pool", "from_day", "to_day"], name="promise_once"
            ),
            models.CheckConstraint(
                condition=Q(grams__gt=0, grams_per_day__gt=0, delivered_grams__gte=0)
                & Q(counted_grams__gte=0, grams__gte=F("delivered_grams") + F("counted_grams"))
                & Q(to_day__gte=F("from_day")),
                name="promise_grams",
            ),
        ]

    @property
    def left(self) -> int:
        """Grams promised and not yet delivered."""
        return self.grams - self.delivered_grams


class WriteOff(models.Model):
    """Grams of a lot that spoiled in the store, with the reason."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="write_offs")
    grams = models.BigIntegerField(_("grams"))
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(grams__gt=0), name="write_off_positive")]


class VillageImport(models.Model):
    """One loading of the villages' files that wrote something: which days were shifted, by what.

    The first one of a cooperative decides its shift; loading its files again uses that one.
    """

    # SHA-256 of the five files: the same files again change nothing.
    digest = models.CharField(max_length=64)
    shift_days = models.IntegerField()
    loaded_at = models.DateTimeField()
    cooperatives = models.ManyToManyField("partner.Partner", related_name="village_imports")

    class Meta:
        ordering = ["pk"]
