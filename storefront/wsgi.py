"""WSGI entry point of the web processes."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.production")

application = get_wsgi_application()

if settings.SEARCH_PRELOAD:
    # Apps are there only now.
    from storefront.speed.warming import warm

    # Before gunicorn's master forks: the workers share what is loaded.
    warm()
