"""Puts the pages about discounts into Wagtail's admin."""

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from catalog.staff import PermittedItem
from storefront.discounts import staff_views


@hooks.register("register_admin_urls")
def staff_urls() -> list:
    return [path("discounts/", include("storefront.discounts.staff_urls"))]


@hooks.register("register_admin_menu_item")
def offers_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE_OFFERS,
        _("Offers and vouchers"),
        reverse_lazy("discounts_staff:offers"),
        name="discounts",
        icon_name="tag",
        order=215,
    )


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    wanted = Q()
    for name in (
        staff_views.SEE_OFFERS,
        staff_views.EDIT_OFFERS,
        staff_views.SEE_GIFTS,
        staff_views.ISSUE,
        staff_views.SEE_HOSTS,
        staff_views.RECEIVE,
    ):
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return Permission.objects.filter(wanted)
