"""Keeps a process's shelf as the database is: each question first asks what has changed.

Triggers note every change of what the list filters or sorts by (migration 0001). A process
remembers the oldest transaction that was running when it last looked, and reads what was noted
from there on: so it misses nothing that commits late, and what is read twice changes nothing.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from django.db import connection

from catalog.clock import today
from cooperatives.partner.picking import last_day
from storefront.listing.rows import Row, read_beside, read_rows, read_sold
from storefront.listing.shelf import Shelf

# Notes are kept for longer than this (tasks.py): a process that slept so long starts anew.
SECONDS_TRUSTED = 45 * 60
SECONDS_SOLD = 10 * 60
# Above this it is quicker to read everything.
MOST_CHANGES = 2000

# `writing`: this transaction has rows of its own that nobody else sees yet.
CHANGES = """
    SELECT present.oldest, present.writing, change.id, change.produce_id
      FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS oldest,
                   pg_current_xact_id_if_assigned() IS NOT NULL AS writing) present
      LEFT JOIN listing_change change ON change.xid >= %s::text::xid8
"""
# Before a process has looked for the first time: above all transactions, so nothing is read.
NEVER = "9223372036854775807"


@dataclass
class Kept:
    """A shelf and up to where it is true."""

    shelf: Shelf
    day: date
    oldest: str
    # Notes that are in the shelf already and may be read again.
    seen: set[int] = field(default_factory=set)
    # {ship within hours: the last picking day that counted}, for what is sold before its harvest.
    picking: dict[int, date] = field(default_factory=dict)
    looked: float = 0
    counted: float = 0


lock = Lock()
_kept: dict[str, Kept] = {}


def fresh() -> Shelf:
    """The shelf as the database is now. One query, unless something changed.

    Hold `lock` while asking it: other threads put changes into it.
    """
    name = connection.settings_dict["NAME"]
    with lock:
        kept = _kept.get(name)
        oldest, writing, changes = _look(kept.oldest if kept else NEVER)
        if writing:
            return _read(oldest).shelf
        if kept is None or not _follow(kept, changes):
            kept = _kept[name] = _read(oldest)
        kept.oldest, kept.seen, kept.looked = oldest, set(changes), time.monotonic()
        if kept.looked - kept.counted > SECONDS_SOLD:
            kept.shelf.count_sold(read_sold())
            kept.counted = kept.looked
        return kept.shelf


def _look(since: str) -> tuple[str, bool, dict[int, int | None]]:
    """The oldest running transaction, whether this one writes, {note: produce} since then."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, [since])
        found = cursor.fetchall()
    changes = {note: produce for *_, note, produce in found if note is not None}
    return found[0][0], found[0][1], changes


def _read(oldest: str) -> Kept:
    """A new shelf: everything is read."""
    day = today()
    shelf = Shelf(read_rows(), *read_beside(), day.month)
    moment = time.monotonic()
    kept = Kept(shelf, day, oldest, looked=moment, counted=moment)
    _note_picking(kept, shelf.rows)
    return kept


def _note_picking(kept: Kept, rows: Iterable[Row | None]) -> None:
    for row in rows:
        if row and row.picks and row.ship_within_hours not in kept.picking:
            kept.picking[row.ship_within_hours] = last_day(row.ship_within_hours)


def _follow(kept: Kept, changes: dict[int, int | None]) -> bool:
    """Put what changed into the shelf; False when it must be read anew."""
    noted = {produce for note, produce in changes.items() if note not in kept.seen}
    touched = {produce for produce in noted if produce is not None}
    if (
        None in noted
        or len(touched) > MOST_CHANGES
        or kept.day != today()
        or time.monotonic() - kept.looked > SECONDS_TRUSTED
    ):
        return False
    # Time alone opens and closes picking days.
    picking = {hours: last_day(hours) for hours in kept.picking}
    if moved := {hours for hours, day in picking.items() if day != kept.picking[hours]}:
        rows = kept.shelf.rows
        touched |= {row.pk for row in rows if row and row.picks and row.ship_within_hours in moved}
    if touched:
        rows_now = {row.pk: row for row in read_rows(touched)}
        kept.shelf.expect(len(touched))
        for produce in touched:
            kept.shelf.put(produce, rows_now.get(produce))
        _note_picking(kept, rows_now.values())
    kept.picking |= picking
    return True
