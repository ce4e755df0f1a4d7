"""What changed in the database, by topic, as far as this process knows: exact to a second.

Triggers note every change of what a public page shows (listing's migration 0001 and ours). A note
names its topic and its transaction. What is built now is stamped with the oldest transaction that
ran when we last looked: all before it had ended, so what is built has seen them. It holds as long
as no note of its topics is of that transaction or a later one. Numbers of transactions mean the
same everywhere, so another process can judge a stamp as well.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import connection

CONTENT, FIGURES, ANY_PRODUCE = "content", "figures", "any produce"
SECONDS_BLIND = 1.0
# Notes are kept for an hour (listing/tasks.py); who slept this long reads them all again, and
# nothing is kept for as long.
SECONDS_TRUSTED = 45 * 60
SECONDS_KEPT = 30 * 60

NOTES = f"""
    SELECT present.oldest::text::bigint, note.topic, note.latest
      FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS oldest) present
      LEFT JOIN (
          SELECT topic, max(xid::text::bigint) AS latest
            FROM (SELECT coalesce(produce_id::text, '{CONTENT}') AS topic, xid
                    FROM listing_change WHERE xid >= %(since)s::text::xid8
                   UNION ALL
                  SELECT topic, xid FROM page_change WHERE xid >= %(since)s::text::xid8) noted
           GROUP BY topic
      ) note ON true
"""  # noqa: S608  a constant


@dataclass
class Watch:
    """The latest transaction of each topic, of those that one database is known to have seen."""

    latest: dict[str, int] = field(default_factory=dict)
    # All before this one had ended when we looked.
    oldest: int = 0
    looked: float = float("-inf")
    # Counts the looks that found something: what was found to hold then still does.
    turn: int = 0
    lock: Lock = field(default_factory=Lock)
    # What remember() keeps: {name: (stamp, topics, value)}.
    values: dict[str, tuple[int, tuple[str, ...], Any]] = field(default_factory=dict)

    def holds(self, stamp: int, topics: Iterable[str]) -> bool:
        """Whether what was built at a stamp is still so. "content" is a topic of everything."""
        return stamp > self.latest.get(CONTENT, 0) and all(
            stamp > self.latest.get(topic, 0) for topic in topics
        )

    def look(self) -> None:
        """Read what was noted since the last look. One query."""
        begun = time.monotonic()
        slept = begun - self.looked > SECONDS_TRUSTED
        with connection.cursor() as cursor:
            cursor.execute(NOTES, {"since": "0" if slept else str(self.oldest)})
            found = cursor.fetchall()
        fresh = {topic: latest for _, topic, latest in found if topic is not None}
        found_new = any(self.latest.get(topic, 0) < latest for topic, latest in fresh.items())
        for topic, latest in fresh.items():
            self.latest[topic] = max(latest, self.latest.get(topic, 0))
            if topic.isdecimal():
                self.latest[ANY_PRODUCE] = max(latest, self.latest.get(ANY_PRODUCE, 0))
        # Only now: who has seen this turn has seen what it found.
        self.turn += found_new
        self.oldest, self.looked = found[0][0], begun


_watches: dict[str, Watch] = {}


def watch() -> Watch | None:
    """What is known, not older than a second; None where nothing may be kept.

    That is inside a transaction, whose own rows nobody else sees yet. At most one query a second.
    Raises DatabaseError.
    """
    if not settings.KEEP_PAGES or connection.in_atomic_block:
        return None
    name = connection.settings_dict["NAME"]
    mine = _watches.get(name) or _watches.setdefault(name, Watch())
    if time.monotonic() - mine.looked > SECONDS_BLIND:
        with mine.lock:
            if time.monotonic() - mine.looked > SECONDS_BLIND:
                mine.look()
    return mine


def remember(
    name: str,
    topics: tuple[str, ...],
    read: Callable[[], Any],
    otherwise: Callable[[], Any] | None = None,
) -> Any:
    """What `read` gives, read again once one of its topics has changed.

    Where nothing may be kept, what `otherwise` gives, or `read` every time. For a few things that
    many pages need.
    """
    seen = watch()
    if seen is None:
        return (otherwise or read)()
    kept = seen.values.get(name)
    if kept is None or not seen.holds(kept[0], kept[1]):
        stamp = seen.oldest
        kept = seen.values[name] = (stamp, topics, read())
    return kept[2]
