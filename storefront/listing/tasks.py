"""Housekeeping of the produce list."""

from celery import shared_task
from django.db import connection

# Longer than a process trusts a shelf that it has not looked after (keeper.SECONDS_TRUSTED). By the
# database's own clock, which is real time also where a demo's clock is shifted.
FORGET = "DELETE FROM listing_change WHERE written_at < clock_timestamp() - interval '1 hour'"


@shared_task
def forget_changes() -> int:
    """Delete the notes that every process has read; gives how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET)
        return cursor.rowcount
