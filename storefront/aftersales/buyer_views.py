"""What buyers do with an order of theirs until it is packed: cancel it, send it elsewhere."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.numbers import to_yuan
from storefront.accounts.limits import by_address, by_value, too_often, wait_page
from storefront.aftersales import addresses, cancelling
from storefront.aftersales.buyer_forms import AddressForm, CancelForm
from storefront.aftersales.services import CannotRefund
from storefront.order.models import Order
from storefront.shop import order_selectors as selectors

CHANGES_PER_ORDER = "20/10m"
CHANGES_PER_ADDRESS = "60/10m"


def _order(request: HttpRequest, number: str) -> Order:
    """The order, if it is this buyer's to change. Raises Http404: nobody learns that it exists."""
    if not selectors.is_buyers(request, number):
        raise Http404("No such order")
    return Order.objects.select_related("shipping_address").get(number=number)


def _slow_down(request: HttpRequest, number: str) -> bool:
    return request.method == "POST" and (
        too_often(request, "orders.change", by_address, CHANGES_PER_ADDRESS)
        or too_often(request, "orders.change.number", by_value(number), CHANGES_PER_ORDER)
    )


def _back(request: HttpRequest, number: str) -> str:
    """The order's page, by the link's key where the buyer came by it."""
    key = selectors.given_key(request)
    return reverse("orders:order", args=[number]) + (f"?{urlencode({'key': key})}" if key else "")


def _actor(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None


def _page(
    request: HttpRequest, template: str, order: Order, status: int, **context: Any
) -> HttpResponse:
    context |= {
        "order": order,
        "key": selectors.given_key(request),
        "back": _back(request, order.number),
    }
    return render(request, template, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Choose packs, see what comes back, confirm. The form's uuid makes it one cancellation."""
    order = _order(request, number)
    if _slow_down(request, number):
        return wait_page(request)
    lines = cancelling.cancellable(order.pk)
    form = CancelForm(request.POST or None, lines=lines, initial={"uuid": uuid.uuid4()})
    expected = request.POST.get("expected", "")
    if request.method == "POST" and expected.isdecimal() and len(expected) < 16:
        return _cancel(request, order, int(expected))
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return _page(request, "orders/cancel.html", order, status, form=form)
    try:
        seen = cancelling.preview(order.pk, form.packs)
    except CannotRefund as refusal:
        form.add_error(None, str(refusal))
        return _page(request, "orders/cancel.html", order, 422, form=form)
    packs = sorted(form.packs.items())
    name = form.cleaned_data["uuid"]
    return _page(
        request, "orders/cancel_confirm.html", order, 200, seen=seen, packs=packs, uuid=name
    )


def _cancel(request: HttpRequest, order: Order, expected_fen: int) -> HttpResponse:
    """Do what was confirmed. What it is, is read without the lines that are left by now."""
    try:
        name = uuid.UUID(request.POST.get("uuid", ""))
        packs = {
            int(field.removeprefix("line_")): int(request.POST.get(field, ""))
            for field in request.POST
            if field.startswith("line_")
        }
    except ValueError:
        raise Http404("Not one of our forms") from None
    try:
        refund = cancelling.cancel(
            order.pk, packs, expected_fen=expected_fen, uuid=name, actor=_actor(request)
        )
    except CannotRefund as refusal:
        form = CancelForm(lines=cancelling.cancellable(order.pk), initial={"uuid": uuid.uuid4()})
        context = {"form": form, "refusal": str(refusal)}
        return _page(request, "orders/cancel.html", order, 422, **context)
    back = to_yuan(refund.back_fen)
    messages.success(request, _("It is cancelled: ¥%(amount)s comes back.") % {"amount": back})
    return redirect(_back(request, order.number))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def address(request: HttpRequest, number: str) -> HttpResponse:
    """Send the order elsewhere."""
    order = _order(request, number)
    if _slow_down(request, number):
        return wait_page(request)
    given = {**addresses.address_of(order), "uuid": uuid.uuid4()}
    form = AddressForm(request.POST or None, initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            changed = addresses.change_address(
                order.pk, form.address, uuid=form.cleaned_data["uuid"], actor=_actor(request)
            )
        except addresses.CannotChange as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("It goes to the new address."))
            if changed and changed.refund:
                amount = to_yuan(changed.refund.back_fen)
                messages.success(
                    request, _("The freight is less: ¥%(amount)s comes back.") % {"amount": amount}
                )
            return redirect(_back(request, number))
    return _page(request, "orders/address.html", order, 422 if form.errors else 200, form=form)
