"""What `manage.py doctor` looks at: what is found, and what to do where it is wrong."""

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import urlsplit

import redis
import stripe
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.db import DatabaseError, connection

from catalog.append_only import TRIGGER_FUNCTION
from storefront.celery import app as celery_app
from storefront.health import unapplied_migrations
from storefront.tasks import BEAT_KEY

OLDEST_POSTGRES = 150000
OLDEST_REDIS = (6, 2)
WORKER_SECONDS = 3.0
STRIPE_ITSELF = "api.stripe.com"


@dataclass(frozen=True)
class Finding:
    """One line of the report; `advice` is one sentence, empty when all is well."""

    name: str
    found: str
    advice: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.advice


def masked(address: str) -> str:
    """Return an address without its password."""
    parts = urlsplit(address)
    if parts.password is None:
        return address
    user = parts.username or ""
    rest = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:•••@{rest}").geturl()


def examine() -> Iterator[Finding]:
    """Yield every finding, in the order of reading; a check that breaks is a finding too."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _versions,
        _database,
        _redis,
        _worker,
        _stripe,
        _mail,
        _storage,
        _second_factor,
    )
    for check in checks:
        try:
            yield from check()
        except Exception as error:  # the report must go on
            name = check.__name__.strip("_")
            yield Finding(name, f"{type(error).__name__}: {error}", f"Mend the {name} first.")


def _versions() -> Iterator[Finding]:
    packages = ("Django", "wagtail", "django-oscar", "celery", "stripe", "psycopg")
    told = ", ".join(f"{name} {version(name)}" for name in packages)
    yield Finding("versions", f"Python {platform.python_version()}, {told}")
    yield Finding("settings", settings.SETTINGS_MODULE)


def _database() -> Iterator[Finding]:
    target = connection.settings_dict
    where = f"{target['USER']}@{target['HOST'] or 'socket'}:{target['PORT'] or 5432}/"
    where += str(target["NAME"])
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version'), current_setting('server_version_num')"
                "::int, current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
            )
            text, number, role, superuser = cursor.fetchone()
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        yield Finding("database", f"{where}: {reason}", "Start PostgreSQL or mend DATABASE_URL.")
        return
    old = f"PostgreSQL 15 or newer is needed, this is {text}." if number < OLDEST_POSTGRES else ""
    yield Finding("database", f"PostgreSQL {text} at {where}", old)
    yield from _role(role, superuser)
    missing = unapplied_migrations()
    found = f"{len(missing)} not applied, first {missing[0]}" if missing else "all applied"
    advice = "Run `manage.py migrate`, then `manage.py grant_roles`." if missing else ""
    yield Finding("migrations", found, advice)


def _role(role: str, superuser: bool) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.relname, c.relowner = (SELECT oid FROM pg_roles WHERE rolname = %s),"
            " has_table_privilege(%s, c.oid, 'UPDATE, DELETE, TRUNCATE')"
            " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c"
            " ON c.oid = t.tgrelid WHERE p.proname = %s ORDER BY 1",
            [role, role, TRIGGER_FUNCTION],
        )
        tables = cursor.fetchall()
    changeable = [name for name, owns, may in tables if owns or may]
    advice = ""
    if superuser:
        advice = "The site must not run as a superuser: give DATABASE_URL a role of its own."
    elif changeable:
        advice = (
            f"{role} may change {', '.join(changeable)}: run `manage.py grant_roles` as the owner, "
            "and let DATABASE_URL name another role than the tables' owner."
        )
    elif not tables:
        advice = "There are no append-only tables: run `manage.py migrate`."
    yield Finding("role", f"{role}; {len(tables)} append-only tables", advice)


def _redis() -> Iterator[Finding]:
    where = masked(settings.REDIS_URL)
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3) as line:
            told = str(line.info("server")["redis_version"])
    except redis.RedisError as error:
        yield Finding("redis", f"{where}: {error}", "Start Redis or mend REDIS_URL.")
        return
    numbers = tuple(int(part) for part in told.split(".")[:2])
    advice = "" if numbers >= OLDEST_REDIS else f"Redis 6.2 or newer is needed, this is {told}."
    yield Finding("redis", f"{told} at {where}", advice)


def _worker() -> Iterator[Finding]:
    try:
        answers = celery_app.control.ping(timeout=WORKER_SECONDS)
        beat = cache.get(BEAT_KEY)
    except (redis.RedisError, OSError):
        yield Finding("worker", "cannot be asked", "Start Redis first: it carries the questions.")
        return
    names = ", ".join(name for answer in answers for name in answer)
    start = "Start a Celery worker (`celery -A storefront worker`), or `make run`."
    yield Finding("worker", names or "none answers", "" if names else start)
    again = "Start the schedule (`celery -A storefront beat`), or `make run`, and wait a minute."
    found = f"last heard of at {beat}" if beat else "no sign for five minutes"
    yield Finding("schedule", found, "" if beat else again)


def _stripe() -> Iterator[Finding]:
    base, key = settings.STRIPE_API_BASE, settings.STRIPE_API_KEY
    sandbox = urlsplit(base).hostname != STRIPE_ITSELF
    kind = "sandbox" if sandbox else "test mode" if "_test_" in key else "live"
    where = f"{kind} at {base}, key {key[:8]}•••"
    if not key:
        yield Finding("stripe", f"no key, {base}", "Set STRIPE_API_KEY.")
        return
    client = stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=10),
    )
    try:
        client.v1.payment_intents.list({"limit": 1})
    except stripe.AuthenticationError:
        yield Finding("stripe", where, "Stripe refuses the key: mend STRIPE_API_KEY.")
        return
    except stripe.StripeError as error:
        reason = str(error).splitlines()[0]
        yield Finding("stripe", f"{where}: {reason}", "See that STRIPE_API_BASE can be reached.")
        return
    advice = "" if settings.STRIPE_WEBHOOK_SECRET else "Set STRIPE_WEBHOOK_SECRET."
    yield Finding("stripe", where, advice)


def _mail() -> Iterator[Finding]:
    backend = settings.EMAIL_BACKEND.rpartition(".")[0].rpartition(".")[2]
    where = {
        "smtp": f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "mailbox": str(getattr(settings, "EMAIL_FILE_PATH", "")),
    }.get(backend, "nobody gets it")
    try:
        line = get_connection()
        if backend in ("smtp", "mailbox"):
            line.open()
            line.close()
    except Exception as error:  # each backend has its own
        yield Finding("mail", f"{backend}, {where}: {error}", "Mend EMAIL_URL.")
        return
    yield Finding("mail", f"{backend}, {where}")


def _storage() -> Iterator[Finding]:
    try:
        name = default_storage.save("doctor-probe.txt", ContentFile(b"probe"))
        default_storage.delete(name)
    except OSError as error:
        yield Finding("storage", str(error), "Make MEDIA_ROOT a folder that the site may write.")
    else:
        yield Finding("storage", f"{settings.MEDIA_ROOT} can be written to")


def _second_factor() -> Iterator[Finding]:
    found = f"second step of staff: {settings.STAFF_SECOND_FACTOR}"
    open_door = not settings.DEMO_ALLOWED and settings.STAFF_SECOND_FACTOR != "required"
    yield Finding("sign-in", found, "Set STAFF_SECOND_FACTOR=required." if open_door else "")
