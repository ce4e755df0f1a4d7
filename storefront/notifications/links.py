"""The link "choose what you get" under each message: whoever has the message may choose.

The key signs the message's number: no name, address or phone stands in the link. It does not
expire, so that an old mail's link works.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "storefront.notifications.links"


def preference_key(message_id: int) -> str:
    """The key of a message: "17:signature"."""
    return signing.Signer(salt=SALT).sign(str(message_id))


def read_key(key: str) -> int | None:
    """The message whose key this is, or None."""
    try:
        return int(signing.Signer(salt=SALT).unsign(key))
    except (signing.BadSignature, ValueError):
        return None


def preference_address(message_id: int) -> str:
    """The full address where the reader of a message chooses what to get."""
    return settings.SITE_URL + reverse("messages:choose", args=[preference_key(message_id)])
