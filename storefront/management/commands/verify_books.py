"""Prove the books: every order, gram and fen of the chain, and Stripe's side of it."""

import json
import time

from django.core.management.base import BaseCommand, CommandParser

from storefront.books.base import Result
from storefront.books.runner import as_json, verify

WAIT_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Checks that the tables of the chain agree with each other and with Stripe. Work that is "
        "still queued is pending, and a fault after five minutes. Exit status 1 on a fault."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--wait",
            nargs="?",
            type=float,
            const=WAIT_SECONDS,
            default=0.0,
            metavar="SECONDS",
            help=f"let queued work be done first, up to so many seconds ({WAIT_SECONDS:.0f})",
        )

    def handle(self, *args, **options) -> None:
        results = verify_when_calm(options["wait"])
        if options["json"]:
            self.stdout.write(json.dumps(as_json(results), ensure_ascii=False))
        else:
            self.stdout.write(table(results))
        if not all(result.ok for result in results):
            raise SystemExit(1)


def verify_when_calm(seconds: float) -> list[Result]:
    """Verify, again and again while work is queued, for so many seconds at most."""
    end = time.monotonic() + seconds
    results = verify()
    while any(result.waits for result in results) and time.monotonic() < end:
        time.sleep(min(1.0, max(0.0, end - time.monotonic())))
        results = verify()
    return results


def table(results: list[Result]) -> str:
    """The answer for people: a line for each check, and the rows that it names."""
    lines = []
    for result in results:
        word = "FAULT" if result.faults else "pending" if result.pending else "ok"
        lines.append(f"{word:<8}{result.name:<26}{result.checked:>9} checked")
        if result.detail:
            lines.append(f"{'':8}{result.detail}")
    faults = sum(len(result.faults) for result in results)
    pending = sum(len(result.pending) for result in results)
    lines.append(
        f"{len(results)} checks: "
        + (f"{faults} faults" if faults else "all is in order")
        + (f", {pending} pending" if pending else "")
    )
    return "\n".join(lines)
