"""One desk: `make run` supplies the addresses of the embedded parts."""

from .base import *  # noqa: F403

SECRET_KEY = SECRET_KEY or "only-for-development-never-for-a-server"  # noqa: F405
DEBUG = env.bool("DEBUG", default=False)  # noqa: F405
# With DEBUG one changes templates and looks.
KEEP_PAGES = KEEP_PAGES and not DEBUG  # noqa: F405
ALLOWED_HOSTS = ALLOWED_HOSTS or ["*"]  # noqa: F405
DEMO_ALLOWED = True
SERVE_MEDIA = True
MAILBOX = True
# So that a transfer can be tried at one desk.
OFFLINE_PAYMENT_INSTRUCTIONS = (
    OFFLINE_PAYMENT_INSTRUCTIONS or "山货集（试用）\n账号 0000 0000 0000 0000"  # noqa: F405
)
