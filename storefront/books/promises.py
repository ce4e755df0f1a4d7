"""Harvest promises: what deliveries took of them, done once more from the journal.

Python, because each delivery eats up what the one before left (DESIGN §5, "Promises").
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from catalog.clock import day_of
from storefront.books.base import Check, Found, Moment


@dataclass
class _Promise:
    id: int
    from_day: date
    to_day: date
    grams: int
    per_day: int
    delivered: int
    counted: int
    fresh: bool
    eaten: int = 0

    def count_on(self, day: date, eaten: int) -> int:
        """min(grams left, grams a day × days left) on a day."""
        days = (self.to_day - max(day, self.from_day)).days + 1
        return max(0, min(self.grams - eaten, self.per_day * days))


PROMISES = """
    SELECT p.pool_id, p.household_id, p.id, p.from_day, p.to_day, p.grams, p.grams_per_day,
           p.delivered_grams, p.counted_grams, coalesce(pool.next_change_at > %(now)s, false)
      FROM households_promise p LEFT JOIN partner_stockpool pool ON pool.id = p.pool_id
     ORDER BY p.to_day, p.id
"""
# The journal of the pools that ever had a promise, in the order in which it happened.
HISTORY = """
    SELECT m.pool_id, m.cause, m.reference, m.promised, m.created_at, lot.household_id, lot.grams
      FROM partner_stockmove m
      LEFT JOIN households_lot lot ON m.cause = 'delivered' AND m.reference = 'lot:' || lot.code
     WHERE (m.cause = 'promised' OR (m.cause = 'rolled' AND m.promised <> 0)
            OR m.cause = 'delivered')
       AND m.pool_id IN (SELECT pool_id FROM households_promise)
     ORDER BY m.pool_id, m.id
"""


def _promises(cursor: Any, moment: Moment) -> Iterator[Found]:
    """Replay promises and deliveries; what the rows say must come out."""
    cursor.execute(PROMISES, moment.parameters())
    rows = [(row[0], row[1], _Promise(*row[2:])) for row in cursor.fetchall()]
    by_id = {promise.id: (pool_id, promise) for pool_id, _, promise in rows}
    of_household: dict[tuple[int, int], list[_Promise]] = defaultdict(list)
    for pool_id, household_id, promise in rows:
        of_household[pool_id, household_id].append(promise)
    known: dict[int, int] = {}  # what each promise counts, as the journal has it
    cursor.execute(HISTORY, moment.parameters())
    for pool_id, cause, reference, promised, created_at, household_id, grams in cursor.fetchall():
        day = day_of(created_at)
        if cause == "delivered":
            taken = _deliver(of_household[pool_id, household_id], known, grams or 0, day)
            if promised != -taken:
                yield Found(
                    f"stock move {reference} of pool {pool_id}",
                    f"takes {-promised} g from promises, should take {taken}",
                )
            continue
        number = reference.split(":")[1] if ":" in reference else ""
        owner, named = by_id.get(int(number) if number.isdigit() else 0, (None, None))
        if named is None or owner != pool_id:
            yield Found(f"stock move {reference} of pool {pool_id}", "there is no such promise")
            continue
        counted = named.count_on(day, named.eaten)
        if promised != counted - known.get(named.id, 0):
            yield Found(
                f"promise {named.id}",
                f"the journal counts {promised} g by {reference}, "
                f"should count {counted - known.get(named.id, 0)}",
            )
        known[named.id] = counted
    yield from _compare([promise for *_, promise in rows], known, moment)


def _deliver(promises: list[_Promise], known: dict[int, int], grams: int, day: date) -> int:
    """A delivery eats up open promises, earliest end first; gives what `promised` loses."""
    lost = 0
    for promise in promises:
        if grams <= 0:
            break
        eaten = min(grams, promise.grams - promise.eaten)
        if promise.id in known and promise.to_day >= day and eaten > 0:
            grams -= eaten
            promise.eaten += eaten
            counted = promise.count_on(day, promise.eaten)
            lost += known[promise.id] - counted
            known[promise.id] = counted
    promises[:] = [promise for promise in promises if promise.eaten < promise.grams]
    return lost


def _compare(promises: list[_Promise], known: dict[int, int], moment: Moment) -> Iterator[Found]:
    for promise in promises:
        name = f"promise {promise.id}"
        if promise.delivered != promise.eaten:
            yield Found(
                name, f"delivered_grams is {promise.delivered}, its deliveries say {promise.eaten}"
            )
        elif promise.counted != known.get(promise.id, 0):
            yield Found(
                name,
                f"counted_grams is {promise.counted}, the journal says {known.get(promise.id, 0)}",
            )
        elif promise.fresh and promise.counted != promise.count_on(moment.today, promise.eaten):
            yield Found(
                name,
                f"counted_grams is {promise.counted} today, should be "
                f"{promise.count_on(moment.today, promise.eaten)}",
            )
        elif promise.to_day < promise.from_day or promise.to_day - promise.from_day > timedelta(
            days=1000
        ):
            yield Found(name, "its days are impossible")


PROMISES_CHECK = Check("stock.promises", "SELECT count(*) FROM households_promise", (_promises,))
