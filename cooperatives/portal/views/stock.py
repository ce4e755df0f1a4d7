"""Stock pools, lots and harvest promises."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from catalog.clock import today
from cooperatives.households.services import NewPromise, make_promises
from cooperatives.portal import services
from cooperatives.portal import stock_selectors as stock
from cooperatives.portal.access import Desk, Right, portal_page
from cooperatives.portal.forms import LotFilter, LotForm, PromiseForm, WriteOffForm
from cooperatives.portal.selectors import ROWS, page_of
from cooperatives.portal.templatetags.portal import both_weights
from cooperatives.settlement.periods import NoCreditRule


@portal_page(Right.SEE_STOCK)
def pool_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is on hand, promised, sold and free, for each produce."""
    page = page_of(stock.pools_of(desk.partner), request.GET.get("page"), ROWS)
    short = stock.short_grams(list(page))
    context = {
        "desk": desk,
        "active": "pools",
        "page_of_rows": page,
        "rows": [(found, short.get(found.pk, 0)) for found in page],
    }
    return render(request, "portal/pools.html", context)


@portal_page(Right.SEE_STOCK)
def pool(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One produce: its figures, what waits for lots, and the journal."""
    found = stock.pool(desk.partner, pk)
    context = {
        "desk": desk,
        "active": "pools",
        "pool": found,
        "short_lines": stock.short_lines(found),
        "page_of_rows": page_of(stock.moves_of(found), request.GET.get("page"), ROWS),
    }
    return render(request, "portal/pool.html", context)


@portal_page(Right.SEE_STOCK)
def lot_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The lots, by household and produce."""
    form = LotFilter(request.GET, partner=desk.partner)
    household, produce = form.chosen()
    rows = stock.lots_of(desk.partner, household, produce)
    context = {
        "desk": desk,
        "active": "lots",
        "filter": form,
        "page_of_rows": page_of(rows, request.GET.get("page"), ROWS),
    }
    return render(request, "portal/lots.html", context)


@portal_page(Right.CHANGE_STOCK, methods=("GET", "POST"))
def lot_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Enter one delivered lot; the next form keeps produce, grade and day."""
    if request.method == "POST":
        form = LotForm(request.POST, partner=desk.partner)
        if form.is_valid() and (saved := _enter(request, desk, form)):
            return saved
    else:
        form = LotForm(partner=desk.partner, initial=_kept(request))
    context = {
        "desk": desk,
        "active": "lots",
        "form": form,
        "codes": stock.household_codes(desk.partner),
    }
    return render(request, "portal/lot_new.html", context)


def _kept(request: HttpRequest) -> dict[str, Any]:
    kept = {name: request.GET[name] for name in ("produce", "grade") if name in request.GET}
    try:
        day = parse_date(request.GET.get("day", "")) or today()
    except ValueError:
        day = today()
    return {**kept, "delivered_on": day, "token": services.lot_token()}


def _enter(request: HttpRequest, desk: Desk, form: LotForm) -> HttpResponse | None:
    data = form.cleaned_data
    try:
        lot, new = services.enter_lot(desk.partner, **data)
    except NoCreditRule:
        form.add_error(
            "delivered_on",
            _("The cooperative has no credit rule for this produce on this day."),
        )
        return None
    except ValueError as error:
        form.add_error("code", str(error))
        # The next try makes another code, unless one is typed.
        form.data = {**request.POST.dict(), "token": services.lot_token()}
        return None
    if new:
        text = _("Entered: %(lot)s, %(household)s, %(weight)s.")
    else:
        text = _("Entered already: %(lot)s, %(household)s, %(weight)s.")
    messages.success(
        request,
        text
        % {
            "lot": lot.code,
            "household": data["household"].code,
            "weight": both_weights(lot.grams),
        },
    )
    response = redirect("portal:lot-new", coop=desk.partner.code)
    response["Location"] += (
        f"?produce={data['produce'].pk}&grade={data['grade']}&day={data['delivered_on']}"
    )
    return response


@portal_page(Right.SEE_STOCK)
def lot(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """One lot, and the form to write grams of it off."""
    return _lot_page(request, desk, pk)


@portal_page(Right.CHANGE_STOCK, methods=("POST",))
def lot_write_off(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Write grams of a lot off, with a reason."""
    found = stock.lot(desk.partner, pk)
    form = WriteOffForm(request.POST)
    if not form.is_valid():
        return _lot_page(request, desk, pk, form)
    data = form.cleaned_data
    try:
        services.write_off_seen(found, data["grams"], data["left"], data["reason"], request.user)
    except (services.Changed, ValueError) as error:
        messages.error(request, str(error))
        form.data = {**request.POST.dict(), "left": str(stock.lot(desk.partner, pk).left)}
        return _lot_page(request, desk, pk, form)
    messages.success(
        request, _("Written off: %(weight)s.") % {"weight": both_weights(data["grams"])}
    )
    return redirect("portal:lot", coop=desk.partner.code, pk=pk)


def _lot_page(
    request: HttpRequest, desk: Desk, pk: int, form: WriteOffForm | None = None
) -> HttpResponse:
    found = stock.lot(desk.partner, pk)
    if Right.CHANGE_STOCK in desk.rights and form is None and found.left > 0:
        form = WriteOffForm(initial={"left": found.left})
    context = {
        "desk": desk,
        "active": "lots",
        "lot": found,
        "write_offs": found.write_offs.all(),
        "form": form,
    }
    return render(request, "portal/lot.html", context)


@portal_page(Right.SEE_STOCK)
def promise_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The harvest promises: grams left, and which lapsed."""
    rows = stock.promises_of(desk.partner)
    context = {
        "desk": desk,
        "active": "promises",
        "page_of_rows": page_of(rows, request.GET.get("page"), ROWS),
    }
    return render(request, "portal/promises.html", context)


@portal_page(Right.CHANGE_STOCK, methods=("GET", "POST"))
def promise_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Enter a harvest promise."""
    if request.method == "POST":
        form = PromiseForm(request.POST, partner=desk.partner)
        if form.is_valid() and _promise(desk, form):
            messages.success(request, _("The promise is entered."))
            return redirect("portal:promises", coop=desk.partner.code)
    else:
        form = PromiseForm(partner=desk.partner, initial={"from_day": today(), "to_day": today()})
    context = {
        "desk": desk,
        "active": "promises",
        "form": form,
        "codes": stock.household_codes(desk.partner),
    }
    return render(request, "portal/promise_new.html", context)


def _promise(desk: Desk, form: PromiseForm) -> bool:
    data = form.cleaned_data
    new = NewPromise(
        data["household"].pk,
        data["produce"].pk,
        desk.partner.pk,
        data["from_day"],
        data["to_day"],
        data["grams"],
        data["grams_per_day"],
    )
    try:
        make_promises([new])
    except IntegrityError:
        form.add_error(None, _("This household has promised this produce for these days already."))
    except ValueError as error:
        form.add_error(None, str(error))
    else:
        return True
    return False
