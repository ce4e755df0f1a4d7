"""A buyer's orders."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from storefront.accounts.limits import by_address, by_value, too_often, wait_page
from storefront.payments.receiving import waiting_transfers
from storefront.shop import order_selectors as selectors

PER_PAGE = 20
# A dormitory behind one address may look for its parcels; nobody needs one number so often.
TRIES_PER_ADDRESS = "60/10m"
TRIES_PER_NUMBER = "10/10m"


class FindForm(forms.Form):
    """An order's number, and the phone or e-mail given with it."""

    number = forms.CharField(
        label=_("Order number"), max_length=40, widget=forms.TextInput({"inputmode": "numeric"})
    )
    contact = forms.CharField(label=_("Phone or e-mail of the order"), max_length=254)


@require_safe
@never_cache
def order(request: HttpRequest, number: str) -> HttpResponse:
    """An order: one's own, one that this session placed or found, or by the link of a mail."""
    if not selectors.may_see(request, number):
        raise Http404("No such order")
    shown = selectors.order_page(number, selectors.key_query(request, number))
    context = {
        "shown": shown,
        "key": selectors.given_key(request),
        "only_found": not selectors.is_buyers(request, number),
    }
    return render(request, "orders/order.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Find an order by number and contact. Unknown and not fitting are the same answer."""
    form = FindForm(request.POST or None)
    if request.method == "POST":
        by_number = by_value(request.POST.get("number", ""))
        if too_often(request, "orders.find", by_address, TRIES_PER_ADDRESS) or too_often(
            request, "orders.find.number", by_number, TRIES_PER_NUMBER
        ):
            return wait_page(request)
        if form.is_valid():
            found = selectors.find_order(**form.cleaned_data)
            if found is not None:
                selectors.remember_found(request, found.number)
                return redirect("orders:order", number=found.number)
            form.add_error(None, _("We found no order with this number and contact."))
    return render(request, "orders/find.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@login_required
@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """The member's orders."""
    shown = Paginator(selectors.orders_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    transfers = waiting_transfers(request.user)
    return render(request, "orders/own.html", {"shown": shown, "transfers": transfers})
