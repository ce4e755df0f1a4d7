"""Puts a session's video into Wagtail's admin, beside the pages about live sessions."""

from django.urls import include, path
from wagtail import hooks


@hooks.register("register_admin_urls")
def staff_urls() -> list:
    return [path("live/", include("livestream.video.staff_urls"))]
