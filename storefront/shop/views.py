"""The catalogue and the basket."""

from contextlib import suppress

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Produce
from storefront.discounts.offers import buyer_keys
from storefront.discounts.selectors import codes_of, offer_texts
from storefront.payments.quote import CannotQuote, quote_goods
from storefront.shop import selectors, services
from storefront.shop.forms import AddForm, QuantityForm
from storefront.shop.requests import ShopRequest

PER_PAGE = 24


@require_safe
def produce_list(request: ShopRequest) -> HttpResponse:
    """Everything on sale, or one category of it (?category=slug), 24 a page (?page=)."""
    categories = selectors.categories_for_sale()
    chosen = None
    produce = selectors.for_sale()
    if wanted := request.GET.get("category"):
        chosen = next((one for one in categories if one.slug == wanted), None)
        if chosen is None:
            raise Http404("No such category")
        produce = produce.filter(category=chosen)
    # A page that does not exist is the first or the last one.
    shown = Paginator(produce.select_related("category"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "shop/produce_list.html",
        {
            "cards": selectors.cards(list(shown)),
            "shown": shown,
            "categories": categories,
            "chosen": chosen,
        },
    )


@require_safe
def produce_detail(request: ShopRequest, code: str) -> HttpResponse:
    """One produce and its packs; ?pack=ID chooses one."""
    produce = get_object_or_404(Produce.objects.select_related("category"), code=code)
    shown = selectors.produce_page(produce, request.GET.get("pack", ""))
    if shown is None:
        raise Http404("Nothing of it is on sale")
    offers = offer_texts(produce.pk, [grower.partner.pk for grower in shown.growers])
    return render(
        request, "shop/produce.html", {"shown": shown, "produce": produce, "offers": offers}
    )


@require_safe
@never_cache
def basket(request: ShopRequest) -> HttpResponse:
    """The basket; while a payment for it is under way, the way back to that payment."""
    attempt = selectors.open_attempt(request.basket)
    shown = selectors.basket_view(request.basket)
    priced = None
    if shown.lines and attempt is None:
        # What can't be had is said at its line; the review has the last word.
        with suppress(CannotQuote):
            priced = quote_goods(request.basket, buyer_keys(request.user, "", ""))
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
    """Put packs into the basket and show it."""
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
    messages.success(request, _("%(name)s is in your basket.") % {"name": product.display_name})
    return redirect("shop:basket")


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
