"""Files for machines: robots.txt and the sitemap."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from storefront.pages import sitemap

HOUR = 3600
XML = "application/xml; charset=utf-8"
# Nothing there is for search engines; each says noindex as well.
CLOSED = (
    "/accounts/",
    "/basket/",
    "/checkout/",
    "/cms/",
    "/coop/",
    "/dev/",
    "/look/",
    "/messages/",
    "/orders/",
    "/payments/",
    "/r/",
    "/search/",
)


@require_safe
@cache_control(max_age=HOUR, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    """What robots may read, and where the sitemap is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), ""]
    lines.append(f"Sitemap: {settings.SITE_URL}{reverse('pages:sitemap')}\n")
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(max_age=HOUR, public=True)
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The sitemap's index."""
    return HttpResponse(sitemap.index(), content_type=XML)


@require_safe
@cache_control(max_age=HOUR, public=True)
def sitemap_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """One of the sitemap's files: `pages` or `produce-N`."""
    kind, _, number = name.partition("-")
    if name == "pages":
        entries = sitemap.of_pages()
    # More digits than any count of files has would not fit into an OFFSET.
    elif kind == "produce" and len(number) <= 4 and 1 <= int(number) <= sitemap.files():
        entries = sitemap.of_produce(int(number))
    else:
        raise Http404("No such part of the sitemap")
    return StreamingHttpResponse(sitemap.whole(entries), content_type=XML)
