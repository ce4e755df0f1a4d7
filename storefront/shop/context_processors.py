"""What every page of ours needs."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict:
    """The names of the university and of the system."""
    return {"university_name": settings.UNIVERSITY_NAME, "shop_name": settings.OSCAR_SHOP_NAME}
