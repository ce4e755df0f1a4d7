"""The rows in memory, in order of creation, and the journal that brings them back."""

from __future__ import annotations

import secrets
import time
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from .errors import missing_resource
from .journal import Journal
from .records import (
    KIND_OF,
    KINDS,
    Charge,
    Dispute,
    Event,
    Intent,
    Method,
    Payout,
    Refund,
    Saved,
    Snapshot,
    Txn,
)

Row = TypeVar("Row", bound=Any)
DAY = 86_400
KEY_LIFETIME = DAY  # Stripe may forget an idempotency key after 24 hours
RETRY_LIFETIME = 3 * DAY  # and retries a webhook for up to three days
SEQUENCES = {"charge": "refunds", "payout": "span", "dispute": "txns"}  # lists in the journal


def new_id(prefix: str) -> str:
    return prefix + "_3" + secrets.token_hex(12)


class Table(Generic[Row]):
    """Rows by id and, for lists, in order of creation (times never go back)."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self.rows: dict[str, Row] = {}
        self.ids: list[str] = []
        self.times: list[int] = []
        self.position: dict[str, int] = {}

    def put(self, row: Row) -> None:
        if row.id not in self.rows:
            self.position[row.id] = len(self.ids)
            self.ids.append(row.id)
            self.times.append(row.created)
        self.rows[row.id] = row

    def get(self, row_id: str, param: str = "id", status: int = 404) -> Row:
        try:
            return self.rows[row_id]
        except KeyError:
            raise missing_resource(self.noun, row_id, param, status) from None

    def page(
        self,
        created: tuple[int, int],
        limit: int,
        after: str | None,
        before: str | None,
        ids: Iterable[str] | None = None,
        match: Callable[[Row], bool] | None = None,
        span: tuple[int, int] | None = None,
    ) -> tuple[list[Row], bool]:
        """Newest first: at most `limit` rows made within `created` (both ends included), and
        whether there are more. `ids`: only these (a small set); `match`: only such rows; `span`:
        only these places, the end excluded.
        """
        low, high = bisect_left(self.times, created[0]), bisect_right(self.times, created[1])
        if after is not None:
            high = min(high, self._cursor(after, "starting_after"))
        if before is not None:
            low = max(low, self._cursor(before, "ending_before") + 1)
        if span is not None:
            low, high = max(low, span[0]), min(high, span[1])
        candidates: Iterable[int] = range(low, high)
        if ids is not None:
            candidates = sorted(p for p in map(self.position.__getitem__, ids) if low <= p < high)
        found: list[Row] = []
        # ending_before asks for the page next to the cursor, that is, the oldest of the newer ones
        for place in candidates if before is not None else reversed(list_view(candidates)):
            row = self.rows[self.ids[place]]
            if match is None or match(row):
                found.append(row)
                if len(found) > limit:
                    break
        more = len(found) > limit
        found = found[:limit]
        if before is not None:
            found.reverse()
        return found, more

    def _cursor(self, row_id: str, param: str) -> int:
        self.get(row_id, param, 400)
        return self.position[row_id]


def list_view(candidates: Iterable[int]) -> range | list[int]:
    return candidates if isinstance(candidates, (range, list)) else list(candidates)


class Store:
    """All tables. Every write goes through `put`, `add_event`, `save_answer` or `delivered`."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal
        self.clear()
        if journal is not None:
            for line in journal.read():
                self._replay(line)

    def clear(self) -> None:
        self.methods: Table[Method] = Table("payment_method")
        self.intents: Table[Intent] = Table("payment_intent")
        self.charges: Table[Charge] = Table("charge")
        self.refunds: Table[Refund] = Table("refund")
        self.txns: Table[Txn] = Table("balance_transaction")
        self.payouts: Table[Payout] = Table("payout")
        self.disputes: Table[Dispute] = Table("dispute")
        self.events: Table[Event] = Table("event")
        self.tables: dict[str, Table[Any]] = {
            "payment_method": self.methods,
            "payment_intent": self.intents,
            "charge": self.charges,
            "refund": self.refunds,
            "balance_transaction": self.txns,
            "payout": self.payouts,
            "dispute": self.disputes,
            "event": self.events,
        }
        self.charges_of: dict[str, list[str]] = {}
        self.charged_method: dict[str, str] = {}
        self.paid_until: dict[str, int] = {}  # by currency: the first place not paid out yet
        self.answers: OrderedDict[str, Saved] = OrderedDict()
        self.undelivered: dict[str, int] = {}
        self._last_second = 0

    def now(self) -> int:
        """Seconds now; never earlier than the last answer, so that lists stay in order."""
        self._last_second = max(self._last_second, int(time.time()))
        return self._last_second

    def put(self, row: Snapshot) -> None:
        self._index(row)
        self._write([KIND_OF[type(row)], *row])

    def _index(self, row: Snapshot) -> None:
        self._last_second = max(self._last_second, row.created)
        if isinstance(row, Charge) and row.id not in self.charges.rows:
            self.charges_of.setdefault(row.intent, []).append(row.id)
            self.charged_method[row.method] = row.intent
        if isinstance(row, Payout) and row.automatic:
            after = row.span[1] + 1
            self.paid_until[row.currency] = max(self.paid_until.get(row.currency, 0), after)
        self.tables[KIND_OF[type(row)]].put(row)

    def is_available(self, txn: Txn) -> bool:
        """Whether its money can be paid out, or has been."""
        paid = self.txns.position[txn.id] < self.paid_until.get(txn.currency, 0)
        return paid or txn.available_on <= self.now()

    def add_event(self, event: Event) -> None:
        """The event's object must be the current row of its id: the journal names only the id."""
        self.events.put(event)
        if event.pending:
            self.undelivered[event.id] = event.pending
        snapshot = event.object
        reference = [KIND_OF[type(snapshot)], snapshot.id]
        self._write(["event", *event[:3], reference, *event[4:]])

    def delivered(self, event_id: str) -> None:
        """One endpoint fewer waits for this event."""
        left = self.undelivered.get(event_id, 0) - 1
        if left > 0:
            self.undelivered[event_id] = left
            return
        if self.undelivered.pop(event_id, None) is not None:
            self._write(["delivered", event_id])
            self.flush()

    def answer(self, key: str) -> Saved | None:
        oldest = self.now() - KEY_LIFETIME
        while self.answers:
            first = next(iter(self.answers.values()))
            if first.created >= oldest:
                break
            del self.answers[first.key]
        return self.answers.get(key)

    def save_answer(self, saved: Saved) -> None:
        self.answers[saved.key] = saved
        reference = None
        if saved.object is not None:
            reference = [KIND_OF[type(saved.object)], saved.object.id]
        self._write(["answer", *saved[:6], reference, *saved[7:]])

    def unsent(self) -> list[Event]:
        """Events of the last days that some endpoint has not taken yet, oldest first."""
        oldest = self.now() - RETRY_LIFETIME
        events = (self.events.rows[event_id] for event_id in self.undelivered)
        return [event for event in events if event.created >= oldest]

    def flush(self) -> None:
        """Hand what was written to the system; before every answer."""
        if self.journal is not None:
            self.journal.flush()

    def _write(self, line: list[Any]) -> None:
        if self.journal is not None:
            self.journal.append(line)

    def _replay(self, line: list[Any]) -> None:
        kind = line[0]
        if kind == "event":
            line[4] = self._referred(line[4])
            event = Event(*line[1:])
            self.events.put(event)
            if event.pending:
                self.undelivered[event.id] = event.pending
        elif kind == "delivered":
            self.undelivered.pop(line[1], None)
        elif kind == "answer":
            if line[2] >= self.now() - KEY_LIFETIME:
                line[7] = self._referred(line[7])
                self.answers[line[1]] = Saved(*line[1:])
        else:
            row = KINDS[kind](*line[1:])
            name = SEQUENCES.get(kind)
            if name is not None:
                row = row._replace(**{name: tuple(getattr(row, name))})
            self._index(row)

    def _referred(self, reference: list[str] | None) -> Any:
        return None if reference is None else self.tables[reference[0]].rows[reference[1]]
