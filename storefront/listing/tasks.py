"""Housekeeping of the notes that the produce list and kept pages follow."""

from celery import shared_task
from django.db import connection

# Longer than a process trusts a shelf that it has not looked after (keeper.SECONDS_TRUSTED). By the
# database's own clock, which is real time also where a demo's clock is shifted.
FORGET = "DELETE FROM {} WHERE written_at < clock_timestamp() - interval '1 hour'"
TABLES = ("listing_change", "page_change")


@shared_task
def forget_changes() -> int:
    """Delete the notes that every process has read; gives how many there were."""
    forgotten = 0
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(FORGET.format(table))
            forgotten += cursor.rowcount
    return forgotten
