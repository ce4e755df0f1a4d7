"""What is a visitor's own in every page, or the marks for it."""

from django.http import HttpRequest
from django.utils.safestring import mark_safe

from storefront.speed.body import mark
from storefront.speed.recording import is_recording


def own(request: HttpRequest) -> dict:
    """`here`, the address with its query, for forms that lead back to it."""
    if not is_recording():
        return {"here": request.get_full_path()}
    # Of constants of ours, and of signs that need no escaping.
    return {name: mark_safe(mark(name)) for name in ("here",)} | {  # noqa: S308
        "csrf_token": mark_safe(mark("token"))  # noqa: S308
    }
