"""Puts the control desk into Wagtail's admin, beside the pages about live sessions."""

from django.urls import include, path
from wagtail import hooks


@hooks.register("register_admin_urls")
def staff_urls() -> list:
    return [path("live/", include("livestream.room.staff_urls"))]
