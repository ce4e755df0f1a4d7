"""Puts the pages about imports into Wagtail's admin."""

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from catalog.staff import PermittedItem
from livestream.platforms import staff_views


@hooks.register("register_admin_urls")
def staff_urls() -> list:
    return [path("imports/", include("livestream.platforms.staff_urls"))]


@hooks.register("register_admin_menu_item")
def imports_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE,
        _("Imported orders"),
        reverse_lazy("imports:list"),
        name="platform-imports",
        icon_name=staff_views.ICON,
        order=213,
    )


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    names = [name.split(".")[1] for name in (staff_views.SEE, staff_views.ADD)]
    return Permission.objects.filter(content_type__app_label="platforms", codename__in=names)
