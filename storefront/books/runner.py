"""Run all checks on one picture of the database, beside Stripe's lists."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from catalog.clock import now, today
from storefront.books import (
    attribution,
    cases,
    consignments,
    discounts,
    drawings,
    journal,
    ledger,
    messages,
    offline,
    payments,
    references,
    refunds,
    rooms,
    seals,
    sharing,
    stock,
    stripe_side,
)
from storefront.books.base import Check, Moment, Result, run

CHECKS: tuple[Check, ...] = (
    *ledger.CHECKS,
    *payments.CHECKS,
    *offline.CHECKS,
    *consignments.CHECKS,
    *discounts.CHECKS,
    *rooms.CHECKS,
    *drawings.CHECKS,
    *stock.CHECKS,
    *journal.CHECKS,
    *sharing.CHECKS,
    *refunds.CHECKS,
    *cases.CHECKS,
    *attribution.CHECKS,
    *messages.CHECKS,
    *references.CHECKS,
    *seals.CHECKS,
)


def this_moment() -> Moment:
    """Now, by the one clock, with the settings that the rules need."""
    return Moment(now(), today(), settings.RELEASE_SHIPPED_AFTER_DAYS)


def check_database(cursor: Any, checks: Sequence[Check] = CHECKS) -> list[Result]:
    """Run checks on a cursor: all that the tables say about each other."""
    # Compiling a statement costs more than running it once; most of them join whole tables.
    cursor.execute("SET LOCAL jit = off")
    cursor.execute("SET LOCAL work_mem = '64MB'")
    moment = this_moment()
    return [run(check, cursor, moment) for check in checks]


def verify() -> list[Result]:
    """Run every check. Reads only.

    Stripe is asked first, outside any transaction; then all tables are read from one snapshot,
    so that a shop that goes on selling looks the same to every check.
    """
    moment = this_moment()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(created_at) FROM payments_paymentattempt")
        oldest = cursor.fetchone()[0]
    at_stripe = stripe_side.ask(oldest, moment)
    with _snapshot() as cursor:
        results = check_database(cursor)
        return results + stripe_side.compare(at_stripe, cursor, this_moment())


@contextmanager
def _snapshot() -> Iterator[Any]:
    """A cursor on one unchanging picture of the database, or in the caller's transaction."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            yield cursor
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield cursor


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """The answer for machines."""
    return {
        "ok": all(result.ok for result in results),
        "checks": [
            {
                "name": result.name,
                "ok": result.ok,
                "checked": result.checked,
                "detail": result.detail,
                "pending": len(result.pending),
            }
            for result in results
        ],
    }
