"""What one desk sent, for those who develop and show it. On real servers: not found."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from storefront.notifications import mailbox

View = Callable[..., HttpResponse]


def _on_a_desk(view: View) -> View:
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.MAILBOX:
            raise Http404("No mailbox here")
        return view(request, *args, **kwargs)

    return inner


def _found(name: str) -> mailbox.Kept:
    kept = mailbox.find(name)
    if kept is None:
        raise Http404("No such message")
    return kept


@require_safe
@never_cache
@_on_a_desk
def latest(request: HttpRequest) -> HttpResponse:
    """The latest messages of all channels."""
    return render(request, "messages/mailbox.html", {"kept": mailbox.latest()})


@require_safe
@never_cache
@_on_a_desk
def one(request: HttpRequest, name: str) -> HttpResponse:
    """A message: its headers, its text, and its HTML in a frame that can do nothing."""
    return render(request, "messages/mailbox_one.html", {"one": _found(name)})


@require_safe
@never_cache
@_on_a_desk
def html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail as it is. Also opened by itself it runs no script and loads nothing."""
    response = HttpResponse(_found(name).html)
    response["Content-Security-Policy"] = (
        "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'"
    )
    return response
