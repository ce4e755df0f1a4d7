"""A real Chromium, and the whole site with its demo on real servers."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from deploy.embedded.media import Media
from deploy.embedded.places import service_user
from deploy.embedded.processes import free_port, spawn, stop
from tests.conftest import SUITE
from tests.support.media import media_program
from tests.support.open_site import Arrive, OpenSite, Visitor
from tests.support.parts import Database
from tests.support.preparing import DEMO_MEDIA, load_demo
from tests.support.servers import (
    Running,
    ending,
    start_sandbox,
    start_server,
    start_stream,
    start_worker,
    until_up,
)

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
        expect.set_options(timeout=45_000)
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
    folder: Path, database: Database, environment: dict[str, str], processes: list[Running]
) -> Iterator[OpenSite]:
    """The demo's site on its own servers: web server, worker, Stripe sandbox."""
    from django.conf import settings

    port, stream = free_port(), free_port()
    url, mails = f"http://127.0.0.1:{port}", folder / "mails"
    _move_to(database, port)
    if DEMO_MEDIA.exists():
        shutil.copytree(DEMO_MEDIA, environment["MEDIA_ROOT"], dirs_exist_ok=True)
    secret, key = settings.STRIPE_WEBHOOK_SECRET, settings.STRIPE_API_KEY
    sandbox = start_sandbox(folder, f"{url}/payments/stripe/webhook", secret, key)
    processes.append(sandbox)
    environment = environment | {
        "SITE_URL": url,
        # Nothing listens there until a test starts it: pages ask for now.json instead.
        "LIVE_EVENTS_URL": f"http://127.0.0.1:{stream}/live-events/",
        "EMAIL_URL": f"filemail:///{mails}",
        # As in production: what visitors see may be a second old.
        "KEEP_PAGES": "1",
        "STRIPE_API_BASE": sandbox.url,
        "STRIPE_JS_URL": f"{sandbox.url}/v3/",
    }
    web = start_server(environment, folder, workers=1, threads=4, port=port, wait=False)
    processes.append(web)
    processes.append(start_worker(environment, folder, concurrency=2))
    until_up(web)
    yield OpenSite(url, sandbox.url, mails, stream, environment)


@contextmanager
def at_home(
    site: OpenSite, database: Database, leading_to: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenSite]:
    """This process is of the site: its database, its address, its Stripe."""
    from django.conf import settings
    from django.contrib.sites.models import Site

    from storefront.payments import gateway

    monkeypatch.setattr(settings, "SITE_URL", site.url)
    monkeypatch.setattr(settings, "STRIPE_API_BASE", site.stripe_url)
    gateway._client.cache_clear()
    Site.objects.clear_cache()
    with leading_to(monkeypatch, database):
        yield site
    Site.objects.clear_cache()
    gateway._client.cache_clear()


@pytest.fixture(scope="session")
def begin_site(
    environment_on: Callable[[Database, Path], dict[str, str]],
    static_files: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], AbstractContextManager[tuple[OpenSite, Database]]]:
    """Return `begin_site()`: a site with the demo in a database of its own, while it is needed.

    Links that this process signs are good there.
    """
    from django.conf import settings

    @contextmanager
    def begin() -> Iterator[tuple[OpenSite, Database]]:
        folder = tmp_path_factory.mktemp("site")
        database = SUITE.clone_with_demo(SUITE.new_name(), load_demo)
        own = {"STATIC_ROOT": str(static_files), "SECRET_KEY": settings.SECRET_KEY}
        environment = environment_on(database, folder) | own
        with ending() as processes, running(folder, database, environment, processes) as site:
            yield site, database
        SUITE.drop(database.name)

    return begin


@pytest.fixture
def open_site(
    begin_site: Any, leading_to: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenSite]:
    """The demo's site, for this test alone."""
    with begin_site() as (site, database), at_home(site, database, leading_to, monkeypatch):
        yield site


@pytest.fixture(scope="module")
def site_of_module(begin_site: Any) -> Iterator[tuple[OpenSite, Database]]:
    with begin_site() as begun:
        yield begun


@pytest.fixture
def own_site(
    site_of_module: Any, leading_to: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenSite]:
    """One site for the tests of one file."""
    with at_home(*site_of_module, leading_to, monkeypatch) as site:
        yield site


@pytest.fixture(scope="session")
def site_of_all(begin_site: Any) -> Iterator[tuple[OpenSite, Database]]:
    with begin_site() as begun:
        yield begun


@pytest.fixture
def shared_site(
    site_of_all: Any, leading_to: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenSite]:
    """One site for all tests of this process that don't mind what others did there."""
    with at_home(*site_of_all, leading_to, monkeypatch) as site:
        yield site


def _move_to(database: Database, port: int) -> None:
    """The demo was loaded for another address."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("UPDATE django_site SET domain = %s", [f"127.0.0.1:{port}"])
        connection.execute("UPDATE wagtailcore_site SET port = %s", [port])


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
    """`arrive` at the site that tests share."""
    with visitors_of(browser, shared_site) as come:
        yield come


@pytest.fixture
def arrive_at(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """`arrive_at(site, name, …)`: as `arrive`, at another address."""
    visitors: list[Visitor] = []

    def come(site: OpenSite, name: str, *more: Any, **options: Any) -> Visitor:
        visitors.append(Visitor.arrive(browser, site, name, *more, **options))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.leave()


@pytest.fixture
def video_site(shared_site: OpenSite, tmp_path: Path) -> Iterator[tuple[OpenSite, Media]]:
    """The shared site once more, by a web server and a stream of its own that know the video."""
    media_program()
    media = Media(free_port(), free_port(), tmp_path / "video")
    port = free_port()
    told = {
        **shared_site.environment,
        **media.environment(),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "LIVE_INGEST_SECRET": "between-the-tests",
    }
    web = start_server(told, tmp_path, workers=1, threads=4, port=port)
    stream = start_stream(told, tmp_path, shared_site.stream_port)
    with (tmp_path / "nginx.log").open("wb") as log:
        server = spawn(
            media.prepare(web.url, told["LIVE_INGEST_SECRET"]),
            environment={"LANG": "C"},
            directory=tmp_path,
            output=log,
            user=service_user(),
        )
    yield OpenSite(web.url, shared_site.stripe_url, shared_site.mails), media
    stop(server)
    stream.kill()
    web.kill()
    # Root's temporary folders are closed to the server's own user: it has one elsewhere.
    shutil.rmtree(media.home())
    assert (tmp_path / "nginx.log").read_text() == ""
