"""The demo's past: this process lives on an earlier day, without network and without mail."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from catalog.clock import now
from storefront.celery import app

NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


@contextmanager
def in_the_past() -> Iterator[Callable[[datetime], None]]:
    """Give `set_clock(moment)`; it counts in this process alone.

    What is told to buyers meanwhile is written down and goes nowhere, tasks are done at once, and
    members may pay by transfer.
    """
    kept = (settings.CLOCK_FILE, settings.EMAIL_BACKEND, settings.OFFLINE_PAYMENT_INSTRUCTIONS)
    eager, real = app.conf.task_always_eager, now()
    with tempfile.TemporaryDirectory() as folder:
        clock = Path(folder) / "clock"
        settings.CLOCK_FILE, settings.EMAIL_BACKEND = str(clock), NO_MAIL
        settings.OFFLINE_PAYMENT_INSTRUCTIONS = "demo"
        app.conf.task_always_eager = True
        # A demo that is lost in a power cut is loaded anew: no commit waits for the disk.
        _tell_database("SET synchronous_commit = off")
        try:
            yield lambda moment: _write(clock, int((moment - real).total_seconds()))
        finally:
            _tell_database("RESET synchronous_commit")
            settings.CLOCK_FILE, settings.EMAIL_BACKEND, settings.OFFLINE_PAYMENT_INSTRUCTIONS = (
                kept
            )
            app.conf.task_always_eager = eager


def _tell_database(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(what)


def _write(clock: Path, seconds: int) -> None:
    clock.write_text(str(seconds))
