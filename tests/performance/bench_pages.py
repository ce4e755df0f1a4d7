"""Produce list and product page beside stock django-oscar and a bare view; part of `make bench`.

`python -m tests.performance.bench_pages [--sizes demo,2000,20000] [--rounds N] [--pause]
[--stock-most N]`. For each size there are our site and a stock one that sells the same on the same
PostgreSQL; the view that only answers 30 kB says what the server can do at all. Each on gunicorn
with 2 processes of 2 threads, all asked in turns by the same light load (paging/load.py: 8
connections that stay open): lists are eight addresses (five pages of all produce, three
categories), product pages are drawn from 200, all asked for once before. What nobody asked for
before is measured apart. With --pause it waits for a line on its input before it measures.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from deploy.embedded.places import ROOT, VAR
from tests.performance.paging.load import Order
from tests.performance.paging.sites import BARE, BUYING, LIST, NEW, PRODUCT, Bare, Ours, Site, Stock
from tests.support.parts import Suite

# What `make run` sells.
DEMO = 209
TURN_SECONDS = {("stock", LIST): 5.0, ("stock", PRODUCT): 2.0}
SECONDS = 1.5
# How p95 grows with the number of products: many short turns, since a long one may meet anything.
PAIRS, PAIR_SECONDS = 24, 0.5
LEAST = 16
OF_BARE, LIST_TIMES, PRODUCT_TIMES = 0.25, 200.0, 8.0
BUYING_LIST_TIMES, BUYING_PRODUCT_TIMES = 40.0, 4.0
SMALL, LARGE, GROWTH = 2000, 20_000, 1.3
CHANGES = 12


@dataclass
class Row:
    """One page of one site for one kind of visitor, over all turns."""

    size: int
    site: str
    page: str
    visitor: str
    queries: int = 0
    rates: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(self.rates)

    def ms(self, part: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000

    def times_as_fast(self, other: "Row") -> float:
        """The median of the turns' ratios: both had the same machine in a turn."""
        return median(mine / theirs for mine, theirs in zip(self.rates, other.rates, strict=True))


def ask(order: Order) -> dict[str, Any]:
    """Have a process of its own ask; gives its times, and fails unless all were answered 200."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.performance.paging.load"],
        cwd=ROOT,
        input=json.dumps(vars(order)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert set(found["statuses"]) <= {"200"}, found["statuses"]
    return found


def warm(site: Site, pages: list[str]) -> None:
    """Ask for everything that will be drawn, so that each process has seen it."""
    for page in pages:
        for visitor, cookies in site.cookies.items():
            for turn in range(3 if site.name == "ours" else 1):
                paths = site.paths[page]
                ask(Order(site.port, paths, cookies[: 1 if turn else 8], 0, each_once=True))
            if visitor == NEW and site.name == "stock":
                break


def turn(site: Site, row: Row, seed: int, gzip: bool = False, seconds: float = 0) -> None:
    """One site's turn with one page."""
    seconds = seconds or TURN_SECONDS.get((site.name, row.page), SECONDS)
    least = LEAST if site.name == "stock" else 0
    order = Order(
        site.port, site.paths[row.page], site.cookies[row.visitor], seconds, least, gzip, seed
    )
    found = ask(order)
    row.rates.append(len(found["times"]) / found["seconds"])
    row.times += found["times"]


def changes(site: Site, url: str) -> list[float]:
    """Seconds that the next visitor of the list waits each time a stock has changed."""
    import psycopg

    times = []
    with psycopg.connect(url, autocommit=True) as line:
        for number in range(CHANGES):
            line.execute(
                "UPDATE partner_stockpool SET reserved = %s WHERE id ="
                " (SELECT min(id) FROM partner_stockpool WHERE on_hand > 10)",
                [number % 2],
            )
            time.sleep(1.2)
            times += ask(Order(site.port, ["/produce/"], [""], 0, each_once=True))["times"]
    return times


