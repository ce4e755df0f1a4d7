"""Processes of our own that race: each holds Django, all begin at one barrier.

Threads share one interpreter and hide races; these share nothing but the database.
"""

import importlib
import multiprocessing
import multiprocessing.connection
import os
import traceback
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

PATIENCE = 60
# What `Outcome.kind` is when the call came back; else it is the exception's name.
GIVEN = "given"


@dataclass(frozen=True)
class Call:
    """A function of tests.support.races, by name, and its arguments."""

    function: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a call gave, or the exception that escaped from it."""

    kind: str
    value: Any = None
    trace: str = ""


def call(function: str, *arguments: Any) -> Call:
    return Call(function, arguments)


class Racers:
    """Some processes, started once; each race may use another database and sandbox."""

    def __init__(self, count: int = 4) -> None:
        context = multiprocessing.get_context("spawn")
        self._barrier = context.Barrier(count)
        self._lines = []
        self._processes = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_serve, args=(theirs, self._barrier, dict(os.environ)), daemon=True
            )
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)
        for line in self._lines:
            assert _receive(line) == "ready"

    def race(self, calls: Sequence[Call], database: str, stripe: str = "") -> list[Outcome]:
        """Run the calls, dealt out to the processes in turn; outcomes in the calls' order."""
        count = len(self._lines)
        for number, line in enumerate(self._lines):
            line.send((database, stripe, list(calls[number::count])))
        outcomes: list[Outcome | None] = [None] * len(calls)
        for number, line in enumerate(self._lines):
            outcomes[number::count] = _receive(line)
        return [outcome for outcome in outcomes if outcome is not None]

    def stop(self) -> None:
        for line in self._lines:
            line.close()
        for process in self._processes:
            process.join(10)
            if process.is_alive():
                process.kill()


def _receive(line: "multiprocessing.connection.Connection[Any, Any]") -> Any:
    if not line.poll(PATIENCE):
        raise AssertionError(f"a racing process gave no answer within {PATIENCE} s")
    return line.recv()


def _serve(
    line: "multiprocessing.connection.Connection[Any, Any]",
    barrier: Barrier,
    environment: dict[str, str],
) -> None:
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="storefront.settings.test")
    import django

    django.setup()
    from django.db import connection

    races = importlib.import_module("tests.support.races")
    line.send("ready")
    while True:
        try:
            database, stripe, calls = line.recv()
        except EOFError:
            return
        _lead_to(database, stripe)
        connection.ensure_connection()
        barrier.wait(PATIENCE)
        line.send([_run(getattr(races, item.function), item.arguments) for item in calls])
        connection.close()


def _lead_to(database: str, stripe: str) -> None:
    from django.conf import settings
    from django.db import connections

    from storefront.payments import gateway

    connections["default"].settings_dict["NAME"] = database
    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = stripe, "sk_test_51sandbox"
    gateway._client.cache_clear()


def _run(function: Any, arguments: Iterable[Any]) -> Outcome:
    try:
        return Outcome(GIVEN, function(*arguments))
    except Exception as error:
        return Outcome(type(error).__name__, str(error), traceback.format_exc())


def tally(outcomes: Iterable[Outcome]) -> Counter[Any]:
    """How often each value was given or each exception escaped."""
    return Counter(item.value if item.kind == GIVEN else item.kind for item in outcomes)
