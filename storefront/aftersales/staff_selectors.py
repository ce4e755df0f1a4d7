"""What staff see of orders in Wagtail's admin. A fixed number of queries for any number of rows."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from cooperatives.ledger.models import Posting
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.settlement.models import SharingOut
from cooperatives.settlement.services import pools_to_share
from livestream.campaigns.models import LineAttribution
from storefront.accounts.phones import plain_phone
from storefront.aftersales.models import Refund, RefundLine
from storefront.notifications.models import Message
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt

State = Refund.State


def orders(q: str = "", state: str = "") -> QuerySet[Order]:
    """Orders, the latest first, by number, phone or e-mail, and by a consignment's state."""
    found = Order.objects.select_related("user").prefetch_related(
        Prefetch("consignments", Consignment.objects.select_related("partner").order_by("number"))
    )
    if q:
        phone = plain_phone(q) or q
        fits = Q(number__startswith=q) | Q(contact_phone=phone) | Q(user__phone=phone)
        fits |= Q(guest_email__icontains=q) | Q(user__email__icontains=q)
        found = found.filter(fits)
    if state:
        parcels = Consignment.objects.filter(order=OuterRef("pk"), state=state)
        found = found.filter(Exists(parcels))
    return found.order_by("-date_placed", "-pk")


@dataclass(frozen=True)
class StaffLine:
    """An order line, what it is credited to, and who packs it."""

    line: Any
    attribution: LineAttribution | None
    parts: list[ConsignmentLine]


@dataclass(frozen=True)
class StaffConsignment:
    """A consignment with its lines and history."""

    consignment: Consignment
    lines: list[ConsignmentLine]


@dataclass(frozen=True)
class StaffOrder:
    """All that staff see of an order."""

    order: Order
    attempt: PaymentAttempt | None
    lines: list[StaffLine]
    consignments: list[StaffConsignment]
    refunds: list[Refund]
    messages: list[Message]

    @property
    def refunded_fen(self) -> int:
        return sum(refund.amount_fen for refund in self.refunds)

    @property
    def discounts(self) -> list[dict[str, Any]]:
        """What was taken off, as it was frozen when payment started."""
        return self.attempt.snapshot.get("discounts", []) if self.attempt else []

    @property
    def gifts(self) -> list[dict[str, Any]]:
        """What gift vouchers paid."""
        return self.attempt.snapshot.get("gifts", []) if self.attempt else []

    @property
    def refundable(self) -> bool:
        """Whether anything paid through us is left to give back."""
        if self.attempt is None:
            return False
        return any(
            one.consignment.freight_fen > one.consignment.freight_refunded_fen
            or any(line.net_fen > line.refunded_fen for line in one.lines)
            for one in self.consignments
        )


def staff_order(number: str) -> StaffOrder:
    """An order with lines, attribution, consignments, payment, refunds and messages.

    Raises Http404.
    """
    order = Order.objects.select_related("user", "shipping_address").filter(number=number).first()
    if order is None:
        raise Http404("No such order")
    parts = consignment_lines(order.pk)
    by_line, by_consignment = defaultdict(list), defaultdict(list)
    for part in parts:
        by_line[part.order_line_id].append(part)
        by_consignment[part.consignment_id].append(part)
    current = {
        row.order_line_id: row
        for row in LineAttribution.objects.filter(
            order_line__order=order, replaced_by__isnull=True
        ).select_related("campaign", "named_by")
    }
    refund_lines = RefundLine.objects.select_related("consignment", "consignment_line__product")
    return StaffOrder(
        order=order,
        attempt=PaymentAttempt.objects.filter(order=order).first(),
        lines=[
            StaffLine(line, current.get(line.pk), by_line[line.pk])
            for line in order.lines.select_related("product__produce").order_by("pk")
        ],
        consignments=[
            StaffConsignment(consignment, by_consignment[consignment.pk])
            for consignment in Consignment.objects.filter(order=order)
            .select_related("partner")
            .prefetch_related("events__actor")
            .order_by("number")
        ],
        refunds=list(
            Refund.objects.filter(order=order)
            .select_related("decided_by")
            .prefetch_related(Prefetch("lines", refund_lines))
        ),
        messages=list(Message.objects.filter(order=order).order_by("pk")),
    )


def consignment_lines(order_id: int) -> list[ConsignmentLine]:
    """The consignment lines of an order, with cooperative and produce."""
    return list(
        ConsignmentLine.objects.filter(consignment__order_id=order_id)
        .select_related("consignment__partner", "product__produce")
        .order_by("consignment__number", "pk")
    )


REFUND_STATES = {
    "": [State.DECIDED, State.SENT, State.FAILED],
    "failed": [State.FAILED],
    "waiting": [State.DECIDED, State.SENT],
    "done": [State.DONE],
}


def refunds(state: str = "") -> QuerySet[Refund]:
    """Refunds by where they are: those that wait the longest first, the done ones last done first.

    `state` is a key of REFUND_STATES.
    """
    found = Refund.objects.filter(state__in=REFUND_STATES[state]).select_related(
        "order", "attempt", "decided_by", "paid_by"
    )
    return found.order_by("-done_at" if state == "done" else "created_at", "pk")


def refused_refunds() -> int:
    """How many refunds are owed that Stripe refused, or that only finance can pay."""
    return Refund.objects.filter(state=State.FAILED).count()


def recent_sharings(limit: int = 30) -> list[SharingOut]:
    """The latest sharings-out, each with what it credited to households, in fen."""
    sharings = list(
        SharingOut.objects.select_related(
            "sales_pool__pool__partner", "sales_pool__pool__produce"
        ).order_by("-pk")[:limit]
    )
    credited: dict[str, int] = defaultdict(int)
    legs = Posting.objects.filter(
        transaction__source_type="sharing_out",
        transaction__source_id__in=[str(sharing.pk) for sharing in sharings],
        account__kind__in=["pending", "available"],
    )
    for source_id, fen in legs.values_list("transaction__source_id", "amount_fen"):
        credited[source_id] -= fen
    for sharing in sharings:
        sharing.credited_fen = credited[str(sharing.pk)]  # type: ignore[attr-defined]
    return sharings


def pools_over() -> int:
    """How many sales pools a sharing-out would look at now."""
    return len(pools_to_share())
