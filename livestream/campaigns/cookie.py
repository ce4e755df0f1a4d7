"""The signed first-party cookie: who followed which tracked link, when (DESIGN §7).

It holds a random visitor id and the last touches, newest last; no name and no address.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from livestream.campaigns.models import TrackedLink

NAME = "shanhuo_links"
SALT = "livestream.campaigns.links"
MOST_TOUCHES = 10


@dataclass
class Touches:
    """What a browser carries: touches as [link code, campaign id, ISO time]."""

    visitor: uuid.UUID = field(default_factory=uuid.uuid4)
    rows: list[list] = field(default_factory=list)

    def add(self, link: TrackedLink, at: datetime) -> None:
        """Put a touch at the end; beyond the tenth the oldest is forgotten."""
        self.rows = [*self.rows, [link.code, link.campaign_id, at.isoformat()]][-MOST_TOUCHES:]


def read(request: HttpRequest) -> Touches:
    """The cookie's touches. One that is missing, forged or misshapen counts as empty."""
    try:
        content = signing.loads(request.COOKIES[NAME], salt=SALT)
        return Touches(uuid.UUID(content["visitor"]), list(content["touches"]))
    except (KeyError, TypeError, ValueError, signing.BadSignature):
        return Touches()


def write(response: HttpResponse, touches: Touches) -> None:
    """Set the cookie for a day longer than a touch counts."""
    content = {"visitor": str(touches.visitor), "touches": touches.rows}
    response.set_cookie(
        NAME,
        signing.dumps(content, salt=SALT, compress=True),
        max_age=timedelta(days=settings.ATTRIBUTION_DAYS + 1),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
