"""The page of one produce, and the part of it that depends on where the buyer lives."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.models import Produce
from storefront.pages.addresses import absolute
from storefront.shop.delivery import SLUGS
from storefront.shop.produce_page import Wanted, delivery_of, produce_page
from storefront.shop.requests import ShopRequest
from storefront.speed.recording import kept, refuse

# Readable by our script, which asks for the part below only where a province is known.
PROVINCE_COOKIE = "province"
A_YEAR = 365 * 24 * 3600


@require_safe
@kept("pack")
def produce_detail(request: ShopRequest, code: str) -> HttpResponse:
    """One produce and its packs: ?pack=ID chooses one, ?packs=N&to=PROVINCE is what to send where.

    The same for everybody: what is the visitor's own comes by the address or by delivery().
    """
    produce = get_object_or_404(Produce.objects.select_related("category"), code=code)
    shown = produce_page(produce, Wanted.read(request.GET))
    if shown is None:
        raise Http404("Nothing of it is on sale")
    if request.GET.get("pack", "") not in ("", str(shown.chosen.product.pk)):
        refuse()
    listed = reverse("shop:produce-list")
    kind = f"{listed}?{urlencode({'category': produce.category.slug})}"
    trail = [
        (_("Home"), "/"),
        (_("All produce"), listed),
        (produce.category.display_name, kind),
        (produce.name, produce.get_absolute_url()),
    ]
    context = {
        "shown": shown,
        "produce": produce,
        "trail": trail,
        "address": absolute(produce.get_absolute_url()),
    }
    return render(request, "shop/produce.html", context)


@require_safe
@never_cache
def delivery(request: ShopRequest, code: str) -> HttpResponse:
    """Freight and arrival of ?pack=ID&packs=N to ?to=PROVINCE, which a cookie remembers.

    By htmx that part of the page alone; without JavaScript the whole page, asked for just that.
    """
    produce = get_object_or_404(Produce, code=code)
    asked = request.GET.copy()
    if "to" not in asked:
        asked["to"] = request.COOKIES.get(PROVINCE_COOKIE, "")
    wanted = Wanted.read(asked)
    answer: HttpResponse
    if request.headers.get("HX-Request"):
        found = delivery_of(produce, wanted)
        if found is None:
            raise Http404("Nothing of it is on sale")
        answer = render(request, "shop/_delivery.html", {"delivery": found, "produce": produce})
    else:
        query = urlencode({"pack": wanted.pack, "packs": wanted.packs, "to": wanted.province})
        answer = redirect(f"{produce.get_absolute_url()}?{query}#delivery")
    if wanted.province in SLUGS:
        answer.set_cookie(
            PROVINCE_COOKIE, wanted.province, A_YEAR, samesite="Lax", secure=request.is_secure()
        )
    return answer
