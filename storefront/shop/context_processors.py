"""What every page of ours needs."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from storefront.shop.selectors import basket_count


def site(request: HttpRequest) -> dict:
    """The names of the university and of the system, and the basket's count if it is shown."""
    return {
        "university_name": settings.UNIVERSITY_NAME,
        "shop_name": settings.OSCAR_SHOP_NAME,
        "basket_count": SimpleLazyObject(partial(basket_count, request)),
    }
