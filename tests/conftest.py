"""The suite's servers, databases and fixtures. See docs: `make test`.

An ordinary test has `@pytest.mark.django_db` and is rolled back. A test that commits or races takes
`fresh_database`, a clone of its own: the append-only tables refuse the TRUNCATE with which Django
would clean up after `transaction=True`.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded.places import ROOT, PartError
from deploy.embedded.processes import spawn, stop
from tests.support.parts import Database, Suite
from tests.support.servers import Running, ending, start_sandbox, start_server, start_worker

PREPARING = pytest.StashKey["subprocess.Popen[bytes]"]()
# Servers never know it.
OWNER_ADDRESS = "DATABASE_OWNER_URL"
STRIPE_KEY, WEBHOOK_SECRET = "sk_test_suite", "whsec_suite"
SUITE = Suite()
try:
    SUITE.start()
except PartError as error:
    raise pytest.UsageError(str(error)) from error
# This process's database is made when the first test asks for it (django_db_setup).
MINE = SUITE.database(SUITE.new_name())

# Before Django reads its settings. What the desk has set does not reach the tests.
os.environ.update(
    {
        "DJANGO_SETTINGS_MODULE": "storefront.settings.test",
        "SHANHUO_DB_ROLE": "app",
        "DATABASE_URL": MINE.url,
        "DATABASE_OWNER_URL": MINE.owner_url,
        "REDIS_URL": SUITE.redis_url,
        "SECRET_KEY": "only-for-tests",
        "ALLOWED_HOSTS": "*",
        "SITE_URL": "http://testserver",
        "EMAIL_URL": "memorymail://",
        "STRIPE_API_KEY": STRIPE_KEY,
        "STRIPE_PUBLISHABLE_KEY": "pk_test_suite",
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        # Nothing listens there: a test that needs Stripe starts a sandbox.
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "STRIPE_JS_URL": "http://127.0.0.1:9/v3/",
        "MEDIA_ROOT": str(SUITE.postgres.directory.parent / "media" / SUITE.run),
        "SHANHUO_CLOCK_FILE": str(SUITE.postgres.directory.parent / "runs" / f"{SUITE.run}.clock"),
    }
)


def pytest_configure(config: pytest.Config) -> None:
    """Set Django up now that the environment is complete; pytest-django finds it done."""
    import django
    from django.conf import settings

    django.setup()
    if settings.DATABASES["default"]["NAME"] != MINE.name:
        raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: the suite has settings of its own.")
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        # With it in the environment, pytest-django in the workers xdist starts would read the
        # settings before this file there has named the worker's own database.
        del os.environ["DJANGO_SETTINGS_MODULE"]
        config.stash[PREPARING] = spawn(
            [sys.executable, "-m", "tests.support.preparing"],
            environment=os.environ,
            directory=ROOT,
            output=subprocess.DEVNULL,
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop what is ours and let the servers go."""
    if PREPARING in config.stash:
        stop(config.stash[PREPARING])
    SUITE.forget()
    SUITE.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First what needs no database, while it is prepared; then what takes long.

    Last the tests of the site that they share: its worker takes what is in this process's queue.
    """

    def turn(item: pytest.Item) -> int:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "site_of_all" in fixtures:
            return 3
        if not item.get_closest_marker("django_db") and not fixtures & {"db", "leading_to"}:
            return 0
        dear = item.get_closest_marker("slow") or item.get_closest_marker("browser")
        return 1 if dear else 2

    items.sort(key=turn)
    for item in items:
        if item.path.parent.name in ("concurrency", "security"):
            item.add_marker(pytest.mark.flaky(reruns=0))


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Override pytest-django: the database's name is chosen above."""


@pytest.fixture(scope="session")
def django_db_setup() -> Iterator[None]:
    """Override pytest-django: clone the migrated template; tests are the application's role."""
    from django.db import connections

    SUITE.clone(MINE.name)
    yield
    connections.close_all()
    SUITE.drop(MINE.name)


