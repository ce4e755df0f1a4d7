"""Where a request came from, for rate limits."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address: the last one that our own proxies (settings.TRUSTED_PROXIES) saw."""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    hops = settings.TRUSTED_PROXIES
    if hops and len(forwarded) >= hops and forwarded[-hops]:
        return forwarded[-hops]
    return request.META["REMOTE_ADDR"] or "unix"
