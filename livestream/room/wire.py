"""The room's wire: one Redis stream per session, from which its viewers are told.

What is written here is only a copy, for speed: the truth is in the database. Without Redis the
room goes on, told by what its page asks for.
"""

import json
import logging
import time
from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
# Entries that a viewer who was away can be told, and seconds after which all of it goes.
LENGTH, LASTS = 1000, 24 * 3600
# Seconds for which a stream process that says nothing is counted.
STALE = 5.0
# Put the room's state there unless a newer one is there already: of two desks that commit one
# after the other the second may come first here.
PUT_STATE = """
local there = redis.call('HGET', KEYS[1], 'sequence')
if there and tonumber(there) > tonumber(ARGV[1]) then return false end
redis.call('HSET', KEYS[1], 'sequence', ARGV[1], 'room', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
local id = redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'kind', 'room', 'data', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return id
"""


def stream_key(session_id: int) -> str:
    """The stream of what viewers are told."""
    return f"live:{session_id}:stream"


def state_key(session_id: int) -> str:
    """The hash with the newest state: `sequence` and `room`."""
    return f"live:{session_id}:state"


def likes_key(session_id: int) -> str:
    """The counter of likes."""
    return f"live:{session_id}:likes"


def viewers_key(session_id: int) -> str:
    """The hash of stream processes: "viewers moment" by name."""
    return f"live:{session_id}:viewers"


@cache
def line() -> redis.Redis:
    """This process's connections; nobody waits long for them."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, decode_responses=True
    )


def packed(data: Any) -> str:
    """JSON as it goes over the wire."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def put_state(session_id: int, sequence: int, state: dict[str, Any]) -> None:
    """Tell the viewers the room's state, unless they know a newer one."""
    keys = [state_key(session_id), stream_key(session_id)]
    try:
        line().eval(PUT_STATE, len(keys), *keys, sequence, packed(state), LASTS, LENGTH)
    except RedisError as gone:
        log.warning("The room's viewers were not told: %s", gone)


def put(session_id: int, kind: str, data: dict[str, Any]) -> None:
    """Tell the viewers something else: a message of the chat."""
    try:
        with line().pipeline() as pipe:
            said: dict[Any, Any] = {"kind": kind, "data": packed(data)}
            pipe.xadd(stream_key(session_id), said, maxlen=LENGTH, approximate=True)
            pipe.expire(stream_key(session_id), LASTS)
            pipe.execute()
    except RedisError as gone:
        log.warning("The room's viewers were not told: %s", gone)


def latest_id(session_id: int) -> str:
    """The id of the last entry that was told; empty where there is none."""
    found = line().xrevrange(stream_key(session_id), count=1)
    return str(found[0][0]) if found else ""


def like(session_id: int, count: int) -> None:
    """Count likes."""
    try:
        with line().pipeline() as pipe:
            pipe.incrby(likes_key(session_id), count)
            pipe.expire(likes_key(session_id), 7 * LASTS)
            pipe.execute()
    except RedisError as gone:
        log.warning("A like was not counted: %s", gone)


def counted(session_id: int) -> tuple[int, int]:
    """The viewers who listen now, and the likes."""
    moment = time.time()
    with line().pipeline(transaction=False) as pipe:
        pipe.hgetall(viewers_key(session_id))
        pipe.get(likes_key(session_id))
        said, likes = pipe.execute()
    return sum_viewers(said, moment), int(likes or 0)


def sum_viewers(said: dict[str, str], moment: float) -> int:
    """The viewers of all processes that said something lately."""
    total = 0
    for one in said.values():
        count, _, at = one.partition(" ")
        if moment - float(at) < STALE:
            total += int(count)
    return total
