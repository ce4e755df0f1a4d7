"""The servers that the Stripe contract is put to, each started when it is first asked for."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stripe

from tests.support.sandbox import Sandbox, running_sandbox

PAYMENT: Any = {
    "amount": 5000,
    "currency": "cny",
    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
}
NUMBERS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_chargeDeclined": "4000000000000341",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_createDispute": "4000000000000259",
}


@dataclass
class Backend:
    """A server under contract; `own_cards`: it knows no `pm_card_…`, and no newer parameters."""

    name: str
    client: stripe.StripeClient
    own_cards: bool = False

    def card(self, name: str) -> str:
        """The id of a payment method for Stripe's test card `name`."""
        if not self.own_cards:
            return name
        card: Any = {"number": NUMBERS[name], "exp_month": 8, "exp_year": 2040, "cvc": "314"}
        method = self.client.v1.payment_methods.create({"type": "card", "card": card})
        return method.id

    def intent(self, amount: int = 5000, card: str | None = None) -> stripe.PaymentIntent:
        """A new intent over `amount` fen, with its card if given."""
        params: Any = {"amount": amount, "currency": "cny", "metadata": {"try": "1"}}
        if card is not None:
            params["payment_method"] = self.card(card)
        if not self.own_cards:
            params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}
        return self.client.v1.payment_intents.create(params)

    def paid(self, amount: int = 5000) -> stripe.PaymentIntent:
        intent = self.intent(amount, "pm_card_visa")
        return self.client.v1.payment_intents.confirm(intent.id)

    def dispute_of(self, intent_id: str, seconds: float = 20) -> stripe.Dispute:
        """The dispute over an intent's payment, which Stripe opens a moment after it."""
        end = time.monotonic() + seconds
        while True:
            found = self.client.v1.disputes.list({"payment_intent": intent_id}).data
            if found:
                return found[0]
            assert time.monotonic() < end, "no dispute"
            time.sleep(0.5)


@contextlib.contextmanager
def localstripe(folder: Path) -> Iterator[str]:
    """The address of a fresh localstripe, a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "localstripe", "--from-scratch", "--port", str(port)]
    with (folder / "localstripe.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                said = (folder / "localstripe.log").read_text()
                assert process.poll() is None and time.monotonic() < end, said
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def started_on_demand(folder: Path, test_key: str) -> Iterator[Callable[[str], Backend]]:
    """A function from a backend's name ("sandbox", "localstripe", "stripe") to the backend."""
    with contextlib.ExitStack() as stack:
        started: dict[str, Backend] = {}

        def start(name: str) -> Backend:
            if name == "stripe":
                return Backend(name, stripe.StripeClient(test_key))
            if name == "sandbox":
                sandbox = stack.enter_context(running_sandbox())
                url, key = sandbox.url, sandbox.api_key
            else:
                url, key = stack.enter_context(localstripe(folder)), "sk_test_local"
            client = stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=0)
            return Backend(name, client, own_cards=name == "localstripe")

        def backend(name: str) -> Backend:
            if name not in started:
                started[name] = start(name)
            return started[name]

        yield backend


def connect(sandbox: Sandbox, timeout: float = 20) -> stripe.StripeClient:
    """A client that never retries."""
    return stripe.StripeClient(
        sandbox.api_key,
        base_addresses={"api": sandbox.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )


def pay(client: stripe.StripeClient, card: str = "pm_card_visa") -> stripe.PaymentIntent:
    params: Any = {**PAYMENT, "payment_method": card, "confirm": True}
    return client.v1.payment_intents.create(params)


def counts(sandbox: Sandbox) -> dict[str, int]:
    return dict(sandbox.state()["counts"])
