"""An earlier order's packs once more: what can still be had goes into the basket."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from oscar.core.loading import get_model

from catalog.models import Product
from catalog.numbers import to_fen
from cooperatives.partner.selectors import available_packs
from storefront.order.models import Order
from storefront.shop.services import (
    MOST_PACKS,
    NotEnough,
    add_to_basket,
    line_reference,
    lock_open,
)

Line = get_model("basket", "Line")
OrderLine = get_model("order", "Line")


@dataclass(frozen=True)
class Again:
    """What of one pack was put into the basket: `packs` of `wanted`, at `now_fen` each.

    `name` is how it was called then, when it is not sold any more.
    """

    name: str
    wanted: int
    packs: int
    then_fen: int
    now_fen: int

    @property
    def lacking(self) -> int:
        return self.wanted - self.packs

    @property
    def costs_otherwise(self) -> bool:
        return bool(self.packs) and self.then_fen != self.now_fen


def buy_again(basket: Any, order: Order) -> list[Again]:
    """Put the packs of an order into a basket, on top of what is there, as far as they last.

    Gives a row for each pack of the order, also for what could not be put in, so that nothing is
    changed without saying it; what is not sold any more comes last. An unsaved basket is saved if
    something goes in. Raises BasketLocked; then nothing is changed.
    """
    lines = OrderLine.objects.filter(order=order).select_related("product__produce").order_by("pk")
    wanted: Counter[int] = Counter()
    first: dict[int, Any] = {}
    gone = []
    for line in lines:
        if line.product is None or line.product.produce is None:
            gone.append(Again(line.title, line.quantity, 0, 0, 0))
            continue
        wanted[line.product_id] += line.quantity
        first.setdefault(line.product_id, line)
    left = available_packs(wanted)
    with transaction.atomic():
        if basket.pk is not None:
            lock_open(basket.pk)
        rows = [
            Again(
                name=first[key].product.display_name,
                wanted=packs,
                packs=_put(basket, first[key].product, packs, left[key]),
                # What one cost on the shelf then, and costs now.
                then_fen=to_fen(first[key].unit_price_incl_tax),
                now_fen=first[key].product.offer_fen,
            )
            for key, packs in wanted.items()
        ]
    return rows + gone


def _put(basket: Any, product: Product, wanted: int, left: int) -> int:
    """Put in as many packs as there are, at most `wanted`. Gives how many."""
    record = product.stockrecords.order_by("partner__code").first()
    if record is None:
        return 0
    mine = Line.objects.filter(basket_id=basket.pk, product=product)
    own = mine.filter(line_reference=line_reference(product.pk, record.pk, ""))
    room = min(wanted, left - _packs(mine), MOST_PACKS - _packs(own))
    while room > 0:
        try:
            add_to_basket(basket, product, room)
        except NotEnough as refusal:
            # Somebody else was quicker: each try is for fewer.
            room = min(room - 1, refusal.left - _packs(mine))
        else:
            return room
    return 0


def _packs(lines: QuerySet) -> int:
    return lines.aggregate(packs=Sum("quantity"))["packs"] or 0
