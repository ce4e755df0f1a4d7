"""Share cards and QR codes. What they show depends on the address alone: anybody may keep them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe
from wagtail.models import Page

from catalog.models import Produce
from livestream.campaigns.qr import qr_svg
from storefront.accounts.limits import by_address, too_often, wait_page
from storefront.pages.models import BilingualPage
from storefront.pictures import cards

# Cards drawn anew; a whole campus may stand behind one address. What is kept is not counted.
DRAWN_PER_ADDRESS = "120/m"
KEPT_SECONDS = 60


def _language(request: HttpRequest) -> str:
    """Only the address says it: ?language=en, else Chinese. (?lang= also turns the visitor's.)"""
    return "en" if request.GET.get("language") == "en" else "zh-hans"


def _answer(request: HttpRequest, card: cards.Wanted) -> HttpResponse:
    etag = f'"{card.key[:32]}"'
    if (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return unchanged
    made = card.kept()
    if made is None:
        if too_often(request, "pictures.card", by_address, DRAWN_PER_ADDRESS):
            return wait_page(request)
        made = card.drawn()
    response = HttpResponse(made, content_type="image/png", headers={"ETag": etag})
    patch_cache_control(response, public=True, max_age=KEPT_SECONDS)
    return response


def _produce_card(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    produce = get_object_or_404(Produce, code=code)
    language = _language(request)
    with translation.override(language):
        card = cards.produce_card(produce, kind, language, request.GET.get("c", ""))
    if card is None:
        raise Http404("Nothing of it is on sale")
    return _answer(request, card)


@require_safe
def share(request: HttpRequest, code: str) -> HttpResponse:
    """A produce's card for phones; ?c=CODE leads by a campaign's tracked link, ?language=en."""
    return _produce_card(request, code, "share")


@require_safe
def produce_og(request: HttpRequest, code: str) -> HttpResponse:
    """A produce's card for link previews; ?language=en."""
    return _produce_card(request, code, "og")


@require_safe
def qr(request: HttpRequest, code: str) -> HttpResponse:
    """A produce's QR code as SVG, for print; ?c=CODE as in `share`."""
    produce = get_object_or_404(Produce, code=code)
    made = qr_svg(cards.address_of(produce, request.GET.get("c", "")))
    response = HttpResponse(made, content_type="image/svg+xml")
    patch_cache_control(response, public=True, max_age=KEPT_SECONDS)
    return response


@require_safe
def page_og(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of a page that everybody may see; ?language=en."""
    page = get_object_or_404(Page.objects.live().public(), pk=pk).specific
    if not isinstance(page, BilingualPage):
        raise Http404("Not one of our pages")
    with translation.override(_language(request)):
        card = cards.page_card(page)
    return _answer(request, card)
