"""Imports in the background."""

from celery import shared_task

from livestream.platforms import uploads


@shared_task
def import_file(import_id: int) -> None:
    """Import a file that staff have looked at."""
    uploads.run(import_id)
