"""The catalogue and the basket."""

from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from storefront.discounts.offers import buyer_keys
from storefront.discounts.selectors import codes_of
from storefront.payments.quote import CannotQuote, quote_goods
from storefront.shop import selectors, services
from storefront.shop.forms import AddForm, QuantityForm
from storefront.shop.requests import ShopRequest


@require_safe
@never_cache
def basket(request: ShopRequest) -> HttpResponse:
    """The basket; while a payment for it is under way, the way back to that payment."""
    attempt = selectors.open_attempt(request.basket)
    buyer = buyer_keys(request.user, "", "")
    shown = selectors.basket_view(request.basket, buyer)
    priced = None
    if shown.lines and attempt is None:
        # What can't be had is said at its line; the review has the last word.
        with suppress(CannotQuote):
            priced = quote_goods(request.basket, buyer)
    return render(
        request,
        "shop/basket.html",
        {
            "shown": shown,
            "attempt": attempt,
            "priced": priced,
            "codes": [] if attempt else codes_of(request.basket, priced),
        },
    )


@require_POST
def add(request: ShopRequest) -> HttpResponse:
    """Put packs into the basket and show it; `then=checkout` goes on to the checkout instead.

    htmx gets a notice and the new count, and the buyer stays where they are.
    """
    if request.htmx:
        return _added_in_place(request)
    form = AddForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please choose a pack and a quantity from 1 to 999."))
        product = form.cleaned_data.get("pack")
        return redirect(product.get_absolute_url() if product else "shop:produce-list")
    product = form.cleaned_data["pack"]
    try:
        services.add_to_basket(request.basket, product, form.cleaned_data["quantity"])
    except services.BasketLocked as refusal:
        messages.warning(request, refusal.message)
        return redirect("shop:basket")
    except services.BasketRefusal as refusal:
        messages.warning(request, refusal.message)
        return redirect(product.get_absolute_url())
    if request.POST.get("then") == "checkout":
        return redirect("checkout:start")
    messages.success(request, _("%(name)s is in your basket.") % {"name": product.display_name})
    return redirect("shop:basket")


def _added_in_place(request: ShopRequest) -> HttpResponse:
    form, kind = AddForm(request.POST), "warning"
    if form.is_valid():
        product = form.cleaned_data["pack"]
        try:
            services.add_to_basket(request.basket, product, form.cleaned_data["quantity"])
        except services.BasketRefusal as refusal:
            text = refusal.message
        else:
            kind = "success"
            text = _("%(name)s is in your basket.") % {"name": product.display_name}
    else:
        text = _("Please choose a pack and a quantity from 1 to 999.")
    return render(request, "listing/_added.html", {"kind": kind, "text": text})


@require_POST
def change_line(request: ShopRequest, line_id: int) -> HttpResponse:
    """Change a line's quantity, or take it out."""
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please give a quantity from 0 to 999."))
    elif request.basket.pk is not None:
        try:
            services.set_quantity(request.basket, line_id, form.cleaned_data["quantity"])
        except services.BasketRefusal as refusal:
            messages.warning(request, refusal.message)
    return redirect("shop:basket")
