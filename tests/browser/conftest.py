"""A real Chromium, and the whole site with its demo on real servers."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.open_site import PASSWORD, Arrive, OpenSite, Visitor
from tests.support.parts import Database
from tests.support.servers import Running, ending, start_sandbox, start_server, start_worker

# What a browser starts that no page needs; its sandbox needs rights that root's lacks.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Its loop runs in this thread, so Django would take every query here for a slip.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        # A busy machine is slow, not wrong.
        expect.set_options(timeout=15_000)
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collect the static files, as links, into a folder of the tests' own."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import override_settings

    if not (settings.BASE_DIR / "assets" / "dist" / "shop.css").exists():
        pytest.fail("The front end is not built: `make prepare`.", pytrace=False)
    folder = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=folder):
        call_command("collectstatic", link=True, interactive=False, verbosity=0)
    return folder


@contextmanager
def running(
    folder: Path,
    environment: dict[str, str],
    processes: list[Running],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OpenSite]:
    """The demo's site: web server, worker, Stripe sandbox; this process reads its database.

    `environment` names its database already, and its static files.
    """
    from django.conf import settings

    from deploy.embedded.processes import free_port
    from storefront.payments import gateway

    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    port = free_port()
    url, mails = f"http://127.0.0.1:{port}", folder / "mails"
    monkeypatch.setattr(settings, "SITE_URL", url)
    loading = ThreadPoolExecutor(1).submit(_load_demo)
    secret, key = settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_KEY
    sandbox = start_sandbox(folder, f"{url}/payments/stripe/webhook", secret, key)
    processes.append(sandbox)
    monkeypatch.setattr(settings, "STRIPE_API_BASE", sandbox.url)
    gateway._client.cache_clear()
    environment = environment | {
        "SITE_URL": url,
        "EMAIL_URL": f"filemail:///{mails}",
        "STRIPE_API_BASE": sandbox.url,
        "STRIPE_JS_URL": f"{sandbox.url}/v3/",
    }
    processes.append(start_server(environment, folder, workers=1, threads=4, port=port))
    processes.append(start_worker(environment, folder, concurrency=2))
    loading.result()
    yield OpenSite(url, sandbox.url, mails)
    gateway._client.cache_clear()


@pytest.fixture
def open_site(
    server_environment: dict[str, str],
    processes: list[Running],
    static_files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OpenSite]:
    """The demo's site, for this test alone."""
    environment = server_environment | {"STATIC_ROOT": str(static_files)}
    with running(tmp_path, environment, processes, monkeypatch) as site:
        yield site


@pytest.fixture(scope="module")
def shared_site(
    own_database: Any,
    environment_on: Callable[[Database, Path], dict[str, str]],
    static_files: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OpenSite]:
    """One site for all tests of a module; links that this process signs are good there."""
    from django.conf import settings

    folder = tmp_path_factory.mktemp("site")
    with (
        pytest.MonkeyPatch.context() as patch,
        own_database(patch) as database,
        ending() as processes,
    ):
        own = {"STATIC_ROOT": str(static_files), "SECRET_KEY": settings.SECRET_KEY}
        environment = environment_on(database, folder) | own
        with running(folder, environment, processes, patch) as site:
            yield site


def _load_demo() -> None:
    from django.core.management import call_command
    from django.db import connection

    try:
        call_command("load_demo", stdout=io.StringIO())
    finally:
        connection.close()


@contextmanager
def visitors_of(browser: Browser, site: OpenSite) -> Iterator[Arrive]:
    """`arrive(name, language="en", width=375)`: one more person with a browser; all leave."""
    visitors: list[Visitor] = []

    def come(name: str, *more: Any, **options: Any) -> Visitor:
        visitors.append(Visitor.arrive(browser, site, name, *more, **options))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.leave()


@pytest.fixture
def arrive(browser: Browser, open_site: OpenSite) -> Iterator[Arrive]:
    """Return `arrive(name, language="en", width=375)`: one more person with a browser."""
    with visitors_of(browser, open_site) as come:
        yield come


@pytest.fixture
def arrive_there(browser: Browser, shared_site: OpenSite) -> Iterator[Arrive]:
    """`arrive` at the site that the module's tests share."""
    with visitors_of(browser, shared_site) as come:
        yield come
