"""`/_sandbox/…`: what tests and the supervisor ask of the sandbox itself, in JSON.

GET health · GET state · POST reset · GET, POST, DELETE faults · GET, POST webhooks ·
DELETE webhooks/ID · POST events/ID/resend · and what `dashboard` knows
"""

from __future__ import annotations

import json
import time
from typing import Any

from .api import Api
from .dashboard import Dashboard
from .faults import FaultError
from .webhooks import Webhooks


class Control:
    def __init__(self, api: Api, webhooks: Webhooks) -> None:
        self.api = api
        self.store = api.box.store
        self.faults = api.faults
        self.webhooks = webhooks
        self.dashboard = Dashboard(api.box)
        self.started = time.time()

    def answer(self, method: str, path: str, body: str) -> tuple[int, dict[str, Any]]:
        """HTTP status and JSON body."""
        parts = path.strip("/").split("/")[1:]
        try:
            given = json.loads(body) if body.strip() else {}
        except ValueError:
            return 400, {"error": "the body is not JSON"}
        if not isinstance(given, dict):
            return 400, {"error": "the body is not a JSON object"}
        match [method, *parts]:
            case ["GET", "health"]:
                return 200, {"ok": True}
            case ["GET", "state"]:
                return 200, self.state()
            case ["POST", "reset"]:
                self.reset()
                return 200, {"ok": True}
            case ["GET", "faults"]:
                return 200, self.faults.shown()
            case ["POST", "faults"]:
                try:
                    return 200, self.faults.add(given).shown()
                except FaultError as error:
                    return 400, {"error": str(error)}
            case ["DELETE", "faults"]:
                self.faults.clear()
                return 200, self.faults.shown()
            case ["GET", "webhooks"]:
                shown = [endpoint.shown() for endpoint in self.webhooks.endpoints.values()]
                return 200, {"webhooks": shown}
            case ["POST", "webhooks"]:
                return self._add_webhook(given)
            case ["DELETE", "webhooks", endpoint_id]:
                found = self.webhooks.remove(endpoint_id)
                return (200, {"ok": True}) if found else (404, {"error": "no such endpoint"})
            case ["POST", "events", event_id, "resend"]:
                return self._resend(event_id)
            case ["POST", *rest]:
                answer = self.dashboard.answer(rest, given)
                if answer is not None:
                    return answer
        return 404, {"error": f"{method} {path} is not known here"}

    def state(self) -> dict[str, Any]:
        return {
            "counts": {kind: len(table.ids) for kind, table in self.store.tables.items()},
            "idempotency_keys": len(self.store.answers),
            "requests": self.api.requests,
            "webhooks": {
                "delivered": self.webhooks.counts["delivered"],
                "failed": self.webhooks.counts["failed"],
                "pending": len(self.store.undelivered),
            },
            "faults": dict(self.faults.totals),
            "cpu_seconds": time.process_time(),
            "uptime_seconds": time.time() - self.started,
            "journal": str(self.store.journal.path) if self.store.journal else None,
        }

    def reset(self) -> None:
        """Forget all objects, events, keys and faults; the webhook endpoints stay."""
        self.webhooks.forget()
        self.faults.clear()
        self.faults.totals.clear()
        self.webhooks.counts.clear()
        self.store.clear()
        if self.store.journal is not None:
            self.store.journal.erase()

    def _add_webhook(self, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = given.get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            return 400, {"error": "url: an http address is expected"}
        events = given.get("enabled_events") or ["*"]
        return 200, self.webhooks.add(url, given.get("secret"), events).shown()

    def _resend(self, event_id: str) -> tuple[int, dict[str, Any]]:
        event = self.store.events.rows.get(event_id)
        if event is None:
            return 404, {"error": "no such event"}
        self.webhooks.resend(event)
        return 200, {"ok": True}
