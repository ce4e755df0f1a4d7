"""A buyer's orders: who may see one, and what its page shows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.clock import day_of, today
from catalog.numbers import to_fen, to_yuan
from cooperatives.routing.freight import rates_to
from cooperatives.routing.models import Consignment, ConsignmentLine, LineSource
from storefront.accounts.phones import plain_phone
from storefront.aftersales.addresses import may_change
from storefront.aftersales.cases.models import CasePicture, Dispute
from storefront.aftersales.cases.selectors import LineCases, of_order
from storefront.aftersales.models import Refund
from storefront.checkout.selectors import SESSION_KEY
from storefront.discounts import recording
from storefront.order.links import check_key
from storefront.order.models import Order

FOUND_KEY = "found_orders"
MOST_REMEMBERED = 20


def given_key(request: HttpRequest) -> str:
    """The key of a mail's link: in the address, or in a form that came from such a page."""
    return request.POST.get("key", "") or request.GET.get("key", "")


def may_see(request: HttpRequest, number: str) -> bool:
    """Whether the order is this buyer's, or this session found it by number and contact."""
    return number in request.session.get(FOUND_KEY, []) or is_buyers(request, number)


def is_buyers(request: HttpRequest, number: str) -> bool:
    """Whether the order is this user's or this session's, or the link's key is right.

    Not who only knows number and phone: both stand on the parcels' papers, and whoever packs one
    parcel must not send another one elsewhere.
    """
    if check_key(number, given_key(request)):
        return Order.objects.filter(number=number).exists()
    mine = Q(payment_attempt__in=request.session.get(SESSION_KEY, []))
    if request.user.is_authenticated:
        mine |= Q(user=request.user)
    return Order.objects.filter(mine, number=number).exists()


def key_query(request: HttpRequest, number: str) -> str:
    """What to add to the order's addresses for who came by the link of a mail: "?key=…"."""
    key = given_key(request)
    return f"?{urlencode({'key': key})}" if check_key(number, key) else ""


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
class Line:
    """A consignment line with what its buyer said about it, and what of it came back to them."""

    line: ConsignmentLine
    cases: LineCases
    back_fen: int


@dataclass(frozen=True)
class Parcel:
    """A consignment as its buyer sees it: each parcel has its own way and its own times.

    `expected` is the day it should arrive: the day it was handed over, or must be at the latest,
    and the days that the freight rate of its cooperative and province says.
    """

    consignment: Consignment
    lines: list[Line]
    place: int
    expected: date

    @property
    def cancelled(self) -> bool:
        return self.consignment.state == Consignment.State.CANCELLED

    @property
    def is_late(self) -> bool:
        """Whether it should have arrived and nobody said that it did."""
        return not self.consignment.delivered_at and self.expected < today()

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
    disputed: bool
    # For the addresses on the page: see key_query().
    key_query: str = ""

    @property
    def goods(self) -> Any:
        return self.order.total_incl_tax - self.order.shipping_incl_tax

    @property
    def discounts(self) -> list[tuple[str, int]]:
        """What was taken off, as it was frozen when payment started: (name, fen)."""
        return recording.shown_discounts(self.order)

    @property
    def gifts(self) -> list[tuple[str, int]]:
        """What gift vouchers paid: (the code's ending, fen)."""
        return recording.shown_gifts(self.order)

    @property
    def shelf(self) -> Any:
        """The goods at the shelf price."""
        return self.goods + to_yuan(sum(fen for _name, fen in self.discounts))

    @property
    def may_cancel(self) -> bool:
        """Whether something of it is not packed yet, and its money is not with the bank."""
        return not self.disputed and any(
            one.consignment.state == Consignment.State.PAID for one in self.parcels
        )

    @property
    def may_change_address(self) -> bool:
        """Whether it can still be sent elsewhere."""
        return may_change([one.consignment for one in self.parcels])

    @property
    def left_fen(self) -> int:
        """What of the payment was not given back to the buyer."""
        paid = to_fen(self.order.total_incl_tax)
        return paid - sum(refund.back_fen for refund in self.refunds)


def _back_to_others(consignment_ids: Iterable[int]) -> dict[int, int]:
    """{line id: fen that went back to those who had paid for a discount on it}."""
    kinds = [LineSource.Kind.PROGRAMME, LineSource.Kind.HOST]
    rows = LineSource.objects.filter(
        consignment__in=list(consignment_ids), consignment_line__isnull=False, kind__in=kinds
    )
    sums = rows.values_list("consignment_line").annotate(fen=Sum("refunded_fen")).order_by()
    return dict(sums)


def order_page(number: str, query: str = "") -> OrderPage:
    """An order with its parcels, refunds and cases. Ten queries. Raises Order.DoesNotExist.

    `query` is key_query() of the reader.
    """
    order = Order.objects.select_related("shipping_address", "user", "payment_attempt").get(
        number=number
    )
    consignments = list(
        Consignment.objects.filter(order=order).select_related("partner").order_by("number")
    )
    by_pk = {consignment.pk: consignment for consignment in consignments}
    lines: dict[int, list[ConsignmentLine]] = defaultdict(list)
    for line in (
        ConsignmentLine.objects.filter(consignment__in=by_pk)
        .select_related("product__produce")
        .order_by("pk")
    ):
        line.consignment = by_pk[line.consignment_id]
        lines[line.consignment_id].append(line)

    def address_of(one: CasePicture) -> str:
        return reverse("cases:picture", args=[number, one.pk]) + query

    cases = of_order(order, [line for rows in lines.values() for line in rows], address_of)
    expected = _expected(order, consignments)
    others = _back_to_others(by_pk)
    return OrderPage(
        order=order,
        parcels=[
            Parcel(
                consignment,
                [
                    Line(line, cases[line.pk], line.refunded_fen - others.get(line.pk, 0))
                    for line in lines[consignment.pk]
                ],
                place,
                expected[consignment.pk],
            )
            for place, consignment in enumerate(consignments, start=1)
        ],
        refunds=list(Refund.objects.filter(order=order).order_by("created_at")),
        disputed=Dispute.objects.filter(case__order=order, closed_at__isnull=True).exists(),
        key_query=query,
    )


def _expected(order: Order, consignments: list[Consignment]) -> Mapping[int, date]:
    """{consignment: the day that it should arrive}. One query."""
    province = order.shipping_address.state if order.shipping_address else ""
    rates = rates_to({one.partner_id for one in consignments}, province)
    days = {partner_id: rate.transit_days for partner_id, rate in rates.items()}
    return {
        one.pk: day_of(one.shipped_at or one.ship_by) + timedelta(days=days.get(one.partner_id, 0))
        for one in consignments
    }


def orders_of(user: Any) -> QuerySet[Order]:
    """A member's orders, the latest first, with their consignments."""
    return (
        Order.objects.filter(user=user)
        .prefetch_related("consignments__partner", "lines__product__produce")
        .order_by("-date_placed", "-pk")
    )
