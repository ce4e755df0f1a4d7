"""The cache of what can be read anew: without Redis pages are slower, not gone."""

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class ForgivingRedis(RedisCache):
    """Django's, where nothing is found and nothing kept while Redis is away.

    Counting (`add`, `incr`) still raises RedisError: who counts decides what to do without.
    """

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """The value, or the default."""
        try:
            return super().get(key, default, version)
        except RedisError as gone:
            log.warning("Redis does not answer: %s", gone)
            return default

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        """Keep it if that is possible."""
        try:
            super().set(key, value, *args, **kwargs)
        except RedisError as gone:
            log.warning("Redis does not answer: %s", gone)

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Whether there was such a key."""
        try:
            return bool(super().delete(key, version))
        except RedisError as gone:
            log.warning("Redis does not answer: %s", gone)
            return False
