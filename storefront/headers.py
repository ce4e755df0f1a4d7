"""Headers that say what browsers may do with our pages; the values are in settings/headers.py."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.decorators import csp_replace, csp_update
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# How the names of all of Wagtail's own views begin; those of our staff's pages do not.
WAGTAIL = "wagtail"
V = TypeVar("V", bound=Callable[..., HttpResponseBase])


class PolicyHeaders(CSPMiddleware):
    """Content-Security-Policy, with one of its own for Wagtail's admin, and Permissions-Policy."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Write both; a view's own Content-Security-Policy stays."""
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return super().process_response(request, response)

    def get_policy_parts(self, *args: Any, **kwargs: Any) -> PolicyParts:
        """What the settings and the view's decorators say; see django-csp."""
        parts = super().get_policy_parts(*args, **kwargs)
        match = kwargs["request"].resolver_match
        # The public pages' views are Wagtail's too, but not under /cms/.
        if match and match.route.startswith("cms/") and match.view_name.startswith(WAGTAIL):
            parts.replace = settings.WAGTAIL_CONTENT_SECURITY_POLICY
        return parts


def in_addition(policy: dict[str, Any]) -> Callable[[V], V]:
    """A view whose page may do this as well. django-csp's own decorator, with the view's type."""
    return cast(Callable[[V], V], csp_update(policy))


def in_place(policy: dict[str, Any]) -> Callable[[V], V]:
    """A view whose page has these directives in place of the site's."""
    return cast(Callable[[V], V], csp_replace(policy))
