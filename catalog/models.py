"""Produce and its packs. A produce is what grows; a pack is what a buyer buys."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.models import ClusterableModel
from oscar.apps.catalogue.abstract_models import AbstractCategory, AbstractProduct

from catalog.numbers import fen_per_jin, to_fen


def in_language(zh: str, en: str) -> str:
    """The text in the page's language, falling back to the one that exists."""
    first, second = (en, zh) if (get_language() or "").startswith("en") else (zh, en)
    return first or second


class Category(AbstractCategory):
    """Oscar's category with an English name."""

    name_en = models.CharField(_("name in English"), max_length=255, blank=True)

    @property
    def display_name(self) -> str:
        return in_language(self.name, self.name_en)


class Produce(ClusterableModel):
    """What grows: one kind, with its season and the clocks of its parcels."""

    class Temperature(models.TextChoices):
        AMBIENT = "ambient", _("ambient")
        CHILLED = "chilled", _("chilled")
        FROZEN = "frozen", _("frozen")

    class Bearer(models.TextChoices):
        COOPERATIVE = "cooperative", _("the cooperative")
        PROGRAMME = "programme", _("the programme")
        CARRIER = "carrier", _("the carrier")

    code = models.CharField(_("code"), max_length=32, unique=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)
    description_zh = models.TextField(_("description in Chinese"), blank=True)
    description_en = models.TextField(_("description in English"), blank=True)
    storage_zh = models.TextField(_("how to keep it, in Chinese"), blank=True)
    storage_en = models.TextField(_("how to keep it, in English"), blank=True)
    eating_zh = models.TextField(_("how to eat it, in Chinese"), blank=True)
    eating_en = models.TextField(_("how to eat it, in English"), blank=True)
    category = models.ForeignKey(
        "catalogue.Category", models.PROTECT, related_name="produce", verbose_name=_("category")
    )
    season_from = models.PositiveSmallIntegerField(
        _("season from month"), validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    season_to = models.PositiveSmallIntegerField(
        _("season to month"), validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    shelf_days = models.PositiveIntegerField(_("shelf life in days"))
    ship_within_hours = models.PositiveIntegerField(_("ships within hours"))
    return_days = models.PositiveIntegerField(_("return window in days"))
    temperature = models.CharField(_("temperature"), max_length=8, choices=Temperature)
    gi_certificate = models.CharField(_("geographical indication"), max_length=64, blank=True)
    # Damaged on arrival (坏果包赔): until when it can be claimed, and what is paid at once.
    claim_days = models.PositiveIntegerField(
        _("days to claim damage"), default=2, help_text=_("Counted from the delivery.")
    )
    auto_limit_bps = models.PositiveIntegerField(
        _("paid at once up to (basis points of the line)"),
        default=3000,
        validators=[MaxValueValidator(10_000)],
        help_text=_("3000 = 30 %. Above it a person decides; 0: always a person."),
    )
    auto_limit_fen = models.PositiveIntegerField(
        _("paid at once up to (fen)"),
        default=5000,
        help_text=_("5000 = ¥50, for all claims on a line together."),
    )
    claim_bearer = models.CharField(
        _("damage is borne by"), max_length=12, choices=Bearer, default=Bearer.COOPERATIVE
    )

    class Meta:
        ordering = ["code"]
        verbose_name = _("produce")
        verbose_name_plural = _("produce")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(season_from__range=(1, 12), season_to__range=(1, 12)),
                name="produce_season_months",
            ),
            models.CheckConstraint(
                condition=models.Q(shelf_days__gt=0, ship_within_hours__gt=0),
                name="produce_clocks_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(auto_limit_bps__lte=10_000), name="produce_auto_limit"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:produce", args=[self.code])

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def description(self) -> str:
        return in_language(self.description_zh, self.description_en)

    @property
    def storage(self) -> str:
        return in_language(self.storage_zh, self.storage_en)

    @property
    def eating(self) -> str:
        return in_language(self.eating_zh, self.eating_en)

    def in_season(self, month: int) -> bool:
        """Whether a month (1–12) lies in the season, which may wrap round New Year."""
        if self.season_from <= self.season_to:
            return self.season_from <= month <= self.season_to
        return month >= self.season_from or month <= self.season_to


class Product(AbstractProduct):
    """A pack (规格): what a buyer buys. It takes `net_grams` of its produce from a pool."""

    produce = models.ForeignKey(
        Produce, models.PROTECT, null=True, related_name="packs", verbose_name=_("produce")
    )
    pack_zh = models.CharField(_("pack in Chinese"), max_length=100, blank=True)
    pack_en = models.CharField(_("pack in English"), max_length=100, blank=True)
    net_grams = models.PositiveIntegerField(_("net grams"), null=True)
    # The one price that a buyer pays, whoever packs (DESIGN §5).
    offer_price = models.DecimalField(
        _("offer price"),
        max_digits=12,
        decimal_places=2,
        null=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )

    class Meta(AbstractProduct.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(produce__isnull=True)
                | models.Q(
                    net_grams__gt=0,
                    net_grams__isnull=False,
                    offer_price__gt=0,
                    offer_price__isnull=False,
                ),
                name="pack_has_grams_and_price",
            )
        ]

    @property
    def pack(self) -> str:
        return in_language(self.pack_zh, self.pack_en)

    @property
    def display_name(self) -> str:
        """Produce and pack in the page's language."""
        return f"{self.produce.name} {self.pack}" if self.produce else self.title

    @property
    def offer_fen(self) -> int:
        """The offer price in fen. Only for a pack: the CHECK says that it has one."""
        assert self.offer_price is not None
        return to_fen(self.offer_price)

    @property
    def jin_fen(self) -> int:
        """The offer price of one 斤, in fen."""
        assert self.net_grams is not None
        return fen_per_jin(self.offer_fen, self.net_grams)

    def get_absolute_url(self) -> str:
        """The produce's page with this pack chosen."""
        assert self.produce is not None
        return f"{reverse('shop:produce', args=[self.produce.code])}?pack={self.pk}"


from oscar.apps.catalogue.models import *  # noqa: E402, F403  the rest of Oscar's catalogue
