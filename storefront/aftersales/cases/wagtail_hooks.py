"""Puts the pages of cases into Wagtail's admin."""

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from storefront.aftersales.cases import staff_views
from storefront.aftersales.wagtail_hooks import PermittedItem


@hooks.register("register_admin_urls")
def case_urls() -> list:
    return [path("cases/", include("storefront.aftersales.cases.staff_urls"))]


@hooks.register("register_admin_menu_item")
def cases_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE,
        _("Cases"),
        reverse_lazy("staff-cases:list"),
        name="cases",
        icon_name="comment",
        order=205,
    )


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    return Permission.objects.filter(
        content_type__app_label="cases", codename__in=["view_case", "change_case"]
    )
