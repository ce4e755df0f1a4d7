"""Consignments: the parts of an order that each cooperative packs (DESIGN §2)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Consignment(models.Model):
    """The part of an order that one cooperative packs and sends in one parcel (发货单)."""

    class State(models.TextChoices):
        PAID = "paid", _("to pack")
        PACKED = "packed", _("packed")
        SHIPPED = "shipped", _("on its way")
        DELIVERED = "delivered", pgettext_lazy("parcel", "delivered")
        CANCELLED = "cancelled", _("cancelled")

    order = models.ForeignKey("order.Order", models.PROTECT, related_name="consignments")
    partner = models.ForeignKey("partner.Partner", models.PROTECT, related_name="consignments")
    number = models.CharField(_("number"), max_length=40, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PAID)
    freight_fen = models.BigIntegerField(_("freight"), default=0)
    freight_refunded_fen = models.BigIntegerField(default=0)
    carrier = models.CharField(_("carrier"), max_length=64, blank=True)
    waybill = models.CharField(_("waybill number"), max_length=64, blank=True)
    paid_at = models.DateTimeField()
    ship_by = models.DateTimeField()
    packed_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["paid_at", "pk"]
        verbose_name = _("consignment")
        verbose_name_plural = _("consignments")
        constraints = [
            models.UniqueConstraint(fields=["order", "partner"], name="consignment_once"),
            models.CheckConstraint(
                condition=Q(freight_fen__gte=0, freight_refunded_fen__gte=0)
                & Q(freight_fen__gte=F("freight_refunded_fen")),
                name="consignment_freight",
            ),
        ]
        indexes = [models.Index(fields=["partner", "state", "paid_at"], name="consignment_work")]

    def __str__(self) -> str:
        return self.number


class ConsignmentLine(models.Model):
    """Packs of one product in a consignment. Lots, postings, credits and refunds hang on it.

    ordered, packed and billed grams are three fields (FIELD_NOTES: openfoodnetwork #2883).
    """

    consignment = models.ForeignKey(Consignment, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("order.Line", models.PROTECT, related_name="consignment_lines")
    product = models.ForeignKey("catalogue.Product", models.PROTECT, related_name="+")
    pool = models.ForeignKey("partner.StockPool", models.PROTECT, related_name="consignment_lines")
    packs = models.PositiveIntegerField()
    ordered_grams = models.BigIntegerField()
    # Goes down when the money for grams that were missing in the box is given back.
    billed_grams = models.BigIntegerField()
    packed_grams = models.BigIntegerField(null=True)
    # Of the packed grams, those that a lot covers. The rest is "undrawn".
    drawn_grams = models.BigIntegerField(default=0)
    # Of the packed grams, those that came back to the store.
    returned_grams = models.BigIntegerField(default=0)
    # Of what is still to be covered, what a fact took away: outside the pool's CHECK.
    short_grams = models.BigIntegerField(default=0)
    cancelled_packs = models.PositiveIntegerField(default=0)
    cancelled_grams = models.BigIntegerField(default=0)
    # What the buyer paid for it, after discounts.
    net_fen = models.BigIntegerField()
    refunded_fen = models.BigIntegerField(default=0)
    # Of what was refunded, what others than the cooperative bear: its sale keeps that.
    borne_elsewhere_fen = models.BigIntegerField(default=0)
    return_days = models.PositiveIntegerField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["consignment", "order_line"], name="consignment_line_once"
            ),
            models.CheckConstraint(
                condition=Q(packs__gt=0, ordered_grams__gt=0, billed_grams__gte=0)
                & Q(cancelled_packs__lte=F("packs"), cancelled_grams__lte=F("ordered_grams"))
                & Q(cancelled_grams__gte=0, billed_grams__lte=F("ordered_grams")),
                name="consignment_line_packs",
            ),
            models.CheckConstraint(
                condition=Q(net_fen__gte=0, refunded_fen__gte=0)
                & Q(net_fen__gte=F("refunded_fen")),
                name="consignment_line_never_refunded_above_paid",
            ),
            models.CheckConstraint(
                condition=Q(borne_elsewhere_fen__gte=0)
                & Q(borne_elsewhere_fen__lte=F("refunded_fen")),
                name="consignment_line_borne_within_refunded",
            ),
            models.CheckConstraint(
                condition=Q(packed_grams__isnull=True, drawn_grams=0, returned_grams=0)
                | Q(
                    packed_grams__gte=F("drawn_grams") + F("returned_grams"),
                    drawn_grams__gte=0,
                    returned_grams__gte=0,
                ),
                name="consignment_line_drawn_within_packed",
            ),
            models.CheckConstraint(
                condition=Q(short_grams__gte=0)
                & (
                    Q(
                        packed_grams__isnull=True,
                        ordered_grams__gte=F("cancelled_grams") + F("short_grams"),
                    )
                    | Q(packed_grams__gte=F("drawn_grams") + F("returned_grams") + F("short_grams"))
                ),
                name="consignment_line_short_within_open",
            ),
        ]
        indexes = [
            models.Index(fields=["pool", "packed_grams"], name="consignment_line_pool"),
        ]

    @property
    def open_grams(self) -> int:
        """Grams that no lot covers yet: to pack, or packed and undrawn."""
        if self.packed_grams is None:
            return self.ordered_grams - self.cancelled_grams
        return self.packed_grams - self.returned_grams - self.drawn_grams

    @property
    def allocated_grams(self) -> int:
        """What this line adds to its pool's `allocated`."""
        return self.open_grams - self.short_grams


class LineSource(models.Model):
    """Who paid how much for a consignment line, or for a consignment's freight (line empty).

    Only where it was not the buyer's money alone: then the buyer's part is a row, too, and the
    rows add up to what the line sold for. A refund goes back to each by what remains of it.
    """

    class Kind(models.TextChoices):
        BUYER = "buyer", _("the buyer")
        GIFT = "gift", _("gift voucher")
        PROGRAMME = "programme", _("the programme")
        HOST = "host", _("a host")

    consignment = models.ForeignKey(Consignment, models.PROTECT, related_name="sources")
    consignment_line = models.ForeignKey(
        ConsignmentLine, models.PROTECT, null=True, related_name="sources"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    # Whose: the id of the gift voucher, the offer's terms or the host; 0 for the buyer.
    reference = models.BigIntegerField()
    fen = models.BigIntegerField()
    refunded_fen = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["consignment", "consignment_line", "kind", "reference"],
                nulls_distinct=False,
                name="line_source_once",
            ),
            models.CheckConstraint(
                condition=Q(fen__gt=0, refunded_fen__gte=0) & Q(fen__gte=F("refunded_fen")),
                name="line_source_never_refunded_above_paid",
            ),
        ]
        indexes = [models.Index(fields=["kind", "reference"], name="line_source_whose")]

    @property
    def left(self) -> int:
        """What of it is not given back yet, in fen."""
        return self.fen - self.refunded_fen


