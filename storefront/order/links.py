"""The link to an order that goes out by mail: whoever has it counts as its buyer, signed in or not.

The key is a signature of the order's number. It does not expire: the order's page must open from
an old mail, and shows what the mail itself says.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "storefront.order.links"


def order_key(number: str) -> str:
    """The key that opens the order's page: `?key=…`."""
    return signing.Signer(salt=SALT).signature(number)


def check_key(number: str, key: str) -> bool:
    """Whether a key opens this order."""
    try:
        signing.Signer(salt=SALT).unsign(f"{number}:{key}")
    except signing.BadSignature:
        return False
    return True


def order_address(number: str) -> str:
    """The full address of an order's page, with its key, for mails."""
    path = reverse("orders:order", args=[number])
    return f"{settings.SITE_URL}{path}?{urlencode({'key': order_key(number)})}"
