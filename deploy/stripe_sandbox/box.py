"""What every endpoint works with: the rows, their rendering, and how an event gets out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .objects import Renderer
from .records import Event, Snapshot
from .store import Store, new_id


@dataclass
class Call:
    """One request to the API, as its endpoint sees it."""

    params: dict[str, Any]
    public: bool = False  # made with the publishable key
    request_id: str | None = None
    idempotency_key: str | None = None


class Box:
    """`outlet` takes an event to the webhook endpoints; `listening` counts those that want it;
    `later` runs a function after some seconds.
    """

    def __init__(self, store: Store, renderer: Renderer) -> None:
        self.store = store
        self.renderer = renderer
        self.outlet: Callable[[Event], None] = lambda event: None
        self.listening: Callable[[str], int] = lambda event_type: 0
        self.later: Callable[[float, Callable[[], None]], object] = lambda seconds, call: None

    def emit(
        self,
        event_type: str,
        row: Snapshot,
        call: Call | None = None,
        previous: dict[str, Any] | None = None,
    ) -> None:
        """Write and send an event about `row`, which must be stored already as it is."""
        event = Event(
            new_id("evt"),
            self.store.now(),
            event_type,
            row,
            previous,
            call.request_id if call else None,
            call.idempotency_key if call else None,
            self.listening(event_type),
        )
        self.store.add_event(event)
        if event.pending:
            self.outlet(event)
