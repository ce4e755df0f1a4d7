"""Serves kept pages, and keeps those that a view says may be kept."""

import hashlib
import re
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.middleware.csrf import get_token
from django.utils.cache import patch_vary_headers
from django.utils.html import escape
from django.utils.translation import get_language

from catalog.clock import now
from storefront.accounts.second_step import user_of
from storefront.look import choices
from storefront.shop.selectors import basket_count
from storefront.speed import store
from storefront.speed.body import Body, account_part, basket_part
from storefront.speed.recording import PARAMETERS, Asking, Record, has_session, is_special
from storefront.speed.watching import Watch, watch

LONGEST = 300
# What an address asks of this visitor alone, or of more than can be kept.
NEVER = ("q", "packs", "to")
NO_GZIP = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)", re.IGNORECASE)


class KeptPages:
    """A page that is kept is answered here: without a query for a visitor who is nobody yet.

    Stands after the language is known and the form token's cookie is read, before all that asks
    the database who is there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = key_of(request)
        seen = _seen() if key else None
        if key is None or seen is None:
            return self.get_response(request)
        entry, once = store.find(key, seen)
        if entry is None and once:
            # Only of a page that was kept: nobody waits for another's own page.
            with store.making(key) as ours:
                entry = None if ours else store.find(key, seen)[0]
                if entry is None:
                    return self._made(request, key, seen)
        if entry is None:
            return self._made(request, key, seen)
        request.user = user_of(request) if has_session(request) else AnonymousUser()
        return self.get_response(request) if is_special(request) else answer(entry, request)

    def _made(self, request: HttpRequest, key: store.Key, seen: Watch) -> HttpResponse:
        """The view's answer; kept, if the view says so and it may be."""
        cast(Asking, request).may_be_kept = True
        stamp, begun = seen.oldest, now()
        response = self.get_response(request)
        record: Record | None = getattr(request, "record", None)
        if record is None:
            return response
        body = Body.read(response.content)
        if record.refused:
            # It has marks all the same.
            response.content = body.filled(_values(body, request))
            return response
        entry = store.Entry(
            body=body,
            headers={
                name: value
                for name, value in response.headers.items()
                if name not in ("Content-Length", "Vary")
            },
            topics=tuple(record.topics),
            stamp=stamp,
            begun=begun,
            until=store.until(begun),
            tag=hashlib.sha256(b"".join(body.pieces)).hexdigest()[:16],
        )
        store.keep(key, entry)
        return answer(entry, request)


def _seen() -> Watch | None:
    try:
        return watch()
    except DatabaseError:
        # The view says so better.
        return None


def key_of(request: HttpRequest) -> store.Key | None:
    """What a kept page is found by; None for what is never kept."""
    query = request.META.get("QUERY_STRING", "")
    if (
        request.method not in ("GET", "HEAD")
        or len(query) + len(request.path) > LONGEST
        # What was said to this visitor alone, and previews of drafts.
        or request.COOKIES.get("messages")
        or getattr(request, "is_dummy", False)
    ):
        return None
    asked: tuple[tuple[str, str], ...] = ()
    more = False
    if query:
        if any(name in request.GET for name in NEVER):
            return None
        asked = tuple(
            (name, value)
            for name, values in request.GET.lists()
            if name in PARAMETERS
            for value in values
        )
        more = any(name not in PARAMETERS for name in request.GET)
    look = choices.of(request).key
    database = connection.settings_dict["NAME"]
    return database, get_language() or "", look, request.path, asked, more


def _own(request: HttpRequest) -> tuple[int, bool]:
    """Packs in the visitor's basket, and whether he is signed in. No query for a new visitor."""
    if not (has_session(request) or request.COOKIES.get(settings.OSCAR_BASKET_COOKIE_OPEN)):
        return 0, False
    return basket_count(request), request.user.is_authenticated


def _values(
    body: Body, request: HttpRequest, own: tuple[int, bool] | None = None
) -> dict[str, bytes]:
    """What is this visitor's own in a page."""
    count, signed_in = own or _own(request)
    language = get_language() or ""
    values = {
        "here": escape(request.get_full_path()).encode(),
        "basket": basket_part(language, count),
        "account": account_part(language, signed_in),
    }
    if "token" in body.holes:
        values["token"] = get_token(request).encode()
    return values


def answer(entry: store.Entry, request: HttpRequest) -> HttpResponse:
    """A kept page for this visitor, or that it is still the one he has."""
    own = _own(request)
    # First, since the tag depends on the token that the page has for this visitor.
    values = _values(entry.body, request, own)
    tag = _tag(entry, request, own)
    if request.META.get("HTTP_IF_NONE_MATCH") == tag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        accepted = request.META.get("HTTP_ACCEPT_ENCODING", "")
        if "gzip" in accepted and not NO_GZIP.search(accepted):
            response = HttpResponse(entry.body.gzipped(values), headers=entry.headers)
            response["Content-Encoding"] = "gzip"
        else:
            response = HttpResponse(entry.body.filled(values), headers=entry.headers)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ("Cookie", "Accept-Encoding"))
    return response


def _tag(entry: store.Entry, request: HttpRequest, own: tuple[int, bool]) -> str:
    """Weak: the form's token is masked anew each time. Nothing of the secret can be read off it."""
    secret = request.META["CSRF_COOKIE"] if "token" in entry.body.holes else ""
    mine = hashlib.blake2b(
        f"{own} {secret} {request.get_full_path()}".encode(),
        digest_size=9,
        key=settings.SECRET_KEY.encode()[:64],
    )
    return f'W/"{entry.tag}-{mine.hexdigest()}"'
