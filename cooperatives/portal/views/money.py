"""Households and their credits; sales pools and the button that shares them out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.clock import today
from cooperatives.ledger.selectors import household_balances
from cooperatives.portal import money_selectors as money
from cooperatives.portal import stock_selectors as stock
from cooperatives.portal.access import Desk, Right, portal_page
from cooperatives.portal.selectors import PAGE, ROWS, page_of
from cooperatives.settlement.services import share_out_due


@portal_page(Right.SEE_MONEY)
def household_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The households: what they delivered, and what they are credited."""
    balances = household_balances(desk.partner.pk)
    page = page_of(money.households_of(desk.partner), request.GET.get("page"), ROWS)
    context = {
        "desk": desk,
        "active": "households",
        "page_of_rows": page,
        "rows": [(found, *balances.get(found.pk, (0, 0))) for found in page],
        "totals": money.totals(desk.partner, balances),
    }
    return render(request, "portal/households.html", context)


@portal_page(Right.SEE_MONEY)
def household(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One household: five figures, its sales pools, its lots."""
    found = money.household(desk.partner, pk)
    lots = stock.lots_of(desk.partner).filter(household=found)
    context = {
        "desk": desk,
        "active": "households",
        "household": found,
        "sheet": money.household_sheet(desk.partner, found),
        "page_of_rows": page_of(lots, request.GET.get("page"), ROWS),
    }
    return render(request, "portal/household.html", context)


@portal_page(Right.SEE_MONEY)
def sales_pool_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The sales pools, by period and produce, and the button that shares them out."""
    page = page_of(money.sales_pools_of(desk.partner), request.GET.get("page"), PAGE)
    figures = money.pool_figures(page.object_list)
    context = {
        "desk": desk,
        "active": "sales-pools",
        "page_of_rows": page,
        "rows": [(found, figures[found.pk]) for found in page],
        "today": today(),
    }
    return render(request, "portal/sales_pools.html", context)


@portal_page(Right.SEE_MONEY)
def sales_pool(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One sales pool: its figures, its households, its sharings-out."""
    found = money.sales_pool(desk.partner, pk)
    context = {
        "desk": desk,
        "active": "sales-pools",
        "sales_pool": found,
        "figures": money.pool_figures([found])[found.pk],
        "members": money.members_of(found),
        "sharings": money.sharings_of(found)[:ROWS],
        "today": today(),
    }
    return render(request, "portal/sales_pool.html", context)


@portal_page(Right.SHARE_OUT, methods=("POST",))
def share_out(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Share out now what the night would. A second tap finds nothing more to share."""
    shared = share_out_due(desk.partner.pk)
    if shared:
        text = ngettext(
            "%(number)s sales pool was shared out.",
            "%(number)s sales pools were shared out.",
            shared,
        )
        messages.success(request, text % {"number": shared})
    else:
        messages.info(
            request,
            _("Nothing to share: only periods that are over, with something new in them."),
        )
    return redirect("portal:sales-pools", coop=desk.partner.code)
