"""Real servers. What is missing from the environment stops the start with its name."""

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403

for _name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "STRIPE_API_KEY"):
    if not env(_name, default=""):  # noqa: F405
        raise ImproperlyConfigured(f"Set {_name} in the environment; see docs/operations.md.")
if CLOCK_FILE:  # noqa: F405
    raise ImproperlyConfigured("SHANHUO_CLOCK_FILE shifts the clock: unset it in production.")

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)  # noqa: F405
# A media server on this machine asks by http, and would take a redirection for an answer.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^live/ingest/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31536000)  # noqa: F405
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# Wagtail previews a page in a frame of its own site: X_FRAME_OPTIONS is SAMEORIGIN on purpose.
SILENCED_SYSTEM_CHECKS = ["security.W019"]

STAFF_SECOND_FACTOR = env("STAFF_SECOND_FACTOR", default="required")  # noqa: F405
if CAMPUS_OIDC_ISSUER and not CAMPUS_OIDC_ISSUER.startswith("https://"):  # noqa: F405
    raise ImproperlyConfigured("CAMPUS_OIDC_ISSUER has to be an https:// address.")

SEARCH_PRELOAD = env.bool("SEARCH_PRELOAD", default=True)
