"""A real Chromium, and the whole site with its demo on real servers."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.open_site import PASSWORD, Arrive, OpenSite, Visitor
from tests.support.parts import Database

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


@pytest.fixture
def open_site(
    fresh_database: Database,
    server_environment: dict[str, str],
    run_server: Callable[..., Any],
    run_worker: Callable[..., Any],
    run_sandbox: Callable[..., Any],
    static_files: Path,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OpenSite]:
    """The demo's site: web server, worker, Stripe sandbox; this process reads its database."""
    from deploy.embedded.processes import free_port
    from storefront.payments import gateway

    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    port = free_port()
    url, mails = f"http://127.0.0.1:{port}", tmp_path / "mails"
    settings.SITE_URL = url
    loading = ThreadPoolExecutor(1).submit(_load_demo)
    sandbox = run_sandbox(f"{url}/payments/stripe/webhook")
    settings.STRIPE_API_BASE = sandbox.url
    gateway._client.cache_clear()
    environment = server_environment | {
        "SITE_URL": url,
        "STATIC_ROOT": str(static_files),
        "EMAIL_URL": f"filemail:///{mails}",
        "STRIPE_API_BASE": sandbox.url,
        "STRIPE_JS_URL": f"{sandbox.url}/v3/",
    }
    run_server(environment, workers=1, threads=4, port=port)
    run_worker(environment, concurrency=2)
    loading.result()
    yield OpenSite(url, sandbox.url, mails)
    gateway._client.cache_clear()


def _load_demo() -> None:
    from django.core.management import call_command
    from django.db import connection

    try:
        call_command("load_demo", stdout=io.StringIO())
    finally:
        connection.close()


@pytest.fixture
def arrive(browser: Browser, open_site: OpenSite) -> Iterator[Arrive]:
    """Return `arrive(name, language="en", width=375)`: one more person with a browser."""
    visitors: list[Visitor] = []

    def come(name: str, *more: Any, **options: Any) -> Visitor:
        visitors.append(Visitor.arrive(browser, open_site, name, *more, **options))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.leave()