def growth(small: Site, large: Site, page: str, visitor: str) -> list[float]:
    """How many times the small site's p95 the large one's is, in pairs of turns, least first."""
    found = []
    for seed in range(PAIRS):
        sites = (small, large) if seed % 2 else (large, small)
        rows = {site: Row(0, site.name, page, visitor) for site in sites}
        for site in sites:
            turn(site, rows[site], seed, seconds=PAIR_SECONDS)
        found.append(rows[large].ms(0.95) / rows[small].ms(0.95))
    return sorted(found)


def prepare(
    suite: Suite, folder: Path, sizes: list[int], most_of_stock: int
) -> Iterator[tuple[int, list[Site], str]]:
    """Sites of each size, serving and warm."""
    import django

    values = {
        "REDIS_URL": suite.redis_url,
        "SECRET_KEY": secrets.token_hex(24),
        "LOG_LEVEL": "WARNING",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
    }
    os.environ.update(values, DJANGO_SETTINGS_MODULE="storefront.settings.test")
    os.environ["DATABASE_URL"] = suite.database("nothing").url
    django.setup()
    from django.db import connection

    from tests.performance.catalogue import analyse
    from tests.performance.placing.shops import server_environment

    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(collect, env=server_environment(values), cwd=ROOT, check=True)
    for size in sizes:
        begun = time.monotonic()
        database, others = suite.clone(suite.new_name()), suite.empty(suite.new_name())
        connection.close()
        connection.settings_dict["NAME"] = database.name
        environment = server_environment(values | {"DATABASE_URL": database.url})
        own = folder / str(size)
        own.mkdir()
        sites: list[Any] = [Ours(environment, own)]
        rows = sites[0].stock(size)
        if size <= most_of_stock:
            sites.append(Stock(environment, others.url, own))
            sites[1].stock(rows)
        connection.close()
        analyse(database.owner_url)
        analyse(others.superuser_url)
        for site in sites:
            site.start()
            site.put_into_baskets()
        print(f"{size} products on sale in {time.monotonic() - begun:.0f} s", flush=True)
        yield size, sites, database.url


def measure(options: argparse.Namespace, suite: Suite, folder: Path) -> bool:
    """All turns of all sizes, then the table."""
    sizes = [DEMO if size == "demo" else int(size) for size in options.sizes.split(",")]
    stands = list(prepare(suite, folder, sizes, options.stock_most))
    environment = dict(stands[0][1][0].environment)
    bare = Bare(environment, folder)
    bare.start()
    if options.pause:
        print("Ready; a line on the input starts it.", flush=True)
        sys.stdin.readline()
    for _, sites, _ in stands:
        for site in sites:
            warm(site, [LIST, PRODUCT])
    rows: list[Row] = []
    plan: list[tuple[Site, Row]] = []
    for size, sites, _ in stands:
        plan.append((bare, Row(size, bare.name, BARE, NEW)))
        for site in sites:
            for visitor in (NEW, BUYING):
                found = site.queries(visitor)
                plan += [
                    (site, Row(size, site.name, page, visitor, found[page]))
                    for page in (LIST, PRODUCT)
                ]
    rows = [row for _, row in plan]
    for seed in range(options.rounds):
        for site, row in plan:
            turn(site, row, seed)
    cold = {
        size: (
            [ask(Order(one.port, one.cold, [""], 0, each_once=True))["times"] for one in sites],
            sorted(changes(sites[0], url)),
        )
        for size, sites, url in stands
    }
    zipped = [Row(size, "ours", page, NEW) for size, _, _ in stands for page in (LIST, PRODUCT)]
    for row in zipped:
        turn(next(s[0] for size, s, _ in stands if size == row.size), row, 1, gzip=True)
    of_size = {size: sites[0] for size, sites, _ in stands}
    grown = {
        (page, visitor): growth(of_size[SMALL], of_size[LARGE], page, visitor)
        for page in (LIST, PRODUCT)
        for visitor in (NEW, BUYING)
        if {SMALL, LARGE} <= of_size.keys()
    }
    bare.stop()
    for _, sites, _ in stands:
        for site in sites:
            site.stop()
    show(rows, cold, zipped)
    return judge(rows, grown)


