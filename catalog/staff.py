"""What every page of the staff's in Wagtail's admin needs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.menu import MenuItem

View = Callable[..., HttpResponse]


def allowed(*permissions: str) -> Callable[[View], View]:
    """Let only those in who have all of the permissions; Wagtail tells the others."""

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return inner

    return wrap


def staff_page(
    request: HttpRequest, template: str, title: str, trail: list[tuple[str, str]], **context: Any
) -> HttpResponse:
    """A page with Wagtail's header; `trail` are the pages above it as (address, name)."""
    above = [(reverse("wagtailadmin_home"), _("Home")), *trail, ("", title)]
    status = context.pop("status", 200)
    return render(
        request,
        template,
        {
            "header_title": title,
            "header_icon": "clipboard-list",
            "breadcrumbs_items": [{"url": url, "label": label} for url, label in above],
            **context,
        },
        status=status,
    )


class PermittedItem(MenuItem):
    """A menu item for those who have a permission."""

    def __init__(self, permission: str, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.permission = permission

    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)
