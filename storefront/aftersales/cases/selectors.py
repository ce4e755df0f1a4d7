"""What the pages of cases show, to the buyer, the cooperative and the programme's staff."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import F, Prefetch, Q, QuerySet
from django.http import Http404

from catalog.clock import now
from cooperatives.partner.models import Partner
from cooperatives.routing.models import ConsignmentLine
from storefront.aftersales.cases import rules
from storefront.aftersales.cases.models import Case, CaseEntry, CasePicture
from storefront.aftersales.cases.services import can_escalate
from storefront.order.models import Order

CHANGE = "cases.change_case"


@dataclass(frozen=True)
class ShownEntry:
    """An entry of a thread with the addresses of its pictures, for one kind of reader."""

    entry: CaseEntry
    pictures: list[tuple[str, CasePicture]]


@dataclass(frozen=True)
class ShownCase:
    """A case with its thread."""

    case: Case
    entries: list[ShownEntry]

    @property
    def can_escalate(self) -> bool:
        return can_escalate(self.case)

    @property
    def refunds(self) -> list[Any]:
        return [one.entry.refund for one in self.entries if one.entry.refund]

    @property
    def back_fen(self) -> int:
        """What the buyer has of its refunds."""
        return sum(refund.back_fen for refund in self.refunds)


@dataclass(frozen=True)
class LineCases:
    """What a buyer sees beside a line: its cases, and whether one can be opened."""

    cases: list[ShownCase]
    can_open: bool
    claim_ends: datetime | None


def with_threads(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with entries and pictures: two queries more, however many."""
    entries = CaseEntry.objects.select_related("author", "refund").prefetch_related("pictures")
    return cases.prefetch_related(Prefetch("entries", entries))


def shown(case: Case, address_of: Callable[[CasePicture], str]) -> ShownCase:
    """A case of with_threads() with its pictures' addresses."""
    return ShownCase(
        case,
        [
            ShownEntry(entry, [(address_of(one), one) for one in entry.pictures.all()])
            for entry in case.entries.all()
        ],
    )


def of_order(
    order: Order, lines: Iterable[ConsignmentLine], address_of: Callable[[CasePicture], str]
) -> dict[int, LineCases]:
    """{line: its cases} for the buyer. `lines` have consignment and produce. Three queries.

    A dispute is between the buyer's bank and us: its thread is not shown.
    """
    by_line: dict[int | None, list[ShownCase]] = defaultdict(list)
    for case in with_threads(Case.objects.filter(order=order, line__isnull=False)):
        by_line[case.line_id].append(shown(case, address_of))
    return {
        line.pk: LineCases(
            by_line[line.pk],
            bool(rules.kinds_for(line)) and not any(one.case.is_open for one in by_line[line.pk]),
            rules.claim_ends(line),
        )
        for line in lines
    }


def back_fen(case: Case) -> int:
    """What the buyer has of a case's refunds: what others had paid of the goods is theirs."""
    entries = case.entries.filter(refund__isnull=False).select_related("refund")
    return sum(entry.refund.back_fen for entry in entries if entry.refund)


def buyers_case(number: str, case_id: int) -> Case:
    """A case of an order's, as its buyer may touch it. Raises Http404."""
    case = Case.objects.filter(pk=case_id, order__number=number, line__isnull=False).first()
    if case is None:
        raise Http404("No such case")
    return case


def line_of(number: str, line_id: int) -> ConsignmentLine:
    """A line of an order's. Raises Http404."""
    lines = ConsignmentLine.objects.select_related("consignment", "product__produce")
    line = lines.filter(pk=line_id, consignment__order__number=number).first()
    if line is None:
        raise Http404("No such line")
    return line


def picture(pictures: QuerySet[CasePicture], picture_id: int) -> CasePicture:
    """A picture among those that the reader may see. Raises Http404."""
    found = pictures.filter(pk=picture_id).first()
    if found is None:
        raise Http404("No such picture")
    return found


def of_cooperative(partner: Partner) -> QuerySet[Case]:
    """The cases on a cooperative's consignments, with what a row shows."""
    return Case.objects.filter(line__consignment__partner=partner).select_related(
        "line__consignment__order__shipping_address", "line__product__produce", "order"
    )


def list_of_cooperative(partner: Partner, only_open: bool) -> QuerySet[Case]:
    """What is due first comes first; of all, the newest."""
    rows = of_cooperative(partner)
    if only_open:
        return rows.filter(state__in=Case.OPEN_STATES).order_by("due_at", "pk")
    return rows.order_by("-created_at", "-pk")


def case_of_cooperative(partner: Partner, case_id: int) -> Case:
    """A case on one of the cooperative's consignments, with its thread. Raises Http404."""
    case = with_threads(of_cooperative(partner)).filter(pk=case_id).first()
    if case is None:
        raise Http404("No such case")
    return case


def _for_staff() -> QuerySet[Case]:
    return Case.objects.select_related(
        "order", "line__consignment__partner", "line__product__produce", "assigned", "dispute"
    )


def list_for_staff(q: str = "", show: str = "", kind: str = "", owner: str = "") -> QuerySet[Case]:
    """Cases by due time, what is overdue first; what is closed comes last, newest first."""
    rows = _for_staff()
    if q:
        rows = rows.filter(Q(order__number__startswith=q.strip()) | Q(dispute__id=q.strip()))
    if show in Case.State.values and show != Case.State.OPEN:
        rows = rows.filter(state=show)
    elif show != "all":
        rows = rows.filter(state__in=Case.OPEN_STATES)
    if kind:
        rows = rows.filter(kind=kind)
    if owner:
        rows = rows.filter(owner=owner)
    return rows.order_by(F("closed_at").desc(nulls_first=True), "due_at", "pk")


def case_for_staff(case_id: int) -> Case:
    """Any case with its thread. Raises Http404."""
    rows = with_threads(_for_staff().select_related("dispute__attempt", "dispute__refund"))
    case = rows.filter(pk=case_id).first()
    if case is None:
        raise Http404("No such case")
    return case


def counts_for_staff() -> dict[str, int]:
    """How many cases are open, and overdue. Two queries."""
    rows = Case.objects.filter(state__in=Case.OPEN_STATES)
    overdue = rows.filter(due_at__lt=now(), state=Case.State.OPEN)
    return {"open": rows.count(), "overdue": overdue.count()}


def people() -> QuerySet:
    """Who can look after a case among the programme's staff."""
    permission = Permission.objects.filter(
        content_type__app_label="cases", codename="change_case"
    ).values("pk")
    able = Q(is_superuser=True) | Q(groups__permissions__in=permission)
    able |= Q(user_permissions__in=permission)
    return get_user_model().objects.filter(able, is_active=True).order_by("email", "pk").distinct()
