"""Address and review: what comes before the payment."""

from contextlib import suppress
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.numbers import to_yuan
from livestream.campaigns.services import candidates
from storefront.accounts.address_book import TooManyAddresses, addresses_of, save_address
from storefront.accounts.address_forms import draft_of, pasted, to_look_at
from storefront.accounts.limits import by_session, too_often, wait_page
from storefront.accounts.models import Consent, User
from storefront.accounts.services import consent
from storefront.checkout import selectors
from storefront.checkout.forms import DeliveryForm
from storefront.discounts.offers import buyer_keys
from storefront.discounts.pricing import SMALLEST_CARD_FEN
from storefront.discounts.selectors import codes_of
from storefront.discounts.services import drop_vouchers
from storefront.payments.models import GatewayName
from storefront.payments.quote import CannotQuote, quote
from storefront.payments.services import (
    CannotPay,
    Contact,
    DeliveryAddress,
    offers_transfer,
    start_payment,
)
from storefront.shop.requests import ShopRequest
from storefront.shop.selectors import basket_view, open_attempt
from storefront.shop.services import accept_prices

DELIVERY = "checkout_delivery"
PAYMENTS_PER_SESSION = "30/m"


def _elsewhere(request: ShopRequest) -> HttpResponse | None:
    """Where a basket that cannot be checked out now leads."""
    attempt = open_attempt(request.basket)
    if attempt is not None:
        return redirect("shop:basket")
    if request.basket.pk is None or not request.basket.lines.exists():
        messages.info(request, _("Nothing is in your basket yet."))
        return redirect("shop:basket")
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delivery(request: ShopRequest) -> HttpResponse:
    """Who gets it, and where."""
    if (answer := _elsewhere(request)) is not None:
        return answer
    guest = not request.user.is_authenticated
    saved = list(addresses_of(request.user))
    context: dict[str, Any] = {"guest": guest, "saved": saved}
    given = request.session.get(DELIVERY) or selectors.last_delivery(request.user)
    form = DeliveryForm(initial=given, guest=guest)
    step = request.POST.get("step")
    if step == "paste":
        parsed = pasted(request.POST.get("pasted", ""))
        draft = {"email": given.get("email", ""), **draft_of(parsed, DeliveryForm)}
        form = DeliveryForm(initial=draft, guest=guest)
        context |= {"pasted": request.POST["pasted"], "look": to_look_at(parsed)}
    elif step == "divisions":
        form = DeliveryForm(initial=request.POST.dict(), guest=guest)
    elif "saved" in request.POST:
        return _go_on(request, selectors.delivery_to(request.user, request.POST["saved"]))
    elif request.method == "POST":
        form = DeliveryForm(request.POST, guest=guest)
        if form.is_valid():
            if not guest and request.POST.get("save_address"):
                _save(request, form)
            return _go_on(request, form.cleaned_data)
    context |= {"form": form, "shown": basket_view(request.basket)}
    context["is_open"] = not saved or request.method == "POST"
    return render(request, "checkout/delivery.html", context, status=422 if form.errors else 200)


def _go_on(request: ShopRequest, given: dict[str, Any]) -> HttpResponse:
    """Keep the address for this checkout, and go on to the review."""
    request.session[DELIVERY] = given
    # The basket page told of changed prices; from here on they are the buyer's.
    accept_prices(request.basket, buyer_keys(request.user, given["phone"], given["email"]))
    return redirect("checkout:review")


def _save(request: ShopRequest, form: DeliveryForm) -> None:
    """Into the address book, too. A full book is no reason not to sell."""
    if too_often(request, "accounts.addresses", by_session, PAYMENTS_PER_SESSION):
        return
    values = {**form.cleaned_data, "town": form.town, "detail": form.detail[:140]}
    with suppress(TooManyAddresses):
        save_address(cast(User, request.user), values)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def review(request: ShopRequest) -> HttpResponse:
    """Everything once more, with freight; its button starts the payment."""
    given = request.session.get(DELIVERY)
    if request.method == "POST":
        return _start(request, given)
    if (answer := _elsewhere(request)) is not None:
        return answer
    # A member's e-mail may be missing, a guest's not: also after signing out.
    if given is None or not (given["email"] or request.user.is_authenticated):
        return redirect("checkout:start")
    try:
        buyer = buyer_keys(request.user, given["phone"], given["email"])
        priced = quote(request.basket, given["province"], buyer)
    except CannotQuote as refusal:
        return refuse(request, refusal)
    return render(
        request,
        "checkout/review.html",
        {
            "quote": priced,
            "parcels": selectors.parcels(priced),
            "given": given,
            "codes": codes_of(request.basket, priced),
            "transfer_days": settings.OFFLINE_DAYS if offers_transfer(request.user) else 0,
        },
    )


