"""Codes in the buyer's basket."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from storefront.accounts.limits import by_address, by_session, too_often, wait_page
from storefront.discounts import services
from storefront.shop.requests import ShopRequest

# A code has 79 bits; whoever tries more often than this is not a buyer. A campus shares addresses.
TRIES_PER_SESSION, TRIES_PER_ADDRESS = "10/m", "120/m"
LONGEST = 64


def _back(request: ShopRequest) -> HttpResponse:
    to_review = request.POST.get("back") == "review"
    return redirect("checkout:review" if to_review else "shop:basket")


@require_POST
def add(request: ShopRequest) -> HttpResponse:
    """Put a voucher's or gift voucher's code into the basket."""
    known = bool(request.session.session_key)
    if too_often(request, "discounts.code.address", by_address, TRIES_PER_ADDRESS) or (
        known and too_often(request, "discounts.code", by_session, TRIES_PER_SESSION)
    ):
        return wait_page(request)
    code = request.POST.get("code", "")[:LONGEST]
    try:
        name = services.add_code(request.basket, code)
    except services.CodeRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("%(name)s is in your basket.") % {"name": name})
    return _back(request)


@require_POST
def remove(request: ShopRequest) -> HttpResponse:
    """Take a code out of the basket."""
    ids = {
        field: int(value)
        for field in ("voucher_id", "gift_id")
        if (value := request.POST.get(field.removesuffix("_id"), "")).isdecimal()
        and len(value) < 10
    }
    if request.basket.pk is not None:
        try:
            services.remove_code(request.basket, **ids)
        except services.CodeRefused as refusal:
            messages.warning(request, str(refusal))
    return _back(request)
