"""The event stream: server-sent events to every viewer of a room, out of one process or several.

An ASGI application of its own (storefront/asgi.py), without Django's handlers: a viewer costs two
small tasks and a queue, an event one write per viewer, and neither costs a query. What it tells is
public, so it asks nobody who they are.

  GET /live-events/<session>?after=<id>   an endless stream; or 404, and the page polls instead
  GET /live-events/healthz                200

Events: `room` (the whole state, see selectors.RoomState), `chat`, `hide`, and `figures` (viewers,
likes, shelf: only what changed). `id` is the Redis stream's: a browser that comes back names the
last one that it had, and is told what it missed.
"""

import asyncio
import contextlib
import logging
import re
import resource
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from livestream.room.hub import Hub, Viewer

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = re.compile(r"/live-events/([0-9]{1,10})")
ID = re.compile(r"([0-9]{1,15})-([0-9]{1,10})")
# Any page may read it: it is what everybody sees, and no cookie is asked for.
OPEN_TO_ALL = (b"access-control-allow-origin", b"*")
STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    # nginx hands on each event at once.
    (b"x-accel-buffering", b"no"),
    OPEN_TO_ALL,
]
# What a browser waits before it comes back, in milliseconds; each a little different.
RETRY = b"retry: %d\n\n"


class Stream:
    """The application: one per process."""

    def __init__(self) -> None:
        self.hub = Hub()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                allow_many_connections()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.hub.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = PATH.fullmatch(scope["path"])
        if scope["path"] == "/live-events/healthz":
            return await _plain(send, 200, b"ok")
        if not found or scope["method"] != "GET":
            return await _plain(send, 404, b"")
        viewer = await self.hub.enter(int(found[1]), _after(scope))
        if viewer is None:
            return await _plain(send, 404, b"")
        try:
            await _tell(viewer, receive, send)
        finally:
            self.hub.leave(viewer)


async def _plain(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store"), OPEN_TO_ALL]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _tell(viewer: Viewer, receive: Receive, send: Send) -> None:
    """Write to a viewer until he goes, or is cut off because he does not read."""
    await send({"type": "http.response.start", "status": 200, "headers": STREAM})
    start = RETRY % (1000 + hash(viewer) // 16 % 2000)
    await send({"type": "http.response.body", "body": start, "more_body": True})
    viewer.writer = asyncio.create_task(_write(viewer, send))
    leaving = asyncio.create_task(_gone(receive))
    await asyncio.wait((viewer.writer, leaving), return_when=asyncio.FIRST_COMPLETED)
    for task in (viewer.writer, leaving):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await task


async def _gone(receive: Receive) -> None:
    """Wait until the browser has gone: first comes the request's own, empty, body."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(viewer: Viewer, send: Send) -> None:
    while True:
        chunk = await viewer.queue.get()
        await send({"type": "http.response.body", "body": chunk, "more_body": True})


def _after(scope: Scope) -> tuple[int, int] | None:
    """The last event that a viewer had: he comes back, or his page was made at it."""
    for name, value in scope["headers"]:
        if name == b"last-event-id" and (found := ID.fullmatch(value.decode("latin-1"))):
            return int(found[1]), int(found[2])
    found = re.search(rf"(?:^|&)after={ID.pattern}(?:&|$)", scope["query_string"].decode("latin-1"))
    return (int(found[1]), int(found[2])) if found else None


def allow_many_connections() -> None:
    """Let this process hold as many connections as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < 4096:
        log.warning("Only %d connections are allowed here: see LimitNOFILE.", hard)
