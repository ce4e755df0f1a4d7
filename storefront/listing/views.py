"""The produce list."""

from dataclasses import fields

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from storefront.listing.asking import Asked, UnknownCategory
from storefront.listing.selectors import list_page, url_of
from storefront.shop.requests import ShopRequest
from storefront.speed.recording import kept, refuse


@require_safe
@kept(*(each.name for each in fields(Asked)))
def produce_list(request: ShopRequest) -> HttpResponse:
    """What is on sale, as filters, search and sorting in the address say; 24 a page.

    htmx takes from the same page what it needs. An address that says the same as its canonical
    one in other words (a form's empty fields) leads there.
    """
    try:
        page = list_page(request.GET)
    except UnknownCategory as unknown:
        raise Http404("No such category") from unknown
    if not page.notices and _said_otherwise(request.GET, page.asked):
        return HttpResponseRedirect(url_of(page.asked))
    if page.notices:
        refuse()
    return render(
        request,
        "shop/produce_list.html",
        {
            "page": page,
            "cards": page.cards,
            "shown": page.shown,
            "chosen": page.chosen,
            "canonical_query": page.asked.query,
        },
    )


def _said_otherwise(given: QueryDict, asked: Asked) -> bool:
    """Whether an address of ours alone could be shorter or better ordered."""
    pairs = [(name, value) for name, values in given.lists() for value in values]
    ours = {each.name for each in fields(asked)}
    return set(given) <= ours and pairs != list(asked)
