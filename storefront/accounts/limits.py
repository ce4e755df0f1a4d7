"""Rate limits. Without Redis nobody is counted: the shop goes on selling."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_ratelimit.core import is_ratelimited
from redis.exceptions import RedisError

from storefront.accounts.addresses import client_address


def by_address(group: str, request: HttpRequest) -> str:
    """The key of whoever shares this client's address; a whole campus may."""
    return client_address(request)


def by_session(group: str, request: HttpRequest) -> str:
    """The key of one browser; without a session, of its address."""
    return request.session.session_key or client_address(request)


def by_value(value: str) -> Callable[[str, HttpRequest], str]:
    """The key of something sent: a name, an order's number; its case does not matter."""
    return lambda group, request: value.strip().lower()[:200]


def too_often(request: HttpRequest, group: str, key: Callable, rate: str) -> bool:
    """Count this request under a key, and say whether that is more than `rate` ("10/m")."""
    try:
        return is_ratelimited(request, group=group, key=key, rate=rate, increment=True)
    except RedisError:
        return False


def wait_page(request: HttpRequest) -> HttpResponse:
    """The answer to who asks too often: 429, in words."""
    return render(request, "429.html", status=429)
