"""Pages that appear and disappear at their time."""

from celery import shared_task
from django.core.management import call_command


@shared_task
def publish_scheduled() -> None:
    """Publish what is due and take down what has expired.

    By Wagtail's own command and real time: an editor's date is compared with real time in all of
    Wagtail, so the shifted clock of tests and demos does not move it.
    """
    call_command("publish_scheduled")
