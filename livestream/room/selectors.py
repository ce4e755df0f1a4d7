"""What a room is like: worked out from its events."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Max

from livestream.room.models import ShelfEvent
from livestream.sessions.models import LiveSession, ShelfItem, State

Kind = ShelfEvent.Kind
# Of each of these kinds the last one holds.
SHOWN = (Kind.PIN, Kind.ORDER, Kind.NOTICE, Kind.CHAT, Kind.COUPON)
OPEN = (State.SCHEDULED, State.LIVE, State.PAUSED)


@dataclass(frozen=True)
class RoomState:
    """A room after its event `sequence`. Items by their ids; `pinned` is spoken of now.

    `coupon` is handed out now: its code, and its name in both languages.
    """

    sequence: int
    state: str
    pinned: int | None
    order: list[int]
    notice: str
    chat_open: bool
    slow_seconds: int
    coupon: dict[str, str] | None

    def plain(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return asdict(self)


def room_state(session_id: int) -> RoomState:
    """The room as it is now. Four queries. Raises LiveSession.DoesNotExist."""
    state = LiveSession.objects.values_list("state", flat=True).get(pk=session_id)
    events = ShelfEvent.objects.filter(session=session_id)
    valid = events.filter(undone__isnull=True, kind__in=SHOWN)
    last = {
        event.kind: event.data for event in valid.order_by("kind", "-sequence").distinct("kind")
    }
    shelf = list(ShelfItem.objects.filter(session=session_id).values_list("pk", flat=True))
    order = [item for item in last.get(Kind.ORDER, {}).get("items", []) if item in shelf]
    pinned = last.get(Kind.PIN, {}).get("item")
    chat = last.get(Kind.CHAT, {})
    coupon = last.get(Kind.COUPON, {})
    is_open = state in OPEN
    return RoomState(
        sequence=events.aggregate(last=Max("sequence"))["last"] or 0,
        state=state,
        pinned=pinned if is_open and pinned in shelf else None,
        # Before it is scheduled for good the shelf may still change.
        order=[*order, *(item for item in shelf if item not in order)],
        notice=last.get(Kind.NOTICE, {}).get("text", "") if is_open else "",
        chat_open=is_open and chat.get("open", True),
        slow_seconds=chat.get("slow_seconds", 0),
        coupon=coupon if is_open and coupon.get("code") else None,
    )
