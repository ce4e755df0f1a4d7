"""Puts finance's pages into Wagtail's admin, and the state of the reconciliation on its home."""

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
from storefront.payments import staff_views
from storefront.payments.reconciling import gaps


@hooks.register("register_admin_urls")
def finance_urls() -> list:
    return [path("", include("storefront.payments.staff_urls"))]


@hooks.register("register_admin_menu_item")
def payments_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE_PAYMENTS,
        _("Transfers and cash"),
        reverse_lazy("finance:payments"),
        name="payments",
        icon_name="tasks",
        order=230,
    )


@hooks.register("register_admin_menu_item")
def gaps_item() -> MenuItem:
    return PermittedItem(
        staff_views.SEE_GAPS,
        _("Gaps"),
        reverse_lazy("finance:gaps"),
        name="gaps",
        icon_name="warning",
        order=231,
    )


class GapsPanel(Component):
    """How many gaps are open between Stripe and us, and when that was last looked at."""

    name = "gaps"
    order = 50
    template_name = "staff/payments/panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"count": gaps.open_gaps().count(), "last_run": gaps.last_run()}


@hooks.register("construct_homepage_panels")
def gaps_panel(request: HttpRequest, panels: list) -> None:
    if request.user.has_perm(staff_views.SEE_GAPS):
        panels.append(GapsPanel())


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    wanted = Q()
    for name in (
        staff_views.SEE_PAYMENTS,
        staff_views.CONFIRM,
        staff_views.SEE_GAPS,
        staff_views.MEND,
    ):
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return Permission.objects.filter(wanted)