def show(rows: list[Row], cold: dict[int, tuple[Any, list[float]]], zipped: list[Row]) -> None:
    """The table."""
    print(f"{'products':>8} {'site':9} {'page':7} {'visitor':13} {'queries':>7} {'p50 ms':>8}"
          f" {'p95 ms':>8} {'requests/s':>10} {'of bare':>8} {'× stock':>8}")  # fmt: skip
    for row in rows:
        bare = _find(rows, row.size, "bare view", BARE, NEW)
        stock = _find(rows, row.size, "stock", row.page, row.visitor) if row.page != BARE else None
        times = f"{row.times_as_fast(stock):8.1f}" if stock and row.site == "ours" else ""
        print(f"{row.size:8} {row.site:9} {row.page:7} {row.visitor:13} {row.queries:7}"
              f" {row.ms(0.5):8.2f} {row.ms(0.95):8.2f} {row.rate:10.1f}"
              f" {row.times_as_fast(bare):8.2f} {times}")  # fmt: skip
    for row in zipped:
        print(f"{row.size:8} ours, compressed: {row.page} {row.rate:.1f} requests/s")
    for size, (new, changed) in cold.items():
        said = ", stock ".join(f"{median(times) * 1000:.0f} ms" for times in new)
        print(
            f"{size:8} a product page that nobody asked for before: p50 ours {said}; the list's"
            f" next visitor after a change of stock: p50 {median(changed) * 1000:.0f} ms, longest"
            f" {changed[-1] * 1000:.0f} ms"
        )


def _find(rows: list[Row], size: int, site: str, page: str, visitor: str) -> Row | None:
    wanted = (size, site, page, visitor)
    found = (row for row in rows if (row.size, row.site, row.page, row.visitor) == wanted)
    return next(found, None)


def judge(rows: list[Row], grown: dict[tuple[str, str], list[float]]) -> bool:
    """Say of each target whether it was met."""
    good = True

    def say(met: bool, what: str) -> None:
        nonlocal good
        good &= met
        print(f"{'met   ' if met else 'MISSED'}  {what}")

    aims = {
        (LIST, NEW): LIST_TIMES,
        (PRODUCT, NEW): PRODUCT_TIMES,
        (LIST, BUYING): BUYING_LIST_TIMES,
        (PRODUCT, BUYING): BUYING_PRODUCT_TIMES,
    }
    sizes = sorted({row.size for row in rows})
    for size in sizes:
        for (page, visitor), least in aims.items():
            row = _find(rows, size, "ours", page, visitor)
            if visitor == NEW:
                share = row.times_as_fast(_find(rows, size, "bare view", BARE, NEW))
                said = f"{size}: {page}, {visitor}: {share:.2f} of the bare view"
                say(share >= OF_BARE, f"{said} (≥ {OF_BARE})")
            stock = _find(rows, size, "stock", page, visitor)
            if stock is None:
                print(f"not measured: stock at {size} products")
                continue
            times = row.times_as_fast(stock)
            say(times >= least, f"{size}: {page}, {visitor}: {times:.1f} × stock (≥ {least:.0f})")
    for (page, visitor), times in grown.items():
        quarters = f"{times[PAIRS // 4]:.2f} to {times[-PAIRS // 4]:.2f}"
        said = f"p95 at {LARGE} products {median(times):.2f} × that at {SMALL}"
        say(median(times) <= GROWTH, f"{page}, {visitor}: {said} (≤ {GROWTH}; half: {quarters})")
    return good


def main() -> int:
    """Start the servers, measure, end them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="demo,2000,20000")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--stock-most", type=int, default=20_000, help="its index takes long")
    parser.add_argument("--pause", action="store_true")
    options = parser.parse_args()
    suite = Suite(VAR / "bench", quick=False)
    suite.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return 0 if measure(options, suite, Path(folder)) else 1
    finally:
        suite.forget()
        suite.stop()


if __name__ == "__main__":
    sys.exit(main())
