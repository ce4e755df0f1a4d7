"""Puts the pages about messages into Wagtail's admin: addresses, menu, permissions."""

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from catalog.staff import PermittedItem
from storefront.notifications import staff_views


@hooks.register("register_admin_urls")
def staff_urls() -> list:
    return [path("messages/", include("storefront.notifications.staff_urls"))]


@hooks.register("register_admin_menu_item")
def messages_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE,
        _("Messages"),
        reverse_lazy("staff-messages:list"),
        name="messages",
        icon_name="mail",
        order=210,
    )


@hooks.register("register_admin_menu_item")
def wording_item() -> MenuItem:
    return PermittedItem(
        staff_views.WORD,
        _("Wording"),
        reverse_lazy("staff-messages:wordings"),
        name="wording",
        icon_name="edit",
        order=215,
    )


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    wanted = Q()
    for name in (staff_views.SEE, staff_views.RESEND, staff_views.WORD):
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return Permission.objects.filter(wanted)
