"""Who watched a live session, and how long it was on air, as far as it was counted."""

from dataclasses import dataclass
from datetime import timedelta

from catalog.clock import now
from livestream.sessions.models import LiveSession, State


@dataclass(frozen=True)
class Audience:
    """The counts of `definitions.Counts` that are not sales. None: nobody counted it."""

    exposures: int | None = None
    entries: int | None = None
    viewers: int | None = None
    views: int | None = None
    exposed: int | None = None
    clickers: int | None = None
    watched_seconds: int | None = None
    seconds: int | None = None


def audience_of(session: LiveSession) -> Audience:
    """Who watched. One query."""
    return Audience(seconds=_on_air(session))


def _on_air(session: LiveSession) -> int | None:
    """For how many seconds it was live, pauses taken out; None if it never was."""
    if session.started_at is None:
        return None
    total, since = timedelta(), None
    for at, to in session.events.order_by("sequence").values_list("at", "to_state"):
        if since is not None:
            total += at - since
        since = at if to == State.LIVE else None
    if since is not None:
        total += now() - since
    return total // timedelta(seconds=1)
