"""What is a visitor's own in every page, or the marks for it."""

from django.http import HttpRequest

from storefront.speed.body import mark
from storefront.speed.recording import is_recording


def own(request: HttpRequest) -> dict:
    """`here`, the address with its query, for forms that lead back to it."""
    if not is_recording():
        return {"here": request.get_full_path()}
    return {"here": mark("here"), "csrf_token": mark("token")}
