"""Consignments: packs, ships, delivers; and takes a wrong tap back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from catalog.clock import now
from cooperatives import ports
from cooperatives.portal import selectors, services
from cooperatives.portal.access import Desk, Right, portal_page
from cooperatives.portal.forms import PackForm, ShipForm, UndoForm
from cooperatives.routing import services as routing
from cooperatives.routing.models import Consignment

State = Consignment.State
TABS = (State.PAID, State.PACKED, State.SHIPPED, State.DELIVERED, State.CANCELLED)


@portal_page(Right.SEE_CONSIGNMENTS)
def consignment_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The consignments by state, 24 a page."""
    counts = selectors.counts_by_state(desk.partner)
    state = request.GET.get("state", State.PAID)
    if state not in State.values:
        state = ""
    words = request.GET.get("q", "").strip()[:64]
    rows = selectors.consignment_list(desk.partner, state, words)
    context = {
        "desk": desk,
        "active": "consignments",
        "tabs": [(tab.value, tab.label, counts[tab]) for tab in TABS],
        "all": sum(counts.values()),
        "state": state,
        "words": words,
        "page_of_rows": selectors.page_of(rows, request.GET.get("page")),
        "now": now(),
    }
    return render(request, "portal/consignments.html", context)


@portal_page(Right.SEE_CONSIGNMENTS)
def consignment(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """One consignment, and the one step that comes next."""
    return _page(request, desk, selectors.consignment(desk.partner, number))


@portal_page(Right.SEE_ADDRESSES)
def packing_list(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """What goes into the parcel, to print."""
    context = {"desk": desk, "consignment": selectors.consignment(desk.partner, number)}
    return render(request, "portal/packing_list.html", context)


@portal_page(Right.PACK, methods=("POST",))
def pack(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Packed, with the grams of each line."""
    found = selectors.consignment(desk.partner, number)
    if found.state == State.PACKED:
        return _done_already(request, desk, number)
    form = PackForm(request.POST, lines=found.lines.all())
    if not form.is_valid():
        return _page(request, desk, found, pack_form=form)
    return _step(
        request,
        desk,
        found,
        lambda: routing.pack(found.pk, form.packed(), request.user),
        reached=State.PACKED,
        said=_("Packed."),
        pack_form=form,
    )


@portal_page(Right.PACK, methods=("POST",))
def ship(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Handed to the carrier."""
    found = selectors.consignment(desk.partner, number)
    if found.state == State.SHIPPED:
        return _done_already(request, desk, number)
    form = ShipForm(request.POST)
    if not form.is_valid():
        return _page(request, desk, found, ship_form=form)
    carrier, waybill = form.cleaned_data["carrier"], form.cleaned_data["waybill"]
    return _step(
        request,
        desk,
        found,
        lambda: routing.ship(found.pk, carrier, waybill, request.user),
        reached=State.SHIPPED,
        said=_("On its way: %(carrier)s %(waybill)s.") % {"carrier": carrier, "waybill": waybill},
        ship_form=form,
    )


@portal_page(Right.PACK, methods=("POST",))
def deliver(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Arrived at the buyer's."""
    found = selectors.consignment(desk.partner, number)
    if found.state == State.DELIVERED:
        return _done_already(request, desk, number)
    return _step(
        request,
        desk,
        found,
        lambda: routing.deliver(found.pk, request.user),
        reached=State.DELIVERED,
        said=_("Delivered."),
    )


@portal_page(Right.PACK, methods=("POST",))
def undo(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Take the last step back, if it is still the one that the page showed."""
    found = selectors.consignment(desk.partner, number)
    form = UndoForm(request.POST)
    seen = form.cleaned_data["state"] if form.is_valid() else ""
    try:
        services.undo_seen(found.pk, seen, request.user)
    except (services.Changed, routing.WrongState) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Undone."))
    return _back(desk, number)


def _back(desk: Desk, number: str) -> HttpResponse:
    return redirect("portal:consignment", coop=desk.partner.code, number=number)


def _done_already(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    messages.info(request, _("That was done already: nothing changed."))
    return _back(desk, number)


def _step(
    request: HttpRequest,
    desk: Desk,
    found: Consignment,
    act: Callable[[], Any],
    *,
    reached: str,
    said: str,
    **forms: Any,
) -> HttpResponse:
    """Do a step and come back. Refused: say why, and keep what was typed."""
    try:
        act()
    except (routing.WrongState, ValueError) as error:
        fresh = selectors.consignment(desk.partner, found.number)
        if fresh.state == reached:
            return _done_already(request, desk, found.number)
        messages.error(request, str(error))
        return _page(request, desk, fresh, **forms)
    messages.success(request, said)
    return _back(desk, found.number)


def _page(
    request: HttpRequest,
    desk: Desk,
    found: Consignment,
    pack_form: PackForm | None = None,
    ship_form: ShipForm | None = None,
) -> HttpResponse:
    may_pack = Right.PACK in desk.rights
    if may_pack and found.state == State.PAID and pack_form is None:
        pack_form = PackForm(lines=found.lines.all())
    if may_pack and found.state == State.PACKED and ship_form is None:
        carrier = selectors.last_carrier(desk.partner)
        ship_form = ShipForm(initial={"carrier": carrier})
    may_tell = Right.SEE_ADDRESSES in desk.rights
    context = {
        "desk": desk,
        "active": "consignments",
        "consignment": found,
        "chat_text": ports.messages().chat_text(found.pk, found.state) if may_tell else "",
        "pack_form": pack_form if found.state == State.PAID else None,
        "ship_form": ship_form if found.state == State.PACKED else None,
        "can_undo": may_pack and selectors.can_undo(found),
        "next": selectors.next_to_pack(desk.partner, found) if may_pack else None,
        "now": now(),
    }
    return render(request, "portal/consignment.html", context)
