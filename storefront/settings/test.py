"""The test suite: its own PostgreSQL, Redis and Stripe sandbox, started by tests/conftest.py."""

from .base import *  # noqa: F403

SECRET_KEY = "only-for-tests"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": PRIVATE_STORAGE,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES["cards"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}  # noqa: F405
DEMO_ALLOWED = True
MAILBOX = True
# A query that runs away is a failure with a name, not a suite that hangs.
DATABASES["default"]["OPTIONS"] = {"options": "-c statement_timeout=60s"}  # noqa: F405
# Tests look at what they have just changed. Those of kept pages turn it on.
KEEP_PAGES = env.bool("KEEP_PAGES", default=False)  # noqa: F405
