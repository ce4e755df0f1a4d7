"""The three sites that are measured, each on gunicorn with 2 processes of 2 threads."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from deploy.embedded.places import ROOT
from deploy.embedded.processes import free_port
from tests.performance.placing.shops import serve
from tests.support.light_browser import Browser
from tests.support.servers import Running, answers, wait_for

PROCESSES = 2
CONNECTIONS = 8
PACKS = 3
# Product pages are drawn from so many; a shop's visitors ask for a few far more than for the rest.
HOT = 200
LIST, PRODUCT, BARE = "list", "product", "bare"
NEW, BUYING = "anonymous", "with a basket"


class Site:
    """A site under measurement: what to ask for, by kind of page, and as whom."""

    name = ""
    module = ""
    ready = "/"

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self.folder, self.port = environment, folder, free_port()
        self.paths: dict[str, list[str]] = {}
        self.cold: list[str] = []
        self.cookies = {NEW: [""] * CONNECTIONS}
        self.web: Running

    def start(self) -> None:
        """Serve, and wait until it answers."""
        self.web = serve(self.module, self.environment, self.folder, PROCESSES, self.port)
        page = f"{self.web.url}{self.ready}"
        wait_for(lambda: answers(page), 120, f"{self.name} answers", self.web)

    def stop(self) -> None:
        self.web.stop()

    def fill(self, add: list[tuple[str, dict[str, str]]], seen: str) -> None:
        """Give each connection a visitor with a basket, who has been told so."""
        self.cookies[BUYING] = []
        for _ in range(CONNECTIONS):
            browser = Browser(self.port)
            for path, form in add:
                answer = browser.post(path, **form)
                assert answer.status == 302, answer.text[:2000]
            assert browser.get(seen).status == 200
            pairs = [f"{name}={value}" for name, value in browser.cookies.items() if value]
            self.cookies[BUYING].append("; ".join(pairs))

    def queries(self, visitor: str) -> dict[str, int]:
        """{page: queries} of a page that was asked for before, in a process of its own."""
        asked = {kind: paths[0] for kind, paths in self.paths.items()}
        command = [sys.executable, "-m", "tests.performance.paging.queries"]
        order = json.dumps([self.cookies[visitor][0], asked])
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=ROOT,
            input=order,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
        return found


class Ours(Site):
    """Shanhuo, as in production."""

    name, module, ready = "ours", "storefront.wsgi", "/healthz"

    def stock(self, size: int) -> list[list]:
        """Make a catalogue; gives what of it another shop sells too."""
        from catalog.models import Category
        from tests.performance.catalogue import make_catalogue
        from tests.support import chain
        from tests.support.pages import make_site

        produce = make_catalogue(size)
        make_site(villages=8, articles=4)
        chain.make_freight()
        chance = random.Random(size)
        self.packs = [one.packs.first().pk for one in produce[:PACKS]]
        slugs = list(Category.objects.filter(produce__isnull=False).distinct()[:3])
        self.paths = {
            LIST: ["/produce/", *(f"/produce/?page={page}" for page in range(2, 6))]
            + [f"/produce/?category={quote(one.slug)}" for one in slugs],
            PRODUCT: [one.get_absolute_url() for one in chance.sample(produce, min(HOT, size))],
        }
        self.cold = [one.get_absolute_url() for one in produce[-40:]]
        packs = {one.pk: one.packs.first() for one in produce}
        return [
            [one.name_zh, one.description_zh, one.category.name, str(packs[one.pk].offer_price), 90]
            for one in produce
        ]

    def put_into_baskets(self) -> None:
        add = [("/basket/add/", {"pack": str(pk), "quantity": "1"}) for pk in self.packs]
        self.fill(add, "/basket/")


class Stock(Site):
    """django-oscar from its package, with the index of its sandbox."""

    name, module, ready = "stock", "tests.performance.stock_oscar.wsgi", "/basket/"

    def __init__(self, environment: dict[str, str], url: str, folder: Path) -> None:
        own = {
            "DJANGO_SETTINGS_MODULE": "tests.performance.stock_oscar.settings",
            "STOCK_DATABASE_URL": url,
            "STOCK_INDEX": str(folder / "whoosh"),
        }
        super().__init__(environment | own, folder)

    def stock(self, rows: list[list]) -> None:
        """Sell the same."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.performance.stock_oscar.catalogue"],
            env=self.environment,
            cwd=ROOT,
            input="\n".join(map(json.dumps, rows)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout.strip().splitlines()[-1])
        products = made["products"]
        self.ids = made["ids"][:PACKS]
        self.paths = {
            LIST: ["/catalogue/", *(f"/catalogue/?page={page}" for page in range(2, 6))]
            + made["categories"][:3],
            PRODUCT: random.Random(len(rows)).sample(products, min(HOT, len(products))),
        }
        self.cold = products[-40:]

    def put_into_baskets(self) -> None:
        self.fill([(f"/basket/add/{pk}/", {"quantity": "1"}) for pk in self.ids], "/basket/")


class Bare(Site):
    """A view that does nothing."""

    name, module = "bare view", "tests.performance.paging.bare"

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        own = {name: value for name, value in environment.items() if name in ("SECRET_KEY", "PATH")}
        super().__init__({**os.environ, **own}, folder)
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        self.paths = {BARE: ["/"]}
