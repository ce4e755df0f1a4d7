"""What search engines and link previews read in a page's head."""

from dataclasses import dataclass, field
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from storefront.pages import jsonld
from storefront.pages.addresses import HREFLANGS, absolute, alternates, in_language_of
from storefront.pages.pictures import of_page, of_produce, preview
from storefront.reviews.selectors import rating_of

register = template.Library()

# Only these are for search engines; all else (basket, orders, sign-in, errors) says noindex.
PUBLIC_VIEWS = ("wagtail_serve", "shop:produce-list", "shop:produce")
PUBLIC_NAMESPACES = ("impact",)
LOCALES = {"zh-hans": "zh_CN", "en": "en_US"}


@dataclass
class Head:
    """What head_seo.html writes. Without `canonical` the page is not for search engines."""

    canonical: str = ""
    noindex: bool = False
    alternates: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""
    description: str = ""
    image: str = ""
    kind: str = "website"
    locale: str = ""
    other_locales: list[str] = field(default_factory=list)
    data: list[SafeString] = field(default_factory=list)


def _is_public(request: Any) -> bool:
    match = getattr(request, "resolver_match", None)
    if match is None or getattr(request, "is_preview", False):
        return False
    return match.view_name in PUBLIC_VIEWS or match.namespace in PUBLIC_NAMESPACES


def _trail(context: Context, name: str, path: str) -> list[tuple[str, str]]:
    """The way here: the page's own `trail`, else the first page, then this one."""
    if "trail" in context:
        return list(context["trail"])
    begin = [(_("Home"), "/")]
    if path.startswith("/produce/") and path != "/produce/":
        begin.append((_("All produce"), "/produce/"))
    return [*begin, (name, path)] if name else begin


def _about_produce(head: Head, context: Context, language: str) -> None:
    produce = context["produce"]
    head.title, head.description, head.kind = produce.name, produce.description, "product"
    picture = of_produce(produce)
    head.image = absolute(preview("og", language, code=produce.code))
    packs = [(one.product, one.available) for one in context["shown"].packs]
    data = jsonld.product(produce, packs, picture, language, rating_of(produce))
    head.data.append(jsonld.script(data))


def _about_page(head: Head, page: Any, language: str) -> None:
    head.title, head.description = page.display_title, page.introduction
    picture = of_page(page)
    head.image = absolute(preview("page-og", language, pk=page.pk))
    if hasattr(page, "day"):
        head.kind = "article"
        data = jsonld.article(page, head.canonical, picture, HREFLANGS[language])
        head.data.append(jsonld.script(data))


@register.inclusion_tag("components/_head_seo.html", takes_context=True)
def seo_head(context: Context) -> dict:
    """Canonical and hreflang links, OpenGraph, Twitter's card and JSON-LD of this very page."""
    request = context.get("request")
    shared = {"university_name": context.get("university_name"), "name": jsonld.site_name()}
    page = context.get("self")
    view = getattr(getattr(request, "resolver_match", None), "view_name", "")
    # A page that is not there has the catch-all's name and no page.
    if request is None or not _is_public(request) or (view == "wagtail_serve" and page is None):
        return {"head": Head(noindex=True), **shared}
    language = get_language() or "zh-hans"
    language = language if language in HREFLANGS else "zh-hans"
    path, query = request.path, request.GET
    head = Head(
        canonical=in_language_of(path, language, query),
        # What was searched for is no page of ours.
        noindex="q" in query,
        alternates=alternates(path, query),
        locale=LOCALES[language],
        other_locales=[each for code, each in LOCALES.items() if code != language],
    )
    if view == "shop:produce" and "shown" in context:
        _about_produce(head, context, language)
    elif page is not None:
        _about_page(head, page, language)
    if path == "/":
        head.data.append(jsonld.script(jsonld.organization()))
    else:
        trail = _trail(context, head.title, path)
        head.data.append(jsonld.script(jsonld.breadcrumbs(trail, language)))
    return {"head": head, **shared}
