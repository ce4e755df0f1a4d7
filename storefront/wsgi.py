"""WSGI entry point of the web processes."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from storefront.search.sounds import preload

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.production")

application = get_wsgi_application()

if settings.SEARCH_PRELOAD:
    # Before gunicorn's master forks: the workers share what is loaded.
    preload()
