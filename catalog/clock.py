"""The one clock. Everything that asks what time it is asks here.

Tests and demos shift it, also in running server processes: settings.CLOCK_FILE names a file
that holds a number of seconds to add to the real time.
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _shift() -> timedelta:
    if not settings.CLOCK_FILE:
        return timedelta()
    try:
        return timedelta(seconds=int(Path(settings.CLOCK_FILE).read_text() or 0))
    except FileNotFoundError:
        return timedelta()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _shift()


def today() -> date:
    """The present day in Shanghai: what the page and the rules mean by "a day"."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The Shanghai day that an aware moment lies in."""
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The first moment of a Shanghai day, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
