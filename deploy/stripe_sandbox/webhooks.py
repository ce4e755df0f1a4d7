"""Events to their endpoints: signed, in parallel, again and again until one answers 2xx."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import aiohttp

from .api import encode
from .box import Box
from .faults import WEBHOOK_KINDS, Fault, Faults
from .records import Event

CONNECTIONS = 8  # deliveries at once to one endpoint
# Seconds before each further attempt; the last one repeats. Stripe's are hours: tests cannot wait.
RETRY_DELAYS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
TIMEOUT = 10.0

log = logging.getLogger("stripe_sandbox")


class Delivery(NamedTuple):
    """One event on its way to one endpoint; `extra` is a duplicate made on purpose."""

    event: Event
    attempt: int = 0
    extra: bool = False


@dataclass
class Endpoint:
    id: str
    url: str
    secret: str
    events: tuple[str, ...] = ("*",)
    queue: asyncio.Queue[Delivery] = field(default_factory=asyncio.Queue, repr=False)
    tasks: list[asyncio.Task[None]] = field(default_factory=list, repr=False)

    def wants(self, event_type: str) -> bool:
        return any(fnmatchcase(event_type, pattern) for pattern in self.events)

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "url": self.url,
            "secret": self.secret,
            "enabled_events": list(self.events),
            "waiting": self.queue.qsize(),
        }


def signature(secret: str, body: str, second: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 of "second.body" under the endpoint's secret."""
    mac = hmac.new(secret.encode(), f"{second}.{body}".encode(), hashlib.sha256)
    return f"t={second},v1={mac.hexdigest()}"


class Webhooks:
    """The endpoints and their deliveries. Needs a running loop from `start` on."""

    def __init__(
        self, box: Box, faults: Faults, retry_delays: Iterable[float] = RETRY_DELAYS
    ) -> None:
        self.box = box
        self.faults = faults
        self.retry_delays = tuple(retry_delays)
        self.endpoints: dict[str, Endpoint] = {}
        self.counts: Counter[str] = Counter()
        self.held: list[tuple[Endpoint, Event]] = []
        self._session: aiohttp.ClientSession | None = None
        box.outlet = self.send
        box.listening = lambda event_type: len(self._wanting(event_type))

    def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT),
            auto_decompress=False,
        )

    async def stop(self) -> None:
        for endpoint in list(self.endpoints.values()):
            self.remove(endpoint.id)
        if self._session is not None:
            await self._session.close()

    def add(self, url: str, secret: str | None = None, events: Iterable[str] = ("*",)) -> Endpoint:
        """A new endpoint; without a secret it gets one."""
        endpoint = Endpoint(
            "we_" + secrets.token_hex(8),
            url,
            secret or "whsec_" + secrets.token_hex(16),
            tuple(events),
        )
        self.endpoints[endpoint.id] = endpoint
        endpoint.tasks = [asyncio.create_task(self._deliver(endpoint)) for _ in range(CONNECTIONS)]
        return endpoint

    def remove(self, endpoint_id: str) -> bool:
        endpoint = self.endpoints.pop(endpoint_id, None)
        if endpoint is None:
            return False
        for task in endpoint.tasks:
            task.cancel()
        return True

    def send(self, event: Event) -> None:
        for endpoint in self._wanting(event.type):
            self._enqueue(endpoint, event)

    def resend(self, event: Event) -> None:
        """Send an event once more, whether or not it was taken; no fault touches it."""
        for endpoint in self._wanting(event.type):
            endpoint.queue.put_nowait(Delivery(event, extra=True))

    def resume(self) -> None:
        """Send again what no endpoint has taken before the sandbox was stopped."""
        for event in self.box.store.unsent():
            wanting = self._wanting(event.type)
            if wanting:
                self.box.store.undelivered[event.id] = len(wanting)
                self.send(event)

    def forget(self) -> None:
        """Drop all that waits."""
        self.held.clear()
        for endpoint in self.endpoints.values():
            while not endpoint.queue.empty():
                endpoint.queue.get_nowait()

    def _wanting(self, event_type: str) -> list[Endpoint]:
        return [endpoint for endpoint in self.endpoints.values() if endpoint.wants(event_type)]

    def _enqueue(self, endpoint: Endpoint, event: Event) -> None:
        fault = self.faults.strike(WEBHOOK_KINDS, event.type)
        if fault is None:
            endpoint.queue.put_nowait(Delivery(event))
        elif fault.kind == "webhook_duplicate":
            endpoint.queue.put_nowait(Delivery(event))
            _queue_later(endpoint, fault.seconds, Delivery(event, extra=True))
        elif fault.kind == "webhook_delay":
            _queue_later(endpoint, fault.seconds, Delivery(event))
        elif fault.kind == "webhook_drop":
            self.box.store.delivered(event.id)
        else:
            self._hold(endpoint, event, fault)

    def _hold(self, endpoint: Endpoint, event: Event, fault: Fault) -> None:
        """Keep for the reordering; the first one kept decides when all of them go."""
        self.held.append((endpoint, event))
        if len(self.held) == 1:
            loop = asyncio.get_running_loop()
            loop.call_later(fault.seconds, lambda: loop.create_task(self._release(fault)))

    async def _release(self, fault: Fault) -> None:
        """Send what was held one after the other: shuffled by the seed, without one backwards."""
        held, self.held = self.held[::-1], []
        if fault.seed is not None:
            random.Random(fault.seed).shuffle(held)  # noqa: S311 (to be repeated, not secret)
        for endpoint, event in held:
            await self._attempt(endpoint, Delivery(event))

    async def _deliver(self, endpoint: Endpoint) -> None:
        while True:
            delivery = await endpoint.queue.get()
            try:
                await self._attempt(endpoint, delivery)
            except Exception:
                log.exception("%s could not be delivered", delivery.event.id)

    async def _attempt(self, endpoint: Endpoint, delivery: Delivery) -> None:
        event = delivery.event
        if event.id not in self.box.store.events.rows:
            return  # the sandbox was reset meanwhile
        body = encode(self.box.renderer.event(event))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(endpoint.secret, body, int(time.time())),
        }
        assert self._session is not None
        try:
            async with self._session.post(
                endpoint.url, data=body.encode(), headers=headers, allow_redirects=False
            ) as response:
                taken = 200 <= response.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            taken = False
        if taken:
            self.counts["delivered"] += 1
            if not delivery.extra:
                self.box.store.delivered(event.id)
        else:
            self.counts["failed"] += 1
            delay = self.retry_delays[min(delivery.attempt, len(self.retry_delays) - 1)]
            _queue_later(endpoint, delay, delivery._replace(attempt=delivery.attempt + 1))


def _queue_later(endpoint: Endpoint, seconds: float, delivery: Delivery) -> None:
    asyncio.get_running_loop().call_later(seconds, endpoint.queue.put_nowait, delivery)
