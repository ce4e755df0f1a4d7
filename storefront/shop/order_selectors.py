"""A buyer's orders: who may see one, and what its page shows."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cooperatives.routing.models import Consignment, ConsignmentLine
from storefront.accounts.phones import plain_phone
from storefront.aftersales.addresses import may_change
from storefront.aftersales.models import Refund
from storefront.checkout.selectors import SESSION_KEY
from storefront.order.links import check_key
from storefront.order.models import Order

FOUND_KEY = "found_orders"
MOST_REMEMBERED = 20


def given_key(request: HttpRequest) -> str:
    """The key of a mail's link: in the address, or in a form that came from such a page."""
    return request.POST.get("key", "") or request.GET.get("key", "")


def may_see(request: HttpRequest, number: str) -> bool:
    """Whether the order is this user's or this session's, or the link's key is right."""
    if check_key(number, given_key(request)):
        return Order.objects.filter(number=number).exists()
    if number in request.session.get(FOUND_KEY, []):
        return True
    mine = Q(payment_attempt__in=request.session.get(SESSION_KEY, []))
    if request.user.is_authenticated:
        mine |= Q(user=request.user)
    return Order.objects.filter(mine, number=number).exists()


def find_order(number: str, contact: str) -> Order | None:
    """The order of that number, if the phone or the e-mail address is its buyer's."""
    contact = contact.strip()
    if not contact:
        return None
    fits = Q(guest_email__iexact=contact) | Q(user__email__iexact=contact)
    if phone := plain_phone(contact):
        fits |= Q(contact_phone=phone)
    return Order.objects.filter(fits, number=number.strip()).first()


def remember_found(request: HttpRequest, number: str) -> None:
    """Let this session see an order that it found by number and contact."""
    found = [one for one in request.session.get(FOUND_KEY, []) if one != number]
    request.session[FOUND_KEY] = [*found, number][-MOST_REMEMBERED:]


@dataclass(frozen=True)
class Step:
    """A step of a parcel's way."""

    name: Any
    at: datetime | None
    done: bool


@dataclass(frozen=True)
class Parcel:
    """A consignment as its buyer sees it."""

    consignment: Consignment
    lines: list[ConsignmentLine]

    @property
    def cancelled(self) -> bool:
        return self.consignment.state == Consignment.State.CANCELLED

    @property
    def steps(self) -> list[Step]:
        """Paid, packed, on its way, delivered: what is done, and when."""
        one = self.consignment
        times = [
            (_("Paid"), one.paid_at),
            (_("Packed"), one.packed_at),
            (_("On its way"), one.shipped_at),
            (_("Delivered"), one.delivered_at),
        ]
        return [Step(name, at, at is not None) for name, at in times]


@dataclass(frozen=True)
class OrderPage:
    """All that an order's page shows."""

    order: Order
    parcels: list[Parcel]
    refunds: list[Refund]

    @property
    def goods(self) -> Any:
        return self.order.total_incl_tax - self.order.shipping_incl_tax

    @property
    def may_cancel(self) -> bool:
        """Whether something of it is not packed yet."""
        return any(one.consignment.state == Consignment.State.PAID for one in self.parcels)

    @property
    def may_change_address(self) -> bool:
        """Whether it can still be sent elsewhere."""
        return may_change([one.consignment for one in self.parcels])

    @property
    def refunded_fen(self) -> int:
        return sum(refund.amount_fen for refund in self.refunds)


def order_page(number: str) -> OrderPage:
    """An order with its parcels and refunds. Four queries. Raises Order.DoesNotExist."""
    order = Order.objects.select_related("shipping_address", "user").get(number=number)
    lines = defaultdict(list)
    rows = ConsignmentLine.objects.filter(consignment__order=order)
    for line in rows.select_related("product__produce").order_by("pk"):
        lines[line.consignment_id].append(line)
    return OrderPage(
        order=order,
        parcels=[
            Parcel(consignment, lines[consignment.pk])
            for consignment in Consignment.objects.filter(order=order)
            .select_related("partner")
            .order_by("number")
        ],
        refunds=list(Refund.objects.filter(order=order).order_by("created_at")),
    )


def orders_of(user: Any) -> QuerySet[Order]:
    """A member's orders, the latest first, with their consignments."""
    return (
        Order.objects.filter(user=user)
        .prefetch_related("consignments__partner", "lines__product__produce")
        .order_by("-date_placed", "-pk")
    )
