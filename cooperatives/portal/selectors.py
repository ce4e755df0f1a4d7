"""What the portal reads of consignments. Everything starts from the person's cooperatives."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.http import Http404

from catalog.clock import now, start_of, today
from cooperatives.households.models import Lot
from cooperatives.partner.models import Partner
from cooperatives.routing.models import Consignment, ConsignmentLine

State = Consignment.State
PAGE = 24
ROWS = 50
FIRST = 8


def cooperatives_of(user: Any) -> QuerySet[Partner]:
    """The cooperatives that a person works for, with `roles`, by code. One query.

    This is where every query of the portal starts.
    """
    return (
        Partner.objects.filter(memberships__user=user)
        .annotate(roles=ArrayAgg("memberships__role"))
        .order_by("code")
    )


def page_of(rows: QuerySet, number: str | None, per_page: int = PAGE) -> Page:
    """One page of a list; the nearest one when the number is none or wrong."""
    return Paginator(rows, per_page).get_page(number)


def _lines() -> Prefetch:
    lines = ConsignmentLine.objects.select_related("product__produce", "pool__produce")
    return Prefetch("lines", queryset=lines)


def consignments_of(partner: Partner) -> QuerySet[Consignment]:
    """A cooperative's consignments with what a card of them shows. Three queries, any number."""
    return (
        Consignment.objects.filter(partner=partner)
        .select_related("order__shipping_address")
        .prefetch_related(_lines())
    )


def consignment_list(partner: Partner, state: str, words: str) -> QuerySet[Consignment]:
    """The consignments of a state (all of them for ""), found by number, waybill or recipient.

    To pack: what must leave first comes first. All else: the newest first.
    """
    rows = consignments_of(partner)
    if state:
        rows = rows.filter(state=state)
    if words:
        rows = rows.filter(
            Q(number__icontains=words)
            | Q(waybill__icontains=words)
            | Q(order__shipping_address__first_name__icontains=words)
        )
    if state in (State.PAID, State.PACKED):
        return rows.order_by("ship_by", "pk")
    return rows.order_by("-paid_at", "-pk")


def counts_by_state(partner: Partner) -> dict[str, int]:
    """How many consignments a cooperative has in each state. One query."""
    rows = Consignment.objects.filter(partner=partner).order_by().values("state")
    found = dict(rows.annotate(number=Count("pk")).values_list("state", "number"))
    return {state: found.get(state, 0) for state in State.values}


def consignment(partner: Partner, number: str) -> Consignment:
    """One consignment of the cooperative with its lines, address and events; else Http404."""
    try:
        return consignments_of(partner).prefetch_related("events__actor").get(number=number)
    except Consignment.DoesNotExist:
        raise Http404 from None


def can_undo(consignment: Consignment) -> bool:
    """Whether its last step can still be taken back: until its credits are released."""
    return consignment.state in (State.PACKED, State.SHIPPED, State.DELIVERED) and not any(
        line.released_at for line in consignment.lines.all()
    )


def next_to_pack(partner: Partner, after: Consignment) -> Consignment | None:
    """The consignment that must leave next, apart from this one."""
    return (
        Consignment.objects.filter(partner=partner, state=State.PAID)
        .exclude(pk=after.pk)
        .order_by("ship_by", "pk")
        .first()
    )


def last_carrier(partner: Partner) -> str:
    """The carrier that the cooperative used last: the likely one for the next parcel."""
    sent = Consignment.objects.filter(partner=partner, shipped_at__isnull=False)
    return sent.order_by("-shipped_at").values_list("carrier", flat=True).first() or ""


@dataclass(frozen=True)
class Work:
    """What is to do now, and today's figures. Grams; counts of consignments."""

    counts: dict[str, int]
    overdue: int
    to_pack: list[Consignment]
    to_ship: list[Consignment]
    paid_today: int
    packed_today: int
    shipped_today: int
    grams_packed_today: int
    grams_delivered_today: int


def work(partner: Partner) -> Work:
    """What the portal's first page shows. Eight queries, whatever there is to do."""
    since = start_of(today())
    mine = Consignment.objects.filter(partner=partner)
    figures = mine.aggregate(
        overdue=Count("pk", filter=Q(state__in=[State.PAID, State.PACKED], ship_by__lt=now())),
        paid=Count("pk", filter=Q(paid_at__gte=since)),
        packed=Count("pk", filter=Q(packed_at__gte=since)),
        shipped=Count("pk", filter=Q(shipped_at__gte=since)),
    )
    packed = ConsignmentLine.objects.filter(
        consignment__partner=partner, consignment__packed_at__gte=since
    ).aggregate(grams=Sum("packed_grams"))
    delivered = Lot.objects.filter(household__partner=partner, delivered_on=today()).aggregate(
        grams=Sum("grams")
    )
    return Work(
        counts=counts_by_state(partner),
        overdue=figures["overdue"],
        to_pack=list(consignment_list(partner, State.PAID, "")[:FIRST]),
        to_ship=list(consignment_list(partner, State.PACKED, "")[:FIRST]),
        paid_today=figures["paid"],
        packed_today=figures["packed"],
        shipped_today=figures["shipped"],
        grams_packed_today=packed["grams"] or 0,
        grams_delivered_today=delivered["grams"] or 0,
    )
