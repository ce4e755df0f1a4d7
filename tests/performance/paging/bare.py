"""A bare Django view that answers 30 kB: what the server can do at all."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

PAGE = b"<!doctype html>" + b"0123456789abcdef" * 1919


def page(request: HttpRequest) -> HttpResponse:
    """The same for everybody."""
    return HttpResponse(PAGE, headers={"Content-Length": str(len(PAGE))})


urlpatterns = [path("", page)]

if not settings.configured:
    settings.configure(
        SECRET_KEY=os.environ["SECRET_KEY"], ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__
    )
application = get_wsgi_application()
