"""Faults on request: what tests and demos break on purpose."""

from __future__ import annotations

import fnmatch
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

REQUEST_KINDS = ("500", "429", "timeout", "slow")
WEBHOOK_KINDS = ("webhook_duplicate", "webhook_delay", "webhook_reorder", "webhook_drop")
SECONDS = {"timeout": 3600.0, "slow": 1.0, "webhook_delay": 5.0, "webhook_reorder": 1.0}


class FaultError(ValueError):
    """The request for a fault makes no sense; the message says why."""


@dataclass
class Fault:
    """One order to break things.

    `path`: a pattern of the request's path (`/v1/payment_intents*`), for webhooks of the event's
    type (`charge.*`); `method` may narrow requests. `count`: how many times (None: until cleared).
    `when`, for "500" and "timeout": "before" nothing is done, "after" the deed is done and only
    its answer is lost. "slow" keeps the request (and its idempotency key) in flight for `seconds`.
    """

    kind: str
    path: str = "*"
    method: str | None = None
    count: int | None = 1
    probability: float | None = None
    seconds: float = 0.0
    when: str = "before"
    seed: int | None = None
    injected: int = 0
    random: random.Random = field(default_factory=random.Random, repr=False)

    def hits(self, path: str, method: str | None) -> bool:
        """Whether to strike now; if so, it counts."""
        if self.count is not None and self.injected >= self.count:
            return False
        if method is not None and self.method not in (None, method):
            return False
        if not fnmatch.fnmatchcase(path, self.path):
            return False
        if self.probability is not None and self.random.random() >= self.probability:
            return False
        self.injected += 1
        return True

    def shown(self) -> dict[str, Any]:
        names = ("kind", "path", "method", "count", "probability", "seconds", "when", "seed")
        return {**{name: getattr(self, name) for name in names}, "injected": self.injected}


class Faults:
    def __init__(self) -> None:
        self.active: list[Fault] = []
        self.totals: Counter[str] = Counter()

    def add(self, given: dict[str, Any]) -> Fault:
        """A fault from JSON. Without `count` it strikes once, with a probability until cleared."""
        known = ("kind", "path", "method", "count", "probability", "seconds", "when", "seed")
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise FaultError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        kind = str(given.get("kind"))
        if kind not in REQUEST_KINDS + WEBHOOK_KINDS:
            raise FaultError(f"kind must be one of {', '.join(REQUEST_KINDS + WEBHOOK_KINDS)}")
        if given.get("when", "before") not in ("before", "after"):
            raise FaultError('when must be "before" or "after"')
        values = {name: value for name, value in given.items() if value is not None}
        values["kind"] = kind
        values.setdefault("seconds", SECONDS.get(kind, 0.0))
        values["count"] = given.get("count", None if "probability" in values else 1)
        fault = Fault(**values, random=random.Random(values.get("seed")))  # noqa: S311 (to be repeated, not secret)
        self.active.append(fault)
        return fault

    def strike(self, kinds: tuple[str, ...], path: str, method: str | None = None) -> Fault | None:
        """The first fault of these kinds that hits, or None."""
        for fault in self.active:
            if fault.kind in kinds and fault.hits(path, method):
                self.totals[fault.kind] += 1
                return fault
        return None

    def clear(self) -> None:
        self.active.clear()

    def shown(self) -> dict[str, Any]:
        return {
            "faults": [fault.shown() for fault in self.active],
            "injected": dict(self.totals),
        }
