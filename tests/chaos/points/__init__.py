"""Named points of the chain at which a server process kills itself when it is told to.

Nothing of this is in the shop's own code: when the app is ready, the functions around a point are
wrapped. A token file of a point's name kills the first process that comes by, once.
"""

import functools
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Point(NamedTuple):
    """Where: before or after a function of a module."""

    name: str
    when: str
    module: str
    function: str


POINTS = (
    Point("intent and its number", "after", "storefront.payments.gateways.stripe", "create_intent"),
    Point("charge and order", "before", "storefront.payments.finalizing", "_settle"),
    Point("order and answer", "after", "storefront.payments.finalizing", "_settle"),
    Point("order and mail", "before", "storefront.notifications.services", "enqueue"),
    Point("mail and its mark", "before", "storefront.notifications.services", "_sent"),
    Point("refund and its posting", "before", "storefront.aftersales.sending", "_record"),
    Point("event and its work", "before", "storefront.payments.events", "_act"),
)


def folder() -> Path:
    return Path(os.environ["CHAOS_FOLDER"]) / "points"


def token(name: str) -> Path:
    """The file whose presence is the order to die."""
    return folder() / name.replace(" ", "-")


def order(name: str) -> bool:
    """Have the next process that comes by die; False while an earlier order waits."""
    if token(name).exists():
        return False
    token(name).touch()
    return True


def died() -> dict[str, int]:
    """How often a process died at each point."""
    counts = dict.fromkeys((point.name for point in POINTS), 0)
    for path in (folder() / "died").iterdir():
        counts[path.name.rpartition(".")[0].replace("-", " ")] += 1
    return counts


def withdraw() -> None:
    """Nobody dies any more."""
    for point in POINTS:
        token(point.name).unlink(missing_ok=True)


def _maybe_die(name: str) -> None:
    mark = folder() / "died" / f"{token(name).name}.{os.getpid()}-{time.monotonic_ns()}"
    try:
        token(name).rename(mark)
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(point: Point, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def around(*args: Any, **kwargs: Any) -> Any:
        if point.when == "before":
            _maybe_die(point.name)
        answer = original(*args, **kwargs)
        if point.when == "after":
            _maybe_die(point.name)
        return answer

    return around


def arm() -> None:
    """Put the points in, wherever the functions were imported to."""
    for point in POINTS:
        original = getattr(importlib.import_module(point.module), point.function)
        replacement = _wrapped(point, original)
        for name, module in list(sys.modules.items()):
            if name.startswith(("storefront", "cooperatives")):
                for attribute, value in list(vars(module).items()):
                    if value is original:
                        setattr(module, attribute, replacement)
