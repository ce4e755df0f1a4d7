"""The site itself: composition root, and what a buyer touches."""

from storefront.celery import app as celery_app

__all__ = ["celery_app"]
