"""What a check is, and how it is run on a database cursor.

A check is a name, a count of the rows that it looks at, and rules: SQL whose rows are what is
wrong, as (row, what is wrong with it, waiting since). `waiting since` empty is a fault; a moment
is work that is still queued, which is a fault once it waited PATIENCE. Some rules are easier said
in Python (a harvest promise eaten up by deliveries): those are functions that yield the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from django.db import DatabaseError

PATIENCE = timedelta(minutes=5)
# So many rows of one rule are fetched: a broken table has too many to read anyway.
MOST_ROWS = 500
SHOWN = 12
# What no lot covers of a consignment line: to pack, or packed and undrawn.
OPEN_GRAMS = """
    CASE WHEN line.packed_grams IS NULL THEN line.ordered_grams - line.cancelled_grams
         ELSE line.packed_grams - line.returned_grams - line.drawn_grams END
"""


class Found(NamedTuple):
    """A row that is not as it should be. `since`: work queued since then, not a fault yet."""

    row: str
    what: str
    since: datetime | None = None


@dataclass(frozen=True)
class Moment:
    """When the books are read, by the one clock, and the settings that rules need."""

    now: datetime
    today: date
    release_shipped_after_days: int

    def parameters(self) -> dict[str, Any]:
        return {
            "now": self.now,
            "today": self.today,
            "release_days": self.release_shipped_after_days,
        }


Rule = str | Callable[[Any, Moment], Iterator[Found]]


@dataclass(frozen=True)
class Check:
    """One named check. `count` is SQL for how many rows it looks at.

    What a `nightly` check finds waits for the night's work and may wait for it.
    """

    name: str
    count: str
    rules: tuple[Rule, ...]
    nightly: bool = False


@dataclass
class Result:
    """What a check found."""

    name: str
    checked: int
    faults: list[Found] = field(default_factory=list)
    pending: list[Found] = field(default_factory=list)
    nightly: bool = False

    @property
    def ok(self) -> bool:
        return not self.faults

    @property
    def waits(self) -> bool:
        """Whether something is queued that a worker will do soon."""
        return bool(self.pending) and not self.nightly

    @property
    def detail(self) -> str:
        """The rows by name, the faults first; empty when there is nothing to say."""
        rows = [f"{found.row}: {found.what}" for found in self.faults]
        rows += [f"pending: {found.row}: {found.what}" for found in self.pending]
        rest = len(rows) - SHOWN
        more = [f"and {rest} more"] if rest > 0 else []
        return "; ".join([*rows[:SHOWN], *more])

    def add(self, found: Found, now: datetime) -> None:
        """Take in a row: queued work that is too old is a fault."""
        fresh = found.since is not None and (self.nightly or found.since > now - PATIENCE)
        (self.pending if fresh else self.faults).append(found)


def run(check: Check, cursor: Any, moment: Moment) -> Result:
    """Run a check on a cursor of Django's or of psycopg's."""
    cursor.execute(check.count, moment.parameters())
    result = Result(check.name, cursor.fetchone()[0], nightly=check.nightly)
    for rule in check.rules:
        for found in _readable(rule, cursor, moment):
            result.add(found, moment.now)
    return result


def _readable(rule: Rule, cursor: Any, moment: Moment) -> list[Found]:
    """What a rule finds; a row that it cannot even read is a fault and hides no other check's."""
    cursor.execute("SAVEPOINT rule")
    try:
        found = list(_found(rule, cursor, moment))
    except (DatabaseError, psycopg.Error, ArithmeticError, LookupError, TypeError, ValueError) as e:
        cursor.execute("ROLLBACK TO SAVEPOINT rule")
        found = [Found("a row", f"can not be read: {str(e).splitlines()[0]}")]
    cursor.execute("RELEASE SAVEPOINT rule")
    return found


def _found(rule: Rule, cursor: Any, moment: Moment) -> Iterator[Found]:
    if callable(rule):
        yield from rule(cursor, moment)
        return
    cursor.execute(
        f'SELECT * FROM ({rule}) AS found ("row", what, since)'  # noqa: S608  our own rules
        f" ORDER BY since NULLS FIRST LIMIT {MOST_ROWS}",
        moment.parameters(),
    )
    for row, what, since in cursor.fetchall():
        yield Found(row, what, since)
