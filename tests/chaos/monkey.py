"""What breaks things: one fault after another, each kind as often as the others."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.chaos import points
from tests.chaos.stack import Stack

# What a fault at the payment service strikes.
PATHS = ("/v1/payment_intents*", "/v1/payment_intents*", "/v1/refunds*", "/v1/*")
# The keeper gives a server up that ends more than five times a minute.
BETWEEN_RESTARTS = 13.0
ALL_WEB_EVERY = 6
AT_STRIPE: dict[str, dict[str, Any]] = {
    "Stripe answers 500, nothing done": {"kind": "500", "when": "before"},
    "Stripe answers 500, all done": {"kind": "500", "when": "after"},
    "Stripe answers 429": {"kind": "429"},
    "Stripe does not answer, nothing done": {"kind": "timeout", "when": "before", "seconds": 4},
    "Stripe does not answer, all done": {"kind": "timeout", "when": "after", "seconds": 4},
    "webhook twice": {"kind": "webhook_duplicate"},
    "webhook late": {"kind": "webhook_delay", "seconds": 3},
    "webhook lost": {"kind": "webhook_drop"},
    "webhooks in another order": {"kind": "webhook_reorder", "seconds": 1},
}


class Monkey:
    """Breaks each thing at its own pace, and counts. Runs in the main thread: what it starts dies
    with that.
    """

    def __init__(self, stack: Stack, seed: int, morning: int, period: float) -> None:
        """`period`: seconds from one fault of a kind to the next."""
        self.stack, self.dice, self.clock = stack, random.Random(seed), morning
        self.period = period
        self.counts: Counter[str] = Counter()
        self.restarted: dict[str, float] = {}
        self.ordered: Counter[str] = Counter()
        self.kinds: dict[str, Callable[[], bool]] = {
            "web process killed": self._kill_web,
            "worker killed": lambda: stack.kill_worker(self.dice),
            "Redis killed": lambda: self._restart("Redis", stack.kill_redis),
            "PostgreSQL killed": lambda: self._restart("PostgreSQL", self._kill_postgres),
        }
        for name, fault in AT_STRIPE.items():
            self.kinds[name] = lambda name=name, fault=fault: self._at_stripe(name, fault)
        for point in points.POINTS:
            self.kinds[_killed_at(point.name)] = lambda name=point.name: points.order(name)
        begun = time.monotonic()
        self.due = {name: begun + self.dice.uniform(0, period) for name in self.kinds}

    def _kill_web(self) -> bool:
        """One of them; now and then all of them, which takes some seconds to come back."""
        if self.counts["web process killed"] % ALL_WEB_EVERY == 1:
            return self.stack.kill_web(self.dice, whole=True)
        return self.stack.kill_web(self.dice)

    def _restart(self, what: str, kill: Callable[[], bool]) -> bool:
        if time.monotonic() - self.restarted.get(what, 0) < BETWEEN_RESTARTS or not kill():
            return False
        self.restarted[what] = time.monotonic()
        return True

    def _kill_postgres(self) -> bool:
        # A crash, or an immediate shutdown.
        return self.stack.kill_postgres(self.dice.choice([signal.SIGKILL, signal.SIGQUIT]))

    def _at_stripe(self, name: str, fault: dict[str, Any]) -> bool:
        if self.ordered[name] - self.struck().get(name, 0) >= 3:
            return False
        more = {"path": self.dice.choice(PATHS)} if "webhook" not in name else {}
        # Three in a row outlast the client's own repeats.
        count = self.dice.choice([1, 1, 3]) if "webhook" not in name else 1
        self.stack.sandbox.fault(**fault, **more, count=count)
        self.ordered[name] += count
        return True

    def struck(self) -> Counter[str]:
        """How often each fault at the sandbox really struck."""
        counts: Counter[str] = Counter()
        for row in self.stack.sandbox.faults()["faults"]:
            for name, fault in AT_STRIPE.items():
                if row["kind"] == fault["kind"] and row["when"] == fault.get("when", row["when"]):
                    counts[name] += row["injected"]
        return counts

    def injected(self) -> dict[str, int]:
        """How often each kind happened: what was ordered counts when it struck."""
        real = {**self.struck(), **{_killed_at(name): n for name, n in points.died().items()}}
        return {
            name: real.get(name, 0) if _ordered(name) else self.counts[name] for name in self.kinds
        }

    def go_on(self, until: float) -> None:
        """Break what is due, until the time is over."""
        while time.monotonic() < until:
            self.stack.mend()
            for name, at in self.due.items():
                if time.monotonic() > at and self.kinds[name]():
                    self.counts[name] += 1
                    self.due[name] = at + self.period * self.dice.uniform(0.7, 1.3)
            time.sleep(0.2)

    def stop(self) -> dict[str, int]:
        """No more faults; all servers are there again. Gives what was injected."""
        counts = self.injected()
        self.stack.sandbox.clear_faults()
        points.withdraw()
        self.stack.wait_for_database()
        self.stack.mend()
        self.stack.wait_for_web()
        return counts


def _killed_at(point: str) -> str:
    return f"killed between {point}"


def _ordered(name: str) -> bool:
    return name in AT_STRIPE or name.startswith("killed between")