@pytest.fixture(scope="session")
def leading_to(
    django_db_blocker: Any,
) -> Callable[[pytest.MonkeyPatch, Database], AbstractContextManager[Database]]:
    """Return `leading_to(monkeypatch, database)`: inside, `connections["default"]` leads there."""
    from django.db import connections

    @contextmanager
    def lead(monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[Database]:
        settings = connections.settings["default"]
        monkeypatch.setenv("DATABASE_URL", database.url)
        monkeypatch.setenv("DATABASE_OWNER_URL", database.owner_url)
        connections["default"].close()
        monkeypatch.setitem(settings, "NAME", database.name)
        monkeypatch.setitem(connections["default"].settings_dict, "NAME", database.name)
        with django_db_blocker.unblock():
            try:
                yield database
            finally:
                connections["default"].close()

    return lead


@pytest.fixture
def fresh_database(leading_to: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Give the test a database of its own, where it may commit and race, in any thread.

    `connections["default"]` leads there meanwhile; `.url`, `.owner_url` and `.superuser_url` are
    its addresses for the three roles.
    """
    database = SUITE.clone(SUITE.new_name())
    with leading_to(monkeypatch, database):
        yield database
    SUITE.drop(database.name)


@pytest.fixture
def in_english() -> Iterator[None]:
    """Have what is said in this test be English, whatever language the last one left."""
    from django.utils.translation import override

    with override("en"):
        yield


@pytest.fixture(autouse=True)
def _clock_and_cache() -> Iterator[None]:
    """Start each test at the real time, in the site's language, with an empty cache and queue."""
    import redis
    from django.utils import translation

    # A request in Wagtail's admin leaves its language with the thread.
    translation.deactivate()
    yield
    Path(os.environ["SHANHUO_CLOCK_FILE"]).unlink(missing_ok=True)
    with redis.from_url(SUITE.redis_url) as line:
        line.flushdb()


@pytest.fixture
def set_clock() -> Callable[[int], None]:
    """Return a function that sets this test's clock, and its servers', ahead by some seconds."""

    def shift(seconds: int) -> None:
        path = Path(os.environ["SHANHUO_CLOCK_FILE"])
        making = path.with_suffix(".new")
        making.write_text(str(seconds))
        making.replace(path)

    return shift


@pytest.fixture(scope="session")
def environment_on() -> Callable[[Database, Path], dict[str, str]]:
    """Return `environment_on(database, folder)`: what real server processes on it need."""

    def environment(database: Database, folder: Path) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name != OWNER_ADDRESS}
        return {
            **inherited,
            "SHANHUO_DB_ROLE": "app",
            "DATABASE_URL": database.url,
            "REDIS_URL": SUITE.redis_url,
            "SECRET_KEY": secrets.token_hex(24),
            "MEDIA_ROOT": str(folder / "media"),
            "PYTHONUNBUFFERED": "1",
        }

    return environment


@pytest.fixture
def server_environment(
    fresh_database: Database, environment_on: Any, tmp_path: Path
) -> dict[str, str]:
    """Return the environment for real server processes on the test's own database and Redis.

    A test that pays sets STRIPE_API_BASE and STRIPE_JS_URL to its sandbox's address.
    """
    environment: dict[str, str] = environment_on(fresh_database, tmp_path)
    return environment


@pytest.fixture
def processes() -> Iterator[list[Running]]:
    """Collect what the test starts, and end it, the latest first."""
    with ending() as started:
        yield started


@pytest.fixture
def run_server(processes: list[Running], tmp_path: Path) -> Callable[..., Running]:
    """Return `run_server(env, workers=4, threads=1, port=0)`: gunicorn on a free port."""

    def run(env: dict[str, str], workers: int = 4, threads: int = 1, port: int = 0) -> Running:
        processes.append(start_server(env, tmp_path, workers, threads, port))
        return processes[-1]

    return run


@pytest.fixture
def run_worker(processes: list[Running], tmp_path: Path) -> Callable[..., Running]:
    """Return `run_worker(env, concurrency=2)`: a Celery worker that takes tasks."""

    def run(env: dict[str, str], concurrency: int = 2) -> Running:
        processes.append(start_worker(env, tmp_path, concurrency))
        return processes[-1]

    return run


@pytest.fixture
def run_sandbox(processes: list[Running], tmp_path: Path) -> Callable[..., Running]:
    """Return `run_sandbox(webhook_url, port=0)`: our Stripe sandbox with the suite's keys."""

    def run(webhook_url: str, port: int = 0) -> Running:
        processes.append(start_sandbox(tmp_path, webhook_url, WEBHOOK_SECRET, STRIPE_KEY, port))
        return processes[-1]

    return run


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return a real Chromium: `make test` finds or installs it before the tests."""
    from deploy.embedded.chromium import find_chromium

    found = find_chromium(install=False)
    if found is None:
        pytest.fail("No Chromium found: `make test` installs one, or set CHROMIUM.", pytrace=False)
    return str(found)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Any]:
    """One Stripe sandbox for the tests of this process; webhooks go nowhere."""
    from tests.support.sandbox import running_sandbox

    with running_sandbox() as running:
        yield running


@pytest.fixture
def stripe(sandbox: Any, settings: Any) -> Iterator[Any]:
    """Have this process's gateway speak to the sandbox."""
    from storefront.payments import gateway

    settings.STRIPE_API_BASE = sandbox.url
    settings.STRIPE_API_KEY = sandbox.api_key
    settings.STRIPE_WEBHOOK_SECRET = sandbox.webhook_secret
    gateway._client.cache_clear()
    yield sandbox
    sandbox.clear_faults()
    gateway._client.cache_clear()
