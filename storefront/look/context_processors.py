"""What base.html needs to dress a page."""

from django.http import HttpRequest

from storefront.look import choices


def look(request: HttpRequest) -> dict:
    """The visitor's look, and what else there is to choose."""
    return {"look": choices.of(request), "themes": choices.THEMES, "fonts": choices.FONTS}
