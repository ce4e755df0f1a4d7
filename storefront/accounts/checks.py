"""What `manage.py check` says about signing in."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

KINDS = ("required", "off")


@register(Tags.security)
def second_factor_kind(**kwargs: Any) -> list[CheckMessage]:
    """STAFF_SECOND_FACTOR is one of its two words."""
    if settings.STAFF_SECOND_FACTOR in KINDS:
        return []
    return [Error("STAFF_SECOND_FACTOR has to be “required” or “off”.", id="accounts.E001")]


@register(Tags.security, deploy=True)
def second_factor_required(**kwargs: Any) -> list[CheckMessage]:
    """On real servers staff need a second step."""
    if settings.STAFF_SECOND_FACTOR != "off":
        return []
    text = "Staff sign in by a password alone: set STAFF_SECOND_FACTOR=required."
    return [Warning(text, id="accounts.W001")]


@register(Tags.security)
def campus_complete(**kwargs: Any) -> list[CheckMessage]:
    """A campus is set up whole or not at all."""
    if not settings.CAMPUS_OIDC_ISSUER or (
        settings.CAMPUS_OIDC_CLIENT_ID and settings.CAMPUS_OIDC_SECRET
    ):
        return []
    text = "CAMPUS_OIDC_ISSUER needs CAMPUS_OIDC_CLIENT_ID and CAMPUS_OIDC_SECRET, too."
    return [Error(text, id="accounts.E002")]