class Drawing(models.Model):
    """Lots drawn for a consignment line, at packing or when later lots arrive.

    A negative one takes back (packing undone, goods back in the store). Never changed (triggers).
    """

    line = models.ForeignKey(ConsignmentLine, models.PROTECT, related_name="drawings")
    sequence = models.PositiveIntegerField()
    grams = models.BigIntegerField()
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["line", "sequence"], name="drawing_once")]


class Draw(models.Model):
    """Grams of one lot in one drawing. Never changed (triggers)."""

    drawing = models.ForeignKey(Drawing, models.PROTECT, related_name="draws")
    lot = models.ForeignKey("households.Lot", models.PROTECT, related_name="draws")
    grams = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drawing", "lot"], name="draw_once"),
            models.CheckConstraint(condition=~Q(grams=0), name="draw_not_zero"),
        ]


class ConsignmentEvent(models.Model):
    """What was done to a consignment, when and by whom: the buyer's timeline and the audit's."""

    consignment = models.ForeignKey(Consignment, models.PROTECT, related_name="events")
    state = models.CharField(max_length=12, choices=Consignment.State)
    undone = models.BooleanField(default=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]


class FreightRate(models.Model):
    """What a parcel costs to a province: first weight, then each further step.

    A cooperative's own row goes before the common one (partner empty), a province's before the
    rest of the country (province empty).
    """

    partner = models.ForeignKey(
        "partner.Partner", models.CASCADE, null=True, blank=True, related_name="freight_rates"
    )
    province = models.CharField(_("province"), max_length=32, blank=True)
    first_grams = models.PositiveIntegerField(_("first weight in grams"))
    first_fen = models.PositiveIntegerField(_("price of the first weight in fen"))
    step_grams = models.PositiveIntegerField(_("each further grams"))
    step_fen = models.PositiveIntegerField(_("price of each further step in fen"))
    # A parcel is expected so many days after it was handed over.
    transit_days = models.PositiveSmallIntegerField(_("days on its way"), default=3)

    class Meta:
        ordering = ["partner_id", "province"]
        verbose_name = _("freight rate")
        verbose_name_plural = _("freight rates")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "province"], nulls_distinct=False, name="freight_rate_once"
            ),
            models.CheckConstraint(
                condition=Q(first_grams__gt=0, step_grams__gt=0), name="freight_rate_steps"
            ),
        ]
