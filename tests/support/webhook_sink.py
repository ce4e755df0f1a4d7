"""A receiver of webhooks that keeps what it gets and answers as told."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe


@dataclass
class Sink:
    """`received`: verified events in the order of arrival; `answers`: statuses to give first
    (200 when they are used up); `attempts`: all requests, refused ones included.
    """

    secret: str
    url: str = ""
    received: list[stripe.Event] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    attempts: int = 0

    def types(self) -> list[str]:
        return [event.type for event in self.received]

    def wait(self, ready: Callable[[], bool], seconds: float = 10) -> None:
        """Until `ready()`; AssertionError with what came instead."""
        end = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < end, f"after {seconds} s only {self.types()}"
            time.sleep(0.01)


@contextlib.contextmanager
def webhook_sink(secret: str) -> Iterator[Sink]:
    """A sink on a free port; each request's signature is checked as an application must."""
    sink = Sink(secret)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.attempts += 1
            status = sink.answers.pop(0) if sink.answers else 200
            try:
                event = stripe.Webhook.construct_event(
                    body, self.headers["Stripe-Signature"], sink.secret
                )
            except stripe.SignatureVerificationError:
                status = 400
            if status == 200:
                sink.received.append(event)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing: the test says what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.url = f"http://127.0.0.1:{server.server_address[1]}/webhook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
