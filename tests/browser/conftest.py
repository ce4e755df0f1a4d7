"""A real Chromium, and the whole site with its demo on real servers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from deploy.embedded.places import ROOT, VAR
from tests.conftest import SUITE
from tests.support.open_site import PASSWORD, Arrive, OpenSite, Visitor
from tests.support.parts import Database
from tests.support.servers import (
    Running,
    ending,
    start_sandbox,
    start_server,
    start_worker,
    until_up,
)

DEMO_MEDIA = VAR / "test" / "demo-media"
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

    `environment` names its database already, with the demo in it, and its static files.
    """
    from django.conf import settings

    from deploy.embedded.processes import free_port
    from storefront.payments import gateway

    port = free_port()
    url, mails = f"http://127.0.0.1:{port}", folder / "mails"
    monkeypatch.setattr(settings, "SITE_URL", url)
    _move_to(port)
    if DEMO_MEDIA.exists():
        shutil.copytree(DEMO_MEDIA, environment["MEDIA_ROOT"], dirs_exist_ok=True)
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
    web = start_server(environment, folder, workers=1, threads=4, port=port, wait=False)
    processes.append(web)
    processes.append(start_worker(environment, folder, concurrency=2))
    until_up(web)
    yield OpenSite(url, sandbox.url, mails)
    gateway._client.cache_clear()


@pytest.fixture
def open_site(
    own_database: Any,
    environment_on: Callable[[Database, Path], dict[str, str]],
    processes: list[Running],
    static_files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OpenSite]:
    """The demo's site, for this test alone."""
    with own_database(monkeypatch, _with_demo) as database:
        environment = environment_on(database, tmp_path) | {"STATIC_ROOT": str(static_files)}
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
        own_database(patch, _with_demo) as database,
        ending() as processes,
    ):
        own = {"STATIC_ROOT": str(static_files), "SECRET_KEY": settings.SECRET_KEY}
        environment = environment_on(database, folder) | own
        with running(folder, environment, processes, patch) as site:
            yield site


def _with_demo(name: str) -> Database:
    """A database with the demo, which is loaded once for all sites."""
    return SUITE.clone_with_demo(name, _load_demo)


def _load_demo(database: Database) -> None:
    shutil.rmtree(DEMO_MEDIA, ignore_errors=True)
    environment = {
        **os.environ,
        "DATABASE_URL": database.url,
        "DEMO_PASSWORD": PASSWORD,
        "DJANGO_SETTINGS_MODULE": "storefront.settings.test",
        "MEDIA_ROOT": str(DEMO_MEDIA),
        "SITE_URL": "http://127.0.0.1:1",
    }
    command = [sys.executable, "manage.py", "load_demo", "--without-season"]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _move_to(port: int) -> None:
    """The demo was loaded for another address."""
    from django.contrib.sites.models import Site as DjangoSite
    from wagtail.models import Site

    DjangoSite.objects.update(domain=f"127.0.0.1:{port}")
    DjangoSite.objects.clear_cache()
    Site.objects.update(port=port)


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
