"""`python -m tests.chaos.hatchery WORKERS`: Celery workers and a schedule, born again when killed.

A process that holds Django forks them, so that a new one is there at once: the machine's time is
for the work. They die with it.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

PR_SET_PDEATHSIG = 1
# The schedule's pace: what runs every minute in production runs every other second here.
SECONDS = 2.0
SLOW_SECONDS = 15.0
# Seconds, as in production.
EXPIRES = 30.0


def work() -> None:
    """A Celery worker: one process with two threads, as under `make run`."""
    from storefront.celery import app

    arguments = ["worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "INFO"]
    arguments += ["--without-gossip", "--without-mingle", "-n", f"chaos-{os.getpid()}@%h"]
    app.worker_main(arguments)


def keep_time() -> None:
    """Send the sweeps of the real schedule, faster; nobody takes them while Redis is down."""
    from django.conf import settings
    from kombu.exceptions import OperationalError

    from storefront.celery import app

    entries = settings.CELERY_BEAT_SCHEDULE
    quick = [row["task"] for row in entries.values() if isinstance(row["schedule"], float)]
    slow = [row["task"] for name, row in entries.items() if name in ("sweep-balance", "reconcile")]
    later = time.monotonic() + SLOW_SECONDS
    while True:
        due = list(quick)
        if time.monotonic() > later:
            due += slow
            later = time.monotonic() + SLOW_SECONDS
        for task in due:
            try:
                app.send_task(task, expires=EXPIRES)
            except OperationalError:
                break
        time.sleep(SECONDS)


def _hatch(job: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
    try:
        job()
    finally:
        os._exit(1)


def main(workers: int) -> NoReturn:
    import django

    django.setup()
    from storefront.celery import app

    app.loader.import_default_modules()
    jobs = {_hatch(job): job for job in [keep_time, *[work] * workers]}
    print("hatched", flush=True)
    while True:
        pid, _ = os.wait()
        job = jobs.pop(pid)
        jobs[_hatch(job)] = job


if __name__ == "__main__":
    main(int(sys.argv[1]))
