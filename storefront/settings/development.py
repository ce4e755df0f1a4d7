"""One desk: `make run` supplies the addresses of the embedded parts."""

from .base import *  # noqa: F403

SECRET_KEY = SECRET_KEY or "only-for-development-never-for-a-server"  # noqa: F405
DEBUG = env.bool("DEBUG", default=False)  # noqa: F405
ALLOWED_HOSTS = ALLOWED_HOSTS or ["*"]  # noqa: F405
DEMO_ALLOWED = True
SERVE_MEDIA = True
MAILBOX = True
