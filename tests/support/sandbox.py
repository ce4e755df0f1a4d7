"""The Stripe sandbox as a process of its own, for any test that takes payments."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[2]
API_KEY = "sk_test_51sandbox"
PUBLISHABLE_KEY = "pk_test_51sandbox"
WEBHOOK_SECRET = "whsec_sandbox"  # a secret of the tests


@dataclass
class Sandbox:
    """A running sandbox: where it is, its keys, and its levers."""

    process: subprocess.Popen[str]
    url: str
    api_key: str
    publishable_key: str
    webhook_secret: str

    @property
    def js_url(self) -> str:
        """The address of the script for the browser, in place of stripe.js's."""
        return self.url + "/v3/"

    def fault(self, **fault: Any) -> dict[str, Any]:
        """Order a fault: see `deploy.stripe_sandbox.faults.Fault` for what it takes."""
        return self.control("POST", "faults", fault)

    def faults(self) -> dict[str, Any]:
        """The faults that were ordered, and how often each struck."""
        return self.control("GET", "faults")

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def state(self) -> dict[str, Any]:
        """Counts of objects, deliveries and faults; CPU seconds used."""
        return self.control("GET", "state")

    def reset(self) -> None:
        """Forget all objects, events, keys and faults; webhook endpoints stay."""
        self.control("POST", "reset")

    def add_webhook(self, url: str, events: Sequence[str] = ("*",)) -> str:
        """Send these events to `url` too, signed with `webhook_secret`; the endpoint's id."""
        given = {"url": url, "secret": self.webhook_secret, "enabled_events": list(events)}
        endpoint: str = self.control("POST", "webhooks", given)["id"]
        return endpoint

    def remove_webhook(self, endpoint_id: str) -> None:
        self.control("DELETE", f"webhooks/{endpoint_id}")

    def resend(self, event_id: str) -> None:
        """Deliver an event once more."""
        self.control("POST", f"events/{event_id}/resend")

    def pay(self, amount: int, **more: Any) -> dict[str, Any]:
        """A payment of `amount` fen that the shop knows nothing of; `card`, `metadata`."""
        return self.control("POST", "payments", {"amount": amount, **more})

    def refund(self, payment_intent: str, **more: Any) -> dict[str, Any]:
        """A refund made at Stripe's dashboard, of all or of `amount` fen."""
        return self.control("POST", "refunds", {"payment_intent": payment_intent, **more})

    def settle(self, payment_intent: str, status: Literal["succeeded", "failed"]) -> dict[str, Any]:
        """End a payment that is `processing` (by the card `pm_card_processing`)."""
        return self.control("POST", f"intents/{payment_intent}/settle", {"status": status})

    def pay_out(self, **how: Any) -> dict[str, Any]:
        """A payout of all that was not paid out yet, or of `amount` fen; `fail` lets it fail."""
        return self.control("POST", "payouts", how)

    def dispute(self, payment_intent: str, **how: Any) -> dict[str, Any]:
        """The buyer's bank disputes a payment: `amount` in fen, `reason`."""
        return self.control("POST", "disputes", {"payment_intent": payment_intent, **how})

    def close_dispute(self, dispute_id: str, status: Literal["won", "lost"]) -> dict[str, Any]:
        """The bank's verdict on a dispute."""
        return self.control("POST", f"disputes/{dispute_id}/close", {"status": status})

    def control(
        self, method: str, path: str, given: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """A call of `/_sandbox/…`; AssertionError with its words if it refuses."""
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}",
            method=method,
            data=None if given is None else json.dumps(given).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                shown: dict[str, Any] = json.load(response)
                return shown
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from None

    def stop(self, kill: bool = False) -> None:
        """End it and wait for its end; by SIGKILL if asked, as a crash would."""
        if self.process.poll() is None:
            if kill:
                self.process.kill()
            else:
                self.process.terminate()
        self.process.wait(timeout=30)
        if self.process.stdout is not None:
            self.process.stdout.close()


def start_sandbox(
    data: Path | str | None = None,
    webhook_url: str | None = None,
    webhook_secret: str = WEBHOOK_SECRET,
    *,
    webhook_retries: Sequence[float] = (0.05, 0.1, 0.2, 0.5),
    webhook_events: Sequence[str] = ("*",),
    port: int = 0,
    api_key: str = API_KEY,
    publishable_key: str = PUBLISHABLE_KEY,
    command: Sequence[str] = (),
) -> Sandbox:
    """Start a sandbox that dies with this process, and wait until it answers.

    `data`: its journal (in memory without one). `webhook_retries`: seconds before each further
    attempt. `webhook_events`: those that the endpoint enables. `command`: goes before the
    interpreter, such as `taskset`.
    """
    arguments = [*command, sys.executable, "-m", "deploy.stripe_sandbox", "--die-with-parent"]
    arguments += ["--port", str(port), "--api-key", api_key, "--publishable-key", publishable_key]
    arguments += ["--webhook-retries", ",".join(f"{seconds:g}" for seconds in webhook_retries)]
    if data is not None:
        arguments += ["--data", str(data)]
    if webhook_url is not None:
        arguments += ["--webhook-url", webhook_url, "--webhook-secret", webhook_secret]
        arguments += ["--webhook-events", ",".join(webhook_events)]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            arguments,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None
        greeting = process.stdout.readline()
        address = re.search(r"http://\S+", greeting)
        if address is None:
            process.wait(timeout=10)
            errors.seek(0)
            raise RuntimeError(f"the Stripe sandbox did not start: {errors.read()}")
    return Sandbox(process, address[0], api_key, publishable_key, webhook_secret)


@contextlib.contextmanager
def running_sandbox(
    data: Path | str | None = None,
    webhook_url: str | None = None,
    webhook_secret: str = WEBHOOK_SECRET,
    **options: Any,
) -> Iterator[Sandbox]:
    """A sandbox for the time of a `with`; takes what `start_sandbox` takes."""
    sandbox = start_sandbox(data, webhook_url, webhook_secret, **options)
    try:
        yield sandbox
    finally:
        sandbox.stop()


def bank_answers(url: str, answer: Literal["complete", "fail"]) -> None:
    """Press a button of the 3-D Secure page at `url` (from an intent's `next_action`)."""
    request = urllib.request.Request(f"{url}/{answer}", method="POST", data=b"")
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        opener.open(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        if error.code != 303:
            raise


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: Any) -> None:
        return None
