"""When a live session sold: its sales in steps of time against what was shown (讲解中)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.clock import now
from livestream.figures.sales import During, sold_by_time, sold_during
from livestream.room.models import ShelfEvent
from livestream.sessions.models import LiveSession, ShelfItem

Kind = ShelfEvent.Kind
# The steps that a time on air is cut into, in minutes: the smallest that gives few enough.
STEPS, MOST_STEPS = (1, 2, 5, 10, 15, 30, 60), 60


@dataclass(frozen=True)
class Step:
    """What was paid from this many minutes into the session on, until the next step."""

    minutes: int
    orders: int
    paid_fen: int


@dataclass(frozen=True)
class Pin:
    """A pack that was shown, when, for how long, and what was sold of it meanwhile."""

    item: ShelfItem
    begins_at: datetime
    seconds: int
    offset_ms: int
    sold: During

    @property
    def milliseconds(self) -> int:
        """For how long it was shown."""
        return self.seconds * 1000


@dataclass(frozen=True)
class Timeline:
    """A session's steps and pins; `outside_fen` was paid before or after."""

    step_minutes: int
    steps: Sequence[Step]
    pins: Sequence[Pin]
    outside_fen: int


def spans(
    events: Iterable[tuple[datetime, str, int, int | None, int | None]], end: datetime
) -> list[tuple[datetime, datetime, int]]:
    """(begin, end, item id) of what was shown, from (at, kind, event, item, undone event).

    What was shown before comes back when a pin is undone.
    """
    shown: dict[int, int | None] = {}
    found: list[tuple[datetime, datetime, int]] = []
    item, since = None, None
    for at, kind, event, to, undone in [*events, (end, Kind.PIN, 0, None, None)]:
        if kind == Kind.PIN:
            shown[event] = to
        elif undone not in shown:
            continue
        else:
            del shown[undone]
        latest = next(reversed(shown.values()), None)
        if latest == item:
            continue
        if item is not None and since is not None and since < at:
            found.append((since, at, item))
        item, since = latest, at
    return found


def timeline(session: LiveSession) -> Timeline | None:
    """A session's sales against its pins; None before it began. Four queries."""
    begin = session.started_at
    if begin is None:
        return None
    end = session.ended_at or now()
    minutes = max(1, -int((begin - end).total_seconds() // 60))
    step = next((each for each in STEPS if minutes <= each * MOST_STEPS), STEPS[-1])
    sums: dict[int, tuple[int, int]] = {}
    outside, last = 0, (minutes - 1) // step
    for place, orders, paid_fen in sold_by_time(session, begin, step * 60):
        if 0 <= place <= last:
            sums[place] = (orders, paid_fen)
        else:
            outside += paid_fen
    return Timeline(
        step_minutes=step,
        steps=[Step(place * step, *sums.get(place, (0, 0))) for place in range(last + 1)],
        pins=_pins(session, begin, end),
        outside_fen=outside,
    )


def shown(
    session: LiveSession, begin: datetime, end: datetime
) -> list[tuple[datetime, datetime, int]]:
    """(begin, end, item id) of what was shown between two moments. One query."""
    rows = session.shelf_events.filter(kind__in=(Kind.PIN, Kind.UNDO), at__lt=end)
    events = [
        (max(at, begin), kind, pk, (data or {}).get("item"), undoes)
        for at, kind, pk, data, undoes in rows.order_by("sequence").values_list(
            "at", "kind", "pk", "data", "undoes"
        )
    ]
    return spans(events, end)


def _pins(session: LiveSession, begin: datetime, end: datetime) -> list[Pin]:
    """What was shown from the session's beginning to its end, with what it sold meanwhile."""
    items = {item.pk: item for item in session.shelf.select_related("pack__produce")}
    there = [span for span in shown(session, begin, end) if span[2] in items]
    sold = sold_during(session, ((at, to, items[pk].pack_id) for at, to, pk in there))
    return [
        Pin(
            item=items[pk],
            begins_at=at,
            seconds=int((to - at).total_seconds()),
            offset_ms=(at - begin) // timedelta(milliseconds=1),
            sold=each,
        )
        for (at, to, pk), each in zip(there, sold, strict=True)
    ]
