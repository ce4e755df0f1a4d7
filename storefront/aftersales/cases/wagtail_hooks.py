"""Puts the pages of cases into Wagtail's admin."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from catalog.staff import PermittedItem
from storefront.aftersales.cases import selectors, staff_views


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


class CasesPanel(Component):
    """How many cases are open, and how many of them overdue."""

    name = "cases"
    order = 49
    template_name = "staff/_cases_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"counts": selectors.counts_for_staff()}


@hooks.register("construct_homepage_panels")
def cases_panel(request: HttpRequest, panels: list) -> None:
    if request.user.has_perm(staff_views.SEE):
        panels.append(CasesPanel())


@hooks.register("register_permissions")
def permissions() -> QuerySet[Permission]:
    """Offer these where an administrator edits a group."""
    return Permission.objects.filter(
        content_type__app_label="cases", codename__in=["view_case", "change_case"]
    )
