"""Tasks of the site as a whole."""

from celery import shared_task
from django.core.cache import cache

from catalog.clock import now

BEAT_KEY = "shanhuo:beat"
# The schedule writes it every minute or oftener; `manage.py doctor` misses it after five.
BEAT_SECONDS = 300


@shared_task
def heartbeat() -> None:
    """Leave a sign that the schedule sends tasks and a worker runs them."""
    cache.set(BEAT_KEY, now().isoformat(timespec="seconds"), BEAT_SECONDS)
