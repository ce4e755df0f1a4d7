"""Cooperatives, what they sell, and the one truth about stock: the pool, in grams (DESIGN §5)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from oscar.apps.partner.abstract_models import AbstractPartner, AbstractStockRecord

from catalog.models import in_language
from catalog.places import joined, place_name


class Partner(AbstractPartner):
    """A cooperative (合作社). `code` is its stable key: GY-YONGFU."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name_en = models.CharField(_("name in English"), max_length=128, blank=True)
    province = models.CharField(_("province"), max_length=32, blank=True)
    county = models.CharField(_("county"), max_length=64, blank=True)
    county_code = models.CharField(_("county code"), max_length=6, blank=True)
    village = models.CharField(_("village"), max_length=64, blank=True)
    county_en = models.CharField(
        _("county in English"),
        max_length=100,
        blank=True,
        help_text=_("Empty: as it sounds, such as Guanyang County."),
    )
    village_en = models.CharField(
        _("village in English"),
        max_length=100,
        blank=True,
        help_text=_("Empty: as it sounds, such as Yongfu Village."),
    )

    class Meta(AbstractPartner.Meta):
        verbose_name = _("cooperative")
        verbose_name_plural = _("cooperatives")

    @property
    def display_name(self) -> str:
        return in_language(self.name, self.name_en)

    @property
    def province_name(self) -> str:
        return place_name(self.province)

    @property
    def county_name(self) -> str:
        return place_name(self.county, self.county_en)

    @property
    def village_name(self) -> str:
        return place_name(self.village, self.village_en)

    @property
    def place(self) -> str:
        """Village and county."""
        return joined(self.county_name, self.village_name)

    @property
    def region(self) -> str:
        """County and province."""
        return joined(self.province_name, self.county_name, separator=" ")

    @property
    def whole_place(self) -> str:
        """Village, county and province."""
        names = self.province_name, self.county_name, self.village_name
        return joined(*names, separator=" ")


class StockPool(models.Model):
    """One produce at one cooperative, in grams. Each figure is the sum of its journal rows.

    on_hand    lots delivered and not yet sent
    promised   harvest promises still open
    reserved   held for payments under way
    allocated  sold and not yet drawn from a lot
    """

    partner = models.ForeignKey("partner.Partner", models.PROTECT, related_name="pools")
    produce = models.ForeignKey("catalogue.Produce", models.PROTECT, related_name="pools")
    on_hand = models.BigIntegerField(default=0)
    promised = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    allocated = models.BigIntegerField(default=0)
    # Lots expire and promises lapse with time: a figure may be trusted until this moment.
    next_change_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("stock pool")
        verbose_name_plural = _("stock pools")
        constraints = [
            models.UniqueConstraint(fields=["partner", "produce"], name="pool_once"),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0, promised__gte=0, reserved__gte=0, allocated__gte=0),
                name="pool_figures_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(on_hand__gte=F("reserved") + F("allocated") - F("promised")),
                name="pool_never_oversold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id}/{self.produce_id}"

    @property
    def free(self) -> int:
        """Grams that may still be sold, picking days aside."""
        return self.on_hand + self.promised - self.reserved - self.allocated

    @property
    def from_promises(self) -> int:
        """Grams held or sold that no lot covers yet: they must be picked."""
        return max(0, self.reserved + self.allocated - self.on_hand)


class StockRecord(AbstractStockRecord):
    """A pack that a cooperative sells. `price` is the least it accepts for it (DESIGN §5)."""

    pool = models.ForeignKey(
        StockPool, models.PROTECT, null=True, related_name="stock_records", verbose_name=_("pool")
    )
    # The lowest offer below its own price that the cooperative agreed to be credited from.
    agreed_price = models.DecimalField(
        _("agreed price"), max_digits=12, decimal_places=2, null=True, blank=True
    )

    class Meta(AbstractStockRecord.Meta):
        constraints = [
            # Two would let the same grams be counted, and sold, twice.
            models.UniqueConstraint(fields=["partner", "product"], name="stock_record_once")
        ]


class StockMove(models.Model):
    """One row of the stock journal. Never changed, never deleted (triggers)."""

    class Cause(models.TextChoices):
        DELIVERED = "delivered", _("lot delivered")
        PROMISED = "promised", _("harvest promised")
        ROLLED = "rolled", _("time passed")
        RESERVED = "reserved", _("held for a payment")
        RELEASED = "released", _("hold released")
        LOST = "lost", _("hold lost to a fact")
        SOLD = "sold", _("sold")
        CANCELLED = "cancelled", _("sale cancelled")
        PACKED = "packed", _("packed")
        UNPACKED = "unpacked", _("packing undone")
        DRAWN = "drawn", _("drawn from a later lot")
        SHORT = "short", _("short")
        COVERED = "covered", _("short covered")
        SPOILED = "spoiled", _("spoiled")
        RETURNED = "returned", _("returned to stock")

    pool = models.ForeignKey(StockPool, models.PROTECT, related_name="moves")
    cause = models.CharField(max_length=16, choices=Cause)
    reference = models.CharField(max_length=80)
    on_hand = models.BigIntegerField(default=0)
    promised = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    allocated = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "cause", "reference"], name="move_once")
        ]
        indexes = [models.Index(fields=["pool", "created_at"], name="move_by_pool")]


class PickingDay(models.Model):
    """What can be picked from a pool's promises on a day, and what is taken of it, in grams."""

    pool = models.ForeignKey(StockPool, models.CASCADE, related_name="picking_days")
    day = models.DateField()
    capacity = models.BigIntegerField(default=0)
    taken = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["pool", "day"], name="picking_day_once"),
            models.CheckConstraint(
                condition=Q(taken__gte=0, capacity__gte=F("taken")),
                name="picking_day_not_overbooked",
            ),
        ]


class Reservation(models.Model):
    """Grams held for one payment attempt, until they are sold, released or expire."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        SOLD = "sold", _("sold")
        RELEASED = "released", _("released")

    # The payment attempt's uuid.
    reference = models.UUIDField(unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="reservation_held")
        ]


class ReservationLine(models.Model):
    """The part of a reservation in one pool. A fact may take grams back: `lost_grams`."""

    reservation = models.ForeignKey(Reservation, models.CASCADE, related_name="lines")
    pool = models.ForeignKey(StockPool, models.PROTECT, related_name="reservation_lines")
    grams = models.BigIntegerField()
    lost_grams = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reservation", "pool"], name="reservation_pool_once"),
            models.CheckConstraint(
                condition=Q(grams__gt=0, lost_grams__gte=0, grams__gte=F("lost_grams")),
                name="reservation_grams",
            ),
        ]


from oscar.apps.partner.models import *  # noqa: E402, F403  the rest of Oscar's partner app
