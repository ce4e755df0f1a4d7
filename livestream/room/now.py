"""A room as it is now, in one answer: for its page, and for who cannot listen to the stream."""

import contextlib
import hashlib
import time
from typing import Any

from redis.exceptions import RedisError

from livestream.room import chat, wire
from livestream.room.selectors import RoomState, room_state
from livestream.room.shelf import OnShelf, shelf
from livestream.sessions.models import LiveSession, State

# Milliseconds for which an answer is good, and for which an old one is better than none.
FRESH, KEPT = 1000, 10_000


def now_of(
    session: LiveSession, state: RoomState | None = None, on_shelf: list[OnShelf] | None = None
) -> dict[str, Any]:
    """What viewers are told: `id` (of the last event), `room`, `figures`, `chat`.

    Sees to it that the stream's processes know the room, unless it is a draft: they tell everybody.
    """
    session_id, last, viewers, likes = session.pk, "", 0, 0
    state = state or room_state(session_id)
    try:
        last = wire.latest_id(session_id)
        viewers, likes = wire.counted(session_id)
        draft = session.state == State.DRAFT
        if not draft and not wire.line().hexists(wire.state_key(session_id), "room"):
            wire.put_state(session_id, state.sequence, state.plain())
    except RedisError:
        pass  # the room goes on without figures
    if on_shelf is None:
        on_shelf = shelf(session, state.order)
    return {
        "id": last,
        "room": state.plain(),
        "figures": {
            "viewers": viewers,
            "likes": likes,
            "shelf": {str(one.now.item_id): one.plain() for one in on_shelf},
        },
        "chat": [chat.plain(message) for message in chat.latest(session_id)],
    }


def kept_now(session: LiveSession) -> tuple[str, str]:
    """The same as (JSON, tag), at most about a second old: one process at a time makes it anew."""
    key = f"live:{session.pk}:now"
    try:
        kept = wire.line().get(key)
        if kept is not None:
            made, tag, body = str(kept).split(" ", 2)
            fresh = time.time() * 1000 - float(made) < FRESH
            if fresh or not wire.line().set(f"{key}:making", 1, nx=True, px=FRESH):
                return body, tag
    except RedisError:
        pass
    body = wire.packed(now_of(session))
    tag = hashlib.sha256(body.encode()).hexdigest()[:16]
    with contextlib.suppress(RedisError):
        wire.line().set(key, f"{time.time() * 1000:.0f} {tag} {body}", px=KEPT)
    return body, tag
