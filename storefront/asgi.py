"""ASGI entry point of the event stream's processes (docs/operations.md); pages are WSGI's."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.production")
django.setup()

# Models are there only now.
from livestream.room.stream import Stream  # noqa: E402

application = Stream()
