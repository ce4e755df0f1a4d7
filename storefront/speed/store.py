"""The kept pages: in this process's memory, and some of them for all processes in Redis."""

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from threading import Event, Lock
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from redis.exceptions import RedisError

from catalog.clock import now
from storefront.speed.body import Body
from storefront.speed.watching import CONTENT, SECONDS_KEPT, Watch, remember

log = logging.getLogger(__name__)
# Database, language, look, path, what of the query counts, whether there was more of it.
Key = tuple[str, str, str, str, tuple[tuple[str, str], ...], bool]
SECONDS_SHARED = 600
SECONDS_WITHOUT_REDIS = 10
SECONDS_WAITING = 2.0
# By the clock alone offers and campaigns begin and end, ...
MOMENTS = """
    SELECT starts_at FROM campaigns_campaign UNION SELECT ends_at FROM campaigns_campaign UNION
    SELECT start_datetime FROM offer_conditionaloffer UNION
    SELECT end_datetime FROM offer_conditionaloffer
"""


@dataclass
class Entry:
    """A page as it was rendered, and how long it is right."""

    body: Body
    headers: Mapping[str, str]
    topics: tuple[str, ...]
    # See storefront.speed.watching.
    stamp: int
    begun: datetime
    until: datetime
    tag: str
    # By the real clock, in seconds; the two above go by ours.
    made: float = field(default_factory=time.time)
    # The watch's turn in which it was last found to hold.
    turn: int = -1

    def holds(self, seen: Watch) -> bool:
        """Whether it is right now."""
        if self.turn != seen.turn:
            turn = seen.turn
            if not seen.holds(self.stamp, self.topics):
                return False
            self.turn = turn
        return self.begun <= now() < self.until and 0 <= time.time() - self.made < SECONDS_KEPT


def until(begun: datetime) -> datetime:
    """When time alone may change a page that is rendered now.

    ... and at full hours days begin, and what is picked or sent "within so many hours" changes.
    """
    hour = begun.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    moments = remember("moments", (CONTENT,), _moments)
    return min((moment for moment in moments if begun < moment < hour), default=hour)


def _moments() -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(MOMENTS)
        return [moment for (moment,) in cursor.fetchall() if moment is not None]


class Memory:
    """Pages of this process, at most so many bytes; those not asked for go first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Key) -> Entry | None:
        """The page as it was last kept, whether or not it still holds."""
        with self._lock:
            if entry := self._entries.get(key):
                self._entries.move_to_end(key)
            return entry

    def put(self, key: Key, entry: Entry) -> None:
        """Keep a page; what is too much goes."""
        with self._lock:
            self._bytes -= old.body.size if (old := self._entries.pop(key, None)) else 0
            self._entries[key] = entry
            self._bytes += entry.body.size
            while self._bytes > settings.KEPT_PAGES_MEGABYTES * 1_000_000:
                _, gone = self._entries.popitem(last=False)
                self._bytes -= gone.body.size

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)


class Shared:
    """Pages that any process may have rendered: plain addresses in the usual look.

    Their number is bounded by what there is to be shown, and each stays for ten minutes. Without
    Redis there are none for a while.
    """

    def __init__(self) -> None:
        self._without_until = 0.0

    def get(self, key: Key) -> Entry | None:
        """The page, whether or not it holds."""
        return self._ask("get", self._name(key)) if self._is_for(key) else None

    def put(self, key: Key, entry: Entry) -> None:
        """Share a page."""
        if self._is_for(key):
            self._ask("set", self._name(key), entry, SECONDS_SHARED)

    def _is_for(self, key: Key) -> bool:
        *_, look, _, query, more = key
        return look == "auto-normal" and not query and not more

    def _name(self, key: Key) -> str:
        database, language, _, path, _, _ = key
        address = hashlib.sha256(f"{database} {language} {path}".encode()).hexdigest()
        return f"page:{edition()}:{address[:40]}"

    def _ask(self, method: str, *arguments: object) -> Any:
        if time.monotonic() < self._without_until:
            return None
        try:
            return getattr(caches["pages"], method)(*arguments)
        except RedisError:
            log.warning("Redis does not answer: pages are not shared", exc_info=True)
            self._without_until = time.monotonic() + SECONDS_WITHOUT_REDIS
            return None


@cache
def edition() -> str:
    """What tells one state of code, texts and settings from another: they make other pages."""
    digest = hashlib.sha256(
        repr((settings.SITE_URL, settings.UNIVERSITY_NAME, settings.STATIC_URL)).encode()
    )
    folders = ("catalog", "cooperatives", "livestream", "storefront", "templates", "locale")
    files = [settings.STATIC_ROOT / "staticfiles.json"]
    for folder in folders:
        files += sorted((settings.BASE_DIR / folder).rglob("*"))
    for file in files:
        if file.suffix in (".py", ".html", ".mo", ".json") and file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


memory, shared = Memory(), Shared()


def find(key: Key, seen: Watch) -> tuple[Entry | None, bool]:
    """(the page if one holds, whether there ever was one)."""
    entry = memory.get(key)
    if entry is not None and entry.holds(seen):
        return entry, True
    other = shared.get(key)
    if other is not None:
        other.turn = -1
        if other.holds(seen):
            memory.put(key, other)
            return other, True
    return None, entry is not None or other is not None


def keep(key: Key, entry: Entry) -> None:
    """Keep a page for whoever comes next."""
    memory.put(key, entry)
    shared.put(key, entry)


_making: dict[Key, Event] = {}
_making_lock = Lock()


@contextmanager
def making(key: Key) -> Iterator[bool]:
    """Whether we make this page; else somebody in this process just has, or took too long."""
    with _making_lock:
        other = _making.get(key)
        if other is None:
            mine = _making[key] = Event()
    if other is not None:
        other.wait(SECONDS_WAITING)
        yield False
        return
    try:
        yield True
    finally:
        with _making_lock:
            del _making[key]
        mine.set()
