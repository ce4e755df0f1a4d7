"""The addresses of a page in each language, for canonical and hreflang links and the sitemap.

The plain address is the Chinese one (the site's first language) and the one for everybody else;
English has ?lang=en (`middleware.LanguageInAddress`).
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.conf import settings
from django.utils.encoding import iri_to_uri

# {language: as search engines write it}
HREFLANGS = {"zh-hans": "zh-Hans", "en": "en"}
# Of a list's query these make other pages; filters, sorting and chosen packs show the same ones.
KEPT = ("category", "page")


def absolute(path: str) -> str:
    """An address of this site with its host; what is not ASCII in it is quoted."""
    return f"{settings.SITE_URL}{iri_to_uri(path)}"


def in_language_of(path: str, language: str, query: Mapping[str, str] | None = None) -> str:
    """The absolute address of a path in a language, with what is kept of a query.

    "/produce/XL/", "en" → https://host/produce/XL/?lang=en
    """
    kept = {name: query[name] for name in KEPT if query.get(name)} if query else {}
    # The first page of a list is the list.
    if kept.get("page") == "1":
        del kept["page"]
    if language != settings.LANGUAGE_CODE:
        kept["lang"] = language
    return absolute(path) + (f"?{urlencode(kept)}" if kept else "")


def alternates(path: str, query: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """(hreflang, address) of each language of a path, and x-default."""
    found = [(HREFLANGS[code], in_language_of(path, code, query)) for code, _ in settings.LANGUAGES]
    return [*found, ("x-default", in_language_of(path, settings.LANGUAGE_CODE, query))]
