"""Puts the pages about live sessions into Wagtail's admin."""

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from catalog.staff import PermittedItem
from livestream.sessions import staff_views


@hooks.register("register_admin_urls")
def staff_urls() -> list:
    return [path("live/", include("livestream.sessions.staff_urls"))]


@hooks.register("register_admin_menu_item")
def sessions_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE,
        _("Live sessions"),
        reverse_lazy("live:sessions"),
        name="live-sessions",
        icon_name="media",
        order=212,
    )


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    names = [name.split(".")[1] for name in (staff_views.SEE, staff_views.EDIT)]
    return Permission.objects.filter(content_type__app_label="live_sessions", codename__in=names)
