"""`python -m deploy.stripe_sandbox`: start the sandbox."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from aiohttp import web

from . import disputes, payouts, refunds
from .api import Api
from .box import Box
from .control import Control
from .faults import Faults
from .journal import Journal, JournalError
from .objects import Renderer
from .process import die_with_parent
from .server import Site
from .store import Store
from .webhooks import RETRY_DELAYS, Webhooks


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stripe_sandbox", description="A stand-in for Stripe.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one and prints it")
    parser.add_argument(
        "--data", type=Path, help="journal file, or a folder for it; else in memory"
    )
    parser.add_argument("--api-key", default="sk_test_sandbox")
    parser.add_argument(
        "--publishable-key",
        default=os.environ.get("STRIPE_PUBLISHABLE_KEY"),
        help="default: STRIPE_PUBLISHABLE_KEY, else the API key with pk_ for sk_",
    )
    parser.add_argument("--webhook-url")
    parser.add_argument("--webhook-secret", help="whsec_…; made up without it")
    parser.add_argument(
        "--webhook-events", default="*", help="what it enables, with commas: refund.*,payout.paid"
    )
    parser.add_argument(
        "--webhook-retries",
        default=",".join(f"{seconds:g}" for seconds in RETRY_DELAYS),
        help="seconds before each further attempt; the last one repeats",
    )
    parser.add_argument("--public-url", help="how browsers reach the sandbox, behind a proxy")
    parser.add_argument("--die-with-parent", action="store_true")
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace, store: Store) -> None:
    """Answer until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    renderer = Renderer(store, "")
    box = Box(store, renderer)

    def later(seconds: float, step: Callable[[], None]) -> None:
        def run() -> None:
            step()
            store.flush()  # before the events of the step are sent

        loop.call_later(seconds, run)

    box.later = later
    faults = Faults()
    public = options.publishable_key or options.api_key.replace("sk_", "pk_", 1)
    api = Api(box, faults, options.api_key, public)
    webhooks = Webhooks(box, faults, map(float, options.webhook_retries.split(",")))
    site = Site(api, Control(api, webhooks))

    runner = web.ServerRunner(web.Server(site.answer))
    await runner.setup()
    listener = web.TCPSite(runner, options.host, options.port, backlog=1024)
    await listener.start()
    port = runner.addresses[0][1]
    renderer.public_url = (options.public_url or f"http://{options.host}:{port}").rstrip("/")

    webhooks.start()
    if options.webhook_url:
        wanted = options.webhook_events.split(",")
        webhooks.add(options.webhook_url, options.webhook_secret, wanted)
        webhooks.resume()
    for refund in refunds.unsettled(box):
        later(refunds.SETTLES_AFTER, partial(refunds.settle, box, refund.id))
    for dispute in disputes.unsettled(box):
        later(disputes.DECIDED_AFTER, partial(disputes.settle, box, dispute.id))
    for payout in payouts.unsettled(box):
        later(payouts.ARRIVES_AFTER, partial(payouts.settle, box, payout.id))
    print(f"stripe sandbox on {renderer.public_url} (test cards only)", flush=True)
    await stop.wait()
    await webhooks.stop()
    await runner.cleanup()
    if store.journal is not None:
        store.journal.close()


def main() -> int:
    options = parse()
    if options.die_with_parent:
        die_with_parent()
    try:
        # The rows stay for good: no need for the collector to walk them again and again.
        gc.disable()
        store = Store(Journal(options.data) if options.data else None)
        gc.freeze()
        gc.enable()
        gc.set_threshold(20_000, 20, 100)
        asyncio.run(serve(options, store))
    except (JournalError, OSError) as error:
        print(f"stripe sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
