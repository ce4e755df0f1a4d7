"""The figures of a room: viewers, likes and shelf, looked at twice a second for everybody at once.

Of all stream processes one, the first to say so in Redis, asks the database what lies on the
shelf, once a second, and keeps a row a minute; the others read what it found.
"""

import asyncio
import json
import logging
import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import DatabaseError, close_old_connections

from livestream.room import wire
from livestream.room.chat import keep_minute
from livestream.room.shelf import shelf_figures

log = logging.getLogger(__name__)
# Seconds: between two looks at the shelf; how long the first process stays it.
SHELF, FIRST = 1.0, 3
# One thread, so one connection to the database.
BESIDE = ThreadPoolExecutor(1, "room")
# This process among those that share the rooms.
NAME = f"{os.getpid()}-{secrets.token_hex(4)}"


class Figures:
    """What is counted in one room, as this process told it last."""

    def __init__(self, session_id: int, redis: Any) -> None:
        self.session_id = session_id
        self.redis = redis
        self.told: dict[str, Any] = {"viewers": 0, "likes": 0, "shelf": {}}
        self.shelf_at = 0.0
        self.minute = 0
        self.asking: asyncio.Task[None] | None = None

    def everything(self) -> bytes:
        """All figures, for who comes."""
        return _event(self.told)

    async def look(self, viewers: int) -> bytes:
        """Say how many watch here, and give what changed in the whole room, or nothing."""
        first_key = f"live:{self.session_id}:first"
        here = wire.viewers_key(self.session_id)
        moment = time.time()
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.hset(here, NAME, f"{viewers} {moment:.3f}")
            pipe.expire(here, 60)
            pipe.hgetall(here)
            pipe.get(wire.likes_key(self.session_id))
            pipe.hget(wire.state_key(self.session_id), "shelf")
            pipe.set(first_key, NAME, nx=True, ex=FIRST)
            pipe.get(first_key)
            _, _, counted, likes, shelf, _, first = await pipe.execute()
        now = {
            "viewers": wire.sum_viewers(counted, moment),
            "likes": int(likes or 0),
            "shelf": json.loads(shelf) if shelf else {},
        }
        if first == NAME and (self.asking is None or self.asking.done()):
            self.asking = asyncio.create_task(self._ask(now, moment))
        changed = {name: value for name, value in now.items() if value != self.told[name]}
        self.told = now
        return _event(changed) if changed else b""

    async def _ask(self, figures: dict[str, Any], moment: float) -> None:
        """Ask the database for all processes, beside what goes on here."""
        loop = asyncio.get_running_loop()
        await self.redis.expire(f"live:{self.session_id}:first", FIRST)
        if moment - self.shelf_at >= SHELF:
            self.shelf_at = moment
            shelf = await loop.run_in_executor(BESIDE, _shelf, self.session_id)
            if shelf is not None:
                key = wire.state_key(self.session_id)
                await self.redis.hset(key, "shelf", wire.packed(shelf))
        if int(moment // 60) != self.minute:
            self.minute = int(moment // 60)
            counts = (figures["viewers"], figures["likes"])
            await loop.run_in_executor(BESIDE, _keep, self.session_id, *counts)


def _event(figures: dict[str, Any]) -> bytes:
    return f"event: figures\ndata: {wire.packed(figures)}\n\n".encode()


def _shelf(session_id: int) -> dict[str, Any] | None:
    close_old_connections()
    try:
        return shelf_figures(session_id)
    except DatabaseError as gone:
        log.warning("The shelf of room %s: %s", session_id, gone)
        return None
    finally:
        close_old_connections()


def _keep(session_id: int, viewers: int, likes: int) -> None:
    close_old_connections()
    try:
        keep_minute(session_id, viewers, likes)
    except DatabaseError as gone:
        log.warning("The minute of room %s: %s", session_id, gone)
    finally:
        close_old_connections()
