"""Reminders in the background."""

from celery import shared_task

from storefront.wishes import services


@shared_task
def send_reminders() -> int:
    """Queue what is due, once a day. Gives how many."""
    return services.send_due()


@shared_task
def send_livestream_reminders() -> int:
    """Queue what begins soon, or has begun, once a minute. Gives how many."""
    return services.send_livestreams()
