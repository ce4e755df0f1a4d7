"""Which day's picking covers what was sold ahead of the harvest (DESIGN §5, "Promises").

A picking day's capacity is what the pool's open promises allow on it; `taken` says how much of
it is spoken for. Over the days from today on, `taken` adds up to the grams that are held or sold
and that no lot covers, as far as there is capacity. All of this happens under the pool's lock.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from catalog.clock import day_of, now, today
from cooperatives.partner.models import PickingDay, StockPool

if TYPE_CHECKING:
    from cooperatives.households.models import Promise


def counted(promise: "Promise", day: date) -> int:
    """What a promise adds to `promised` on a day: min(grams left, grams a day × days left)."""
    days = (promise.to_day - max(day, promise.from_day)).days + 1
    return max(0, min(promise.left, promise.grams_per_day * days))


def last_day(ship_within_hours: int) -> date:
    """The last day on which picking still makes the parcel leave in time."""
    return day_of(now() + timedelta(hours=ship_within_hours))


def book(pool_id: int, *, to_pick: int) -> bool:
    """Book days until they cover `to_pick` grams; earliest first, within ship-within.

    False when the days in time have too little left: then the caller rolls back.
    """
    if not to_pick:
        return True
    days = list(PickingDay.objects.filter(pool_id=pool_id, day__gte=today()))
    missing = to_pick - sum(day.taken for day in days)
    if missing <= 0:
        return True
    hours = StockPool.objects.values_list("produce__ship_within_hours", flat=True).get(pk=pool_id)
    missing = _take(days, missing, last_day(hours))
    return not missing


def ready_on(wants: Mapping[StockPool, int]) -> dict[int, date]:
    """{pool: the day on which so many grams more would be in its store}: today if they are.

    The days that book() would take, without taking them. A pool whose days to come hold too
    little is left out. One query.
    """
    days = defaultdict(list)
    for day in PickingDay.objects.filter(pool__in=list(wants), day__gte=today()).order_by("day"):
        days[day.pool_id].append(day)
    found = {}
    for pool, grams in wants.items():
        to_pick = max(0, pool.reserved + pool.allocated + grams - pool.on_hand)
        missing = to_pick - sum(day.taken for day in days[pool.pk])
        ready = today()
        for day in days[pool.pk]:
            if missing > 0 and day.capacity > day.taken:
                missing -= day.capacity - day.taken
                ready = day.day
        if missing <= 0:
            found[pool.pk] = ready
    return found


def _take(days: list[PickingDay], missing: int, until: date | None = None) -> int:
    """Take capacity from the earliest days and write it. Gives the grams left over."""
    changed = []
    for day in days:
        extra = min(missing, day.capacity - day.taken)
        if extra > 0 and (until is None or day.day <= until):
            day.taken += extra
            missing -= extra
            changed.append(day)
    PickingDay.objects.bulk_update(changed, ["taken"])
    return missing


def unbook(pool: StockPool) -> None:
    """Give back the latest days' capacity that is no longer needed."""
    days = list(PickingDay.objects.filter(pool=pool, day__gte=today(), taken__gt=0))
    excess = sum(day.taken for day in days) - pool.from_promises
    changed = []
    for day in reversed(days):
        if excess > 0:
            less = min(excess, day.taken)
            day.taken -= less
            excess -= less
            changed.append(day)
    PickingDay.objects.bulk_update(changed, ["taken"])


def plan(pool: StockPool) -> None:
    """Make the capacities anew from the open promises and lay what must be picked on them.

    A fact may need more than the days in time hold: then later days are taken, and what no day
    holds stays unplanned. It is late, not lost.
    """
    capacity = _capacities(pool)
    known = {day.day: day for day in PickingDay.objects.filter(pool=pool, day__gte=today())}
    days = [
        known.get(day) or PickingDay(pool=pool, day=day)
        for day in sorted(capacity.keys() | known.keys())
    ]
    before = {day.day: (day.capacity, day.taken) for day in days}
    needed = pool.from_promises
    for day in days:
        day.capacity = capacity.get(day.day, 0)
        day.taken = min(day.taken, day.capacity, needed)
        needed -= day.taken
    for day in days:
        extra = min(needed, day.capacity - day.taken)
        day.taken += extra
        needed -= extra
    PickingDay.objects.bulk_create(
        [day for day in days if day.pk is None or before[day.day] != (day.capacity, day.taken)],
        update_conflicts=True,
        unique_fields=["pool", "day"],
        update_fields=["capacity", "taken"],
    )


def _capacities(pool: StockPool) -> dict[date, int]:
    """{day: grams} that the open promises allow to be picked."""
    first = today()
    grams: dict[date, int] = defaultdict(int)
    for promise in pool.promises.filter(to_day__gte=first):
        day = max(first, promise.from_day)
        while day <= promise.to_day:
            grams[day] += max(0, min(promise.grams_per_day, promise.left))
            day += timedelta(days=1)
    return {day: amount for day, amount in grams.items() if amount}
