"""What a viewer of a live room buys, and the coupon handed out there."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from livestream.room.selectors import room_state
from livestream.sessions.models import LiveSession, ShelfItem, State
from storefront.discounts.offers import buyer_keys
from storefront.discounts.services import CodeRefused, add_code
from storefront.shop.forms import QuantityForm
from storefront.shop.requests import ShopRequest
from storefront.shop.room_buying import buy_in_room
from storefront.shop.selectors import basket_count
from storefront.shop.services import BasketRefusal


@require_POST
def buy(request: ShopRequest, session_id: int, item_id: int) -> HttpResponse:
    """Put `quantity` packs (1 unless said) of a shelf's item into the basket.

    A form goes back to the room, or on to the checkout with `then=checkout`; a script that accepts
    JSON is answered {"ok", "message", "packs"}, 409 where nothing was put in; htmx gets a notice.
    """
    item = get_object_or_404(
        ShelfItem.objects.select_related("session", "pack__produce").exclude(
            session__state=State.DRAFT
        ),
        session=session_id,
        pk=item_id,
    )
    form = QuantityForm({"quantity": request.POST.get("quantity", "1")})
    ok, text = False, _("Please choose a quantity from 1 to 999.")
    if form.is_valid() and form.cleaned_data["quantity"]:
        try:
            buy_in_room(
                request.basket,
                item,
                form.cleaned_data["quantity"],
                buyer_keys(request.user, "", ""),
            )
        except BasketRefusal as refusal:
            text = str(refusal.message)
        else:
            ok = True
            text = _("%(name)s is in your basket.") % {"name": item.pack.display_name}
    return _answer(request, session_id, ok, text, item_id)


@require_POST
def claim(request: ShopRequest, session_id: int) -> HttpResponse:
    """Put the coupon that the room hands out now into the basket; answers as `buy` does."""
    session = get_object_or_404(LiveSession.objects.exclude(state=State.DRAFT), pk=session_id)
    coupon, ok = room_state(session.pk).coupon, False
    text = _("It is not handed out any more.")
    if coupon is not None:
        if request.basket.pk is None:
            request.basket.save()
        try:
            name = add_code(request.basket, coupon["code"])
        except CodeRefused as refusal:
            text = str(refusal)
        else:
            ok, text = True, _("%(name)s is in your basket.") % {"name": name}
    return _answer(request, session_id, ok, text)


def _answer(
    request: ShopRequest, session_id: int, ok: bool, text: str, item_id: int | None = None
) -> HttpResponse:
    if "application/json" in request.headers.get("Accept", ""):
        found: dict[str, Any] = {"ok": ok, "message": text, "packs": basket_count(request)}
        return JsonResponse(found, status=200 if ok else 409)
    if request.htmx:
        kind = "success" if ok else "warning"
        return render(request, "listing/_added.html", {"kind": kind, "text": text})
    if ok and request.POST.get("then") == "checkout":
        return redirect("checkout:start")
    (messages.success if ok else messages.warning)(request, text)
    room = reverse("room:room", args=[session_id])
    return redirect(f"{room}#item-{item_id}" if item_id else room)
