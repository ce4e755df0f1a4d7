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
JUMP_SECONDS = 16 * 60
# The keeper gives a server up that ends more than five times a minute.
BETWEEN_RESTARTS = 13.0
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
    """Chooses, breaks, counts. Runs in the main thread: what it starts dies with that."""

    def __init__(self, stack: Stack, seed: int, morning: int) -> None:
        self.stack, self.dice, self.clock = stack, random.Random(seed), morning
        self.counts: Counter[str] = Counter()
        self.restarted = {"Redis": 0.0, "PostgreSQL": 0.0}
        self.ordered: Counter[str] = Counter()
        self.kinds: dict[str, Callable[[], bool]] = {
            "web process killed": lambda: stack.kill_web(self.dice),
            "all web processes killed": self._kill_web,
            "worker killed": lambda: stack.kill_worker(self.dice),
            "Redis killed": lambda: self._restart("Redis", stack.kill_redis),
            "PostgreSQL killed": lambda: self._postgres(signal.SIGKILL),
            "PostgreSQL shut down at once": lambda: self._postgres(signal.SIGQUIT),
            "a quarter of an hour passes": self._jump,
        }
        for name, fault in AT_STRIPE.items():
            self.kinds[name] = lambda name=name, fault=fault: self._at_stripe(name, fault)
        for point in points.POINTS:
            self.kinds[_killed_at(point.name)] = lambda name=point.name: points.order(name)

    def _kill_web(self) -> bool:
        # It takes seconds to come back: not while it is still coming.
        return self.stack.web_is_up() and self.stack.kill_web(self.dice, whole=True)

    def _restart(self, what: str, kill: Callable[[], bool]) -> bool:
        if time.monotonic() - self.restarted[what] < BETWEEN_RESTARTS or not kill():
            return False
        self.restarted[what] = time.monotonic()
        return True

    def _postgres(self, number: int) -> bool:
        return self._restart("PostgreSQL", lambda: self.stack.kill_postgres(number))

    def _jump(self) -> bool:
        self.clock += JUMP_SECONDS
        self.stack.set_clock(self.clock)
        return True

    def _at_stripe(self, name: str, fault: dict[str, Any]) -> bool:
        if self.ordered[name] - self.struck().get(name, 0) >= 2:
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
        """How often each kind happened."""
        real = {**self.struck(), **{_killed_at(name): n for name, n in points.died().items()}}
        return {
            name: real.get(name, 0) if _counted(name) else self.counts[name] for name in self.kinds
        }

    def go_on(self, until: float, pause: float) -> None:
        """Break the thing that was broken the least, and again, until the time is over."""
        while time.monotonic() < until:
            self.stack.mend()
            counts = self.injected()
            order = sorted(self.kinds, key=lambda name: (counts[name], self.dice.random()))
            # Some of the least broken can not be broken just now.
            for name in order:
                if self.kinds[name]():
                    self.counts[name] += 1
                    break
            time.sleep(self.dice.uniform(0.5, 1.5) * pause)

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


def _counted(name: str) -> bool:
    return name in AT_STRIPE or name.startswith("killed between")
