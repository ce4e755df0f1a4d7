"""Whether this process lives (/healthz) and whether it can serve (/readyz)."""

import logging

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)
# Building the graph of migrations is slow, and what has been applied stays applied.
_migrated = False


def database_answers() -> bool:
    """Say whether the database runs a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except DatabaseError:
        log.warning("The database does not answer", exc_info=True)
        return False


def redis_answers() -> bool:
    """Say whether Redis, which carries the queue, the cache and the sessions' limits, answers."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2
        ) as line:
            return bool(line.ping())
    except redis.RedisError:
        log.warning("Redis does not answer", exc_info=True)
        return False


def unapplied_migrations() -> list[str]:
    """Return "app.name" of each migration in the code that the database lacks.

    Raises DatabaseError when the database does not answer.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _is_migrated() -> bool:
    global _migrated
    try:
        _migrated = _migrated or not unapplied_migrations()
    except DatabaseError:
        return False
    return _migrated


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process can answer at all; touches no server."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, Redis and migrations are in order, else 503 saying which is not."""
    database = database_answers()
    checks = {
        "database": database,
        "redis": redis_answers(),
        "migrations": database and _is_migrated(),
    }
    return JsonResponse(
        {"ok": all(checks.values()), **checks}, status=200 if all(checks.values()) else 503
    )
