"""The portal's door and the first page of a cooperative."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.clock import now
from cooperatives.portal import selectors
from cooperatives.portal.access import Desk, Right, desks_of, portal_page, to_login


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """To the person's only cooperative, or a list of them. Who has none finds nothing here."""
    if not request.user.is_authenticated:
        return to_login(request)
    desks = desks_of(request.user)
    if not desks:
        raise Http404
    if len(desks) == 1:
        return redirect("portal:home", coop=desks[0].partner.code)
    return render(request, "portal/choose.html", {"desks": desks})


@portal_page(Right.SEE_CONSIGNMENTS)
def home(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What is to do now, and today's figures."""
    work = selectors.work(desk.partner)
    context = {"desk": desk, "active": "home", "work": work, "now": now()}
    return render(request, "portal/home.html", context)
