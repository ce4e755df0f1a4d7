"""Scheduled counting of the public figures."""

from celery import shared_task

from storefront.impact import services


@shared_task
def count_impact() -> None:
    """Count the public figures anew."""
    services.count()
