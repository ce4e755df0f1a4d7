"""A request as the shop's views get it, for the type checker."""

from typing import Any

from django.http import HttpRequest


class ShopRequest(HttpRequest):
    """A request that BasketMiddleware has seen."""

    basket: Any
    # django_htmx's details; false where htmx did not ask.
    htmx: Any
    cookies_to_delete: list[str]
    _basket_cache: Any
