"""Who watched a live session in our own room, and how long it was on air."""

from datetime import timedelta

from django.db.models import Count, Sum

from catalog.clock import now
from livestream.room.models import RoomMinute, Visit
from livestream.sessions.models import LiveSession, State


def audience_of(session: LiveSession) -> dict[str, int | None]:
    """What of `definitions.Counts` is not sales, by name. Three queries.

    Who saw the room's entrance or a product and did not open it is counted by nobody here.
    """
    visits = Visit.objects.filter(session=session).aggregate(
        viewers=Count("pk"), views=Sum("views")
    )
    minutes = RoomMinute.objects.filter(session=session).aggregate(viewers=Sum("viewers"))
    watched = minutes["viewers"]
    return {
        "viewers": visits["viewers"],
        "views": visits["views"] or 0,
        "watched_seconds": watched * 60 if watched is not None else None,
        "seconds": _on_air(session),
    }


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
