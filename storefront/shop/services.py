"""Writes to a basket. Each takes the basket's row lock, as starting a payment does (DESIGN §4)."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from oscar.core.loading import get_model

from catalog.clock import now
from catalog.models import Product
from catalog.numbers import to_yuan
from cooperatives.partner.selectors import available_packs
from livestream.offers.selectors import RoomLine
from storefront.payments.quote import room_of

MOST_PACKS = 999

Basket = get_model("basket", "Basket")
Line = get_model("basket", "Line")


class BasketRefusal(Exception):
    """The basket stays as it was; `message` says why, in the page's language."""

    message: Any = ""


class BasketLocked(BasketRefusal):
    """A payment for the basket is under way, or it is an order already."""

    message = _("A payment for this basket is under way. Finish it or give it up first.")


class NotEnough(BasketRefusal):
    """The pools cannot give so many packs."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left
        self.message = (
            ngettext("Only %(count)d pack is left.", "Only %(count)d packs are left.", left)
            % {"count": left}
            if left > 0
            else _("This is sold out at the moment.")
        )


def line_reference(product_id: int, stockrecord_id: int, source: str) -> str:
    """A line's identity in its basket: the same pack from another source is another line."""
    reference = f"{product_id}_{stockrecord_id}"
    return f"{reference}~{source}" if source else reference


def lock_open(basket_id: int) -> Any:
    """The basket's row, locked. Raises BasketLocked unless it is open."""
    basket = Basket.objects.select_for_update().get(pk=basket_id)
    if basket.status != Basket.OPEN:
        raise BasketLocked
    return basket


def _refuse_more_than_left(basket_id: int, product_id: int, others: Callable, wanted: int) -> None:
    """Raise NotEnough if the basket's lines of a pack would exceed what can be bought now."""
    lines = others(Line.objects.filter(basket_id=basket_id, product_id=product_id))
    left = available_packs([product_id])[product_id]
    if wanted + sum(lines.values_list("quantity", flat=True)) > left:
        raise NotEnough(left)


def add_to_basket(
    basket: Any, product: Product, quantity: int, source: str = "", price: Decimal | None = None
) -> Any:
    """Put packs of a product into a basket, on top of what the same source put there.

    `source` says where the buyer stood ("room:5"), empty for the catalogue (DESIGN §7); `price` is
    what one pack cost there, the shop's price unless said. An unsaved basket is saved first. A
    line holds at most MOST_PACKS. Gives the line; raises BasketLocked, NotEnough, or ValueError
    for a quantity below 1.
    """
    if quantity < 1:
        raise ValueError(f"cannot add {quantity} packs")
    record = product.stockrecords.order_by("partner__code").first()
    if record is None or not product.is_public:
        raise NotEnough(0)
    if basket.pk is None:
        basket.save()
    reference = line_reference(product.pk, record.pk, source)
    with transaction.atomic():
        lock_open(basket.pk)
        line = Line.objects.filter(basket_id=basket.pk, line_reference=reference).first()
        wanted = min(MOST_PACKS, quantity + (line.quantity if line else 0))
        _refuse_more_than_left(
            basket.pk, product.pk, lambda lines: lines.exclude(line_reference=reference), wanted
        )
        if line is None:
            line = Line(
                basket_id=basket.pk,
                line_reference=reference,
                product=product,
                stockrecord=record,
                price_currency=settings.OSCAR_DEFAULT_CURRENCY,
                price_excl_tax=product.offer_price,
                price_incl_tax=product.offer_price,
            )
        if price is not None:
            line.price_excl_tax = line.price_incl_tax = price
        line.quantity = wanted
        line.save()
    basket.reset_offer_applications()
    return line


def set_quantity(basket: Any, line_id: int, quantity: int) -> None:
    """Set the packs of a line of this basket; 0 takes it out. A line that is gone is no error.

    Raises BasketLocked or NotEnough.
    """
    with transaction.atomic():
        lock_open(basket.pk)
        line = Line.objects.filter(basket_id=basket.pk, pk=line_id).first()
        if line is None:
            return
        wanted = max(0, min(MOST_PACKS, quantity))
        if wanted == 0:
            line.delete()
        else:
            if wanted > line.quantity:
                _refuse_more_than_left(
                    basket.pk, line.product_id, lambda lines: lines.exclude(pk=line_id), wanted
                )
            line.quantity = wanted
            line.save(update_fields=["quantity", "date_updated"])
    basket.reset_offer_applications()


def accept_prices(basket: Any, buyer: Sequence[str] = ()) -> None:
    """Note today's prices on the basket's lines: the buyer has been told of the change."""
    with transaction.atomic():
        lines = list(Line.objects.filter(basket_id=basket.pk).select_related("product"))
        from_room = room_of(lines, buyer)
        for index, line in enumerate(lines):
            price = unit_price(line, from_room.get(index))
            if line.price_incl_tax != price:
                line.price_excl_tax = line.price_incl_tax = price
                line.save(update_fields=["price_excl_tax", "price_incl_tax", "date_updated"])


def unit_price(line: Any, from_room: RoomLine | None) -> Decimal:
    """What a pack of a basket's line costs now, in yuan."""
    return to_yuan(from_room.unit_fen) if from_room else line.product.offer_price


def merge_baskets(into_id: int, other_id: int) -> int:
    """Move the lines of one open basket into another; the same line's packs are added up.

    Two requests that merge at once merge once. Gives how many packs were moved, 0 when one of the
    baskets is not open (any more).
    """
    moved = 0
    with transaction.atomic():
        rows = Basket.objects.select_for_update().filter(pk__in=[into_id, other_id]).order_by("pk")
        baskets = {basket.pk: basket for basket in rows}
        if len(baskets) != 2 or any(basket.status != Basket.OPEN for basket in baskets.values()):
            return 0
        mine = {line.line_reference: line for line in Line.objects.filter(basket_id=into_id)}
        for line in Line.objects.filter(basket_id=other_id).order_by("pk"):
            moved += line.quantity
            same = mine.get(line.line_reference)
            if same is None:
                Line.objects.filter(pk=line.pk).update(basket_id=into_id)
                continue
            same.quantity = min(MOST_PACKS, same.quantity + line.quantity)
            same.save(update_fields=["quantity", "date_updated"])
            line.delete()
        other = baskets[other_id]
        baskets[into_id].vouchers.add(*other.vouchers.all())
        baskets[into_id].gifts.add(*other.gifts.all())
        other.status, other.date_merged = Basket.MERGED, now()
        other.save(update_fields=["status", "date_merged"])
    return moved
