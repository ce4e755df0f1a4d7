"""Puts the staff's pages into Wagtail's admin: addresses, menu, and the permissions they need."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from catalog.staff import PermittedItem
from storefront.aftersales import staff_selectors, staff_views


@hooks.register("register_admin_urls")
def staff_urls() -> list:
    return [path("", include("storefront.aftersales.staff_urls"))]


@hooks.register("register_admin_menu_item")
def orders_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE_ORDERS,
        _("Orders"),
        reverse_lazy("staff:orders"),
        name="orders",
        icon_name="clipboard-list",
        order=200,
    )


@hooks.register("register_admin_menu_item")
def refunds_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE_REFUNDS,
        _("Refunds"),
        reverse_lazy("staff:refunds"),
        name="refunds",
        icon_name="resubmit",
        order=210,
    )


@hooks.register("register_admin_menu_item")
def sharing_out_item() -> MenuItem:
    return PermittedItem(
        staff_views.SHARE_OUT,
        _("Sharing out"),
        reverse_lazy("staff:sharing-out"),
        name="sharing-out",
        icon_name="group",
        order=220,
    )


class RefundsPanel(Component):
    """How many refunds are owed that Stripe refused."""

    name = "refunds"
    order = 51
    template_name = "staff/_refunds_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"count": staff_selectors.refused_refunds()}


@hooks.register("construct_homepage_panels")
def refunds_panel(request: HttpRequest, panels: list) -> None:
    if request.user.has_perm(staff_views.SEE_REFUNDS):
        panels.append(RefundsPanel())


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    wanted = Q()
    for name in (
        staff_views.SEE_ORDERS,
        staff_views.SEE_REFUNDS,
        staff_views.REFUND,
        staff_views.PAY,
        staff_views.SHARE_OUT,
        staff_views.OVERRIDE,
    ):
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return Permission.objects.filter(wanted)