def _start(request: ShopRequest, given: dict | None) -> HttpResponse:
    """Start the payment, or lead to the one that is under way: a second click changes nothing."""
    if too_often(request, "checkout.start", by_session, PAYMENTS_PER_SESSION):
        return wait_page(request)
    if given is None:
        return redirect("checkout:start")
    if request.basket.pk is None:
        return redirect("shop:basket")
    expected = request.POST.get("total", "")
    transfer = request.POST.get("via") == "transfer"
    try:
        attempt = start_payment(
            request.basket,
            contact=Contact(name=given["name"], email=given["email"], phone=given["phone"]),
            address=DeliveryAddress(
                **{
                    field: given[field]
                    for field in ("name", "phone", "province", "city", "district", "street")
                }
            ),
            language=get_language() or "",
            user=request.user,
            touches=candidates(request),
            expected_fen=int(expected) if expected.isdecimal() and len(expected) < 16 else None,
            via=GatewayName.OFFLINE if transfer else GatewayName.STRIPE,
        )
    except CannotPay as refusal:
        return refuse(request, refusal)
    user = cast(User, request.user) if request.user.is_authenticated else None
    consent(get_language() or "", Consent.Place.CHECKOUT, user=user, attempt=attempt)
    selectors.remember(request, attempt)
    return redirect("checkout:pay", uuid=attempt.uuid)


def refuse(request: ShopRequest, refusal: Any) -> HttpResponse:
    """Say why nothing can be paid, and lead to where it can be mended."""
    if refusal.kind == "too_little":
        for product, left in selectors.names_of(refusal.available, request.basket):
            messages.warning(
                request,
                ngettext(
                    "%(name)s: only %(count)d pack is left.",
                    "%(name)s: only %(count)d packs are left.",
                    left,
                )
                % {"name": product.display_name, "count": left}
                if left
                else _("%(name)s: sold out.") % {"name": product.display_name},
            )
        return redirect("shop:basket")
    if refusal.kind == "above_limit":
        for product, most in selectors.names_of(refusal.available, request.basket):
            messages.warning(
                request,
                ngettext(
                    "%(name)s: you can have %(count)d more pack from this live room.",
                    "%(name)s: you can have %(count)d more packs from this live room.",
                    most,
                )
                % {"name": product.display_name, "count": most}
                if most
                else _("%(name)s: you have had as many from this live room as one buyer may.")
                % {"name": product.display_name},
            )
        return redirect("shop:basket")
    if refusal.kind == "no_freight":
        messages.error(request, _("Sorry, we cannot deliver to this province at present."))
        return redirect("checkout:start")
    if refusal.kind == "voucher_gone":
        drop_vouchers(request.basket, refusal.codes)
        messages.warning(
            request,
            _("%(codes)s: what it had to give was taken meanwhile. This is the total without it.")
            % {"codes": ", ".join(refusal.codes)},
        )
        return redirect("checkout:review")
    if refusal.kind == "too_small":
        messages.warning(
            request,
            _(
                "After the discounts less than ¥%(least)s would be left, which no card can be "
                "charged. Add something, or take a code out."
            )
            % {"least": to_yuan(SMALLEST_CARD_FEN)},
        )
        return redirect("shop:basket")
    if refusal.kind == "changed":
        messages.warning(request, _("The total has changed meanwhile. Please look again."))
        return redirect("checkout:review")
    if refusal.kind == "gateway_down":
        messages.warning(
            request, _("The payment service does not answer. Nothing was charged; try again soon.")
        )
    elif refusal.kind == "refused":
        messages.warning(
            request, _("The payment service does not take this amount. Nothing was charged.")
        )
    elif refusal.kind == "not_offered":
        messages.warning(request, _("Bank transfer is not offered here. Please pay by card."))
        return redirect("checkout:review")
    elif refusal.kind == "too_many":
        messages.warning(
            request,
            _("We still wait for your earlier transfers. Pay this one by card, or those first."),
        )
        return redirect("checkout:review")
    elif refusal.kind == "other_goods":
        messages.info(request, _("Your basket is not the same any more. Please look it through."))
    elif refusal.kind == "empty":
        messages.info(request, _("Nothing is in your basket yet."))
    else:
        messages.info(request, _("This basket has been ordered already."))
    return redirect("shop:basket")
