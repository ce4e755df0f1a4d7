"""Buying an earlier order's packs again."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from storefront.accounts.limits import by_session, too_often, wait_page
from storefront.order.models import Order
from storefront.shop.buying_again import Again, buy_again
from storefront.shop.order_selectors import may_see
from storefront.shop.requests import ShopRequest
from storefront.shop.services import BasketLocked
from storefront.shop.templatetags.shop import fen

PER_SESSION = "30/m"


@require_POST
def again(request: ShopRequest, number: str) -> HttpResponse:
    """Put what can still be had of an order into the basket; say what could not."""
    if not may_see(request, number):
        raise Http404("No such order")
    if too_often(request, "orders.again", by_session, PER_SESSION):
        return wait_page(request)
    try:
        rows = buy_again(request.basket, get_object_or_404(Order, number=number))
    except BasketLocked as refusal:
        messages.warning(request, refusal.message)
    else:
        _tell(request, rows)
    return redirect("shop:basket")


def _tell(request: ShopRequest, rows: list[Again]) -> None:
    """What went into the basket, then pack by pack what did not, and what costs otherwise now."""
    packs = sum(row.packs for row in rows)
    if packs:
        messages.success(
            request,
            ngettext(
                "%(count)d pack of this order is in your basket.",
                "%(count)d packs of this order are in your basket.",
                packs,
            )
            % {"count": packs},
        )
    for row in rows:
        told = {"name": row.name, "packs": row.packs, "wanted": row.wanted}
        if row.lacking and row.packs:
            messages.warning(
                request,
                _("%(name)s: only %(packs)d of %(wanted)d packs could be put in.") % told,
            )
        elif row.lacking:
            messages.warning(request, _("%(name)s: none can be had now.") % told)
        if row.costs_otherwise:
            messages.info(
                request,
                _("%(name)s costs %(now)s now; it was %(then)s.")
                % {**told, "now": fen(row.now_fen), "then": fen(row.then_fen)},
            )
