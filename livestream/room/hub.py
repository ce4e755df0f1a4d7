"""The rooms of a stream process: one reading of Redis each, told to everybody who is there."""

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from livestream.room import wire
from livestream.room.ticking import Figures

log = logging.getLogger(__name__)
Id = tuple[int, int]
# What a viewer may have waiting before he is cut off: some ten seconds of a lively chat.
WAITING = 64
# What one who comes back can be told at most.
KEPT = 300
# Seconds: between two writes to everybody, between two looks at the figures, without a word, and
# until an empty room is closed.
PAUSE, TICK, SILENCE, EMPTY = 0.1, 0.5, 15.0, 30.0
# How long Redis is asked to wait for something new.
LISTEN = 5


class Viewer:
    """Somebody who watches: what is to be written to him."""

    __slots__ = ("queue", "room", "writer")

    def __init__(self, room: "Room") -> None:
        self.room = room
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self.writer: asyncio.Task[None] | None = None

    def give(self, chunk: bytes) -> None:
        """Put something into the viewer's queue; who does not read is cut off, and comes back."""
        try:
            self.queue.put_nowait(chunk)
        except asyncio.QueueFull:
            if self.writer is not None:
                self.writer.cancel()


def frame(kind: str, data: str, identity: str = "") -> bytes:
    """An event as browsers read it. JSON has no line ends."""
    head = f"id: {identity}\n" if identity else ""
    return f"{head}event: {kind}\ndata: {data}\n\n".encode()


def id_of(text: str) -> Id:
    """A stream's id as numbers, to compare."""
    first, _, second = text.partition("-")
    return int(first), int(second)


class Room:
    """One session in this process."""

    def __init__(self, session_id: int, redis: Any, state: str) -> None:
        self.session_id = session_id
        self.redis = redis
        self.viewers: set[Viewer] = set()
        self.kept: deque[tuple[Id, str, bytes]] = deque(maxlen=KEPT)
        self.last = "0-0"
        self.state = state
        self.figures = Figures(session_id, redis)
        self.empty_since: float | None = None
        self.spoke = time.monotonic()
        self.tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Read what was told lately, and begin to listen."""
        stream = wire.stream_key(self.session_id)
        latest = await self.redis.xrevrange(stream, count=KEPT)
        for identity, entry in reversed(latest):
            self._keep(identity, entry)
        await self.figures.look(0)
        self.tasks = [
            asyncio.create_task(self._forever(self._listen)),
            asyncio.create_task(self._forever(self._tick)),
        ]

    async def close(self) -> None:
        """Stop listening; the viewers' browsers will look for another process."""
        for task in self.tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for viewer in list(self.viewers):
            if viewer.writer is not None:
                viewer.writer.cancel()

    def first_words(self, after: Id | None) -> bytes:
        """What a viewer is told who comes: how it is now, and the chat that he missed."""
        words = [frame("room", self.state, self.last), self.figures.everything()]
        if after is not None:
            words += [told for at, kind, told in self.kept if kind != "room" and at > after]
        return b"".join(words)

    def tell(self, chunk: bytes) -> None:
        """Write to everybody who is there."""
        self.spoke = time.monotonic()
        for viewer in self.viewers:
            viewer.give(chunk)

    async def _forever(self, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Repeat a step; without Redis, wait for it to come back."""
        while True:
            try:
                await step()
            except RedisError as gone:
                log.warning("Redis does not answer: %s", gone)
                await asyncio.sleep(2)
            except Exception:  # one event that can't be told must not end the room for all
                log.exception("Room %s", self.session_id)
                await asyncio.sleep(2)

    async def _listen(self) -> None:
        stream = wire.stream_key(self.session_id)
        found = await self.redis.xread({stream: self.last}, block=LISTEN * 1000)
        if not found:
            return
        told = [self._keep(identity, entry) for identity, entry in found[0][1]]
        self.tell(b"".join(told))
        # Whatever else comes meanwhile goes out in one piece.
        await asyncio.sleep(PAUSE)

    def _keep(self, identity: str, entry: dict[str, str]) -> bytes:
        told = frame(entry["kind"], entry["data"], identity)
        self.kept.append((id_of(identity), entry["kind"], told))
        self.last = identity
        if entry["kind"] == "room" and _sequence(entry["data"]) >= _sequence(self.state):
            self.state = entry["data"]
        return told

    async def _tick(self) -> None:
        await asyncio.sleep(TICK)
        changed = await self.figures.look(len(self.viewers))
        if changed:
            self.tell(changed)
        elif time.monotonic() - self.spoke > SILENCE:
            # Proxies close what is silent, and a browser that has gone is noticed.
            self.tell(b":\n\n")


def _sequence(state: str) -> int:
    return int(json.loads(state).get("sequence", 0))


class Hub:
    """The rooms of this process."""

    def __init__(self) -> None:
        self.rooms: dict[int, Room] = {}
        self.opening: dict[int, asyncio.Lock] = {}
        # redis-py's types speak of bytes and of every version of the protocol.
        self.redis: Any = Redis.from_url(
            settings.REDIS_URL, decode_responses=True, socket_timeout=3 * LISTEN
        )

    async def enter(self, session_id: int, after: Id | None) -> Viewer | None:
        """Let somebody in; None where there is no such room, or Redis is away."""
        room = self.rooms.get(session_id) or await self._open(session_id)
        if room is None:
            return None
        viewer = Viewer(room)
        viewer.give(room.first_words(after))
        room.viewers.add(viewer)
        room.empty_since = None
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Let somebody go; an empty room is closed after a while."""
        room = viewer.room
        room.viewers.discard(viewer)
        if not room.viewers:
            room.empty_since = time.monotonic()
            asyncio.get_running_loop().call_later(EMPTY + 0.1, self._close_if_empty, room)

    async def close(self) -> None:
        """Close all rooms."""
        for room in list(self.rooms.values()):
            await room.close()
        await self.redis.aclose()

    async def _open(self, session_id: int) -> Room | None:
        lock = self.opening.setdefault(session_id, asyncio.Lock())
        async with lock:
            if session_id in self.rooms:
                return self.rooms[session_id]
            try:
                # Only rooms that a page or a desk has made: nobody opens others by guessing.
                state = await self.redis.hget(wire.state_key(session_id), "room")
                if state is None:
                    return None
                room = Room(session_id, self.redis, state)
                await room.open()
            except RedisError as gone:
                log.warning("Redis does not answer: %s", gone)
                return None
            finally:
                self.opening.pop(session_id, None)
            self.rooms[session_id] = room
            return room

    def _close_if_empty(self, room: Room) -> None:
        since = room.empty_since
        if since is None or time.monotonic() - since < EMPTY or room.viewers:
            return
        if self.rooms.get(room.session_id) is room:
            del self.rooms[room.session_id]
            asyncio.ensure_future(room.close())
