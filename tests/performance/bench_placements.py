"""Placements over HTTP, reserve → pay → order, beside stock django-oscar; part of `make bench`.

`python -m tests.performance.bench_placements [--placements N] [--quick]`. Both shops place the same
baskets (one pack of one product) on the same PostgreSQL, as safe as in production, with 1, 2 and 4
web processes, spread over 40 products and all on one. CPU time is the web processes' own, counted
from the page after the address to the order, with the webhooks and the pages between; sandbox,
worker and database are counted apart. Figures are ratios of one run: the shops take turns, a few
placements each, so that a machine whose speed wavers is as slow to one as to the other, and the
ratio is the median of the turns.
"""

import argparse
import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Self

from deploy.embedded.places import ROOT, VAR
from tests.performance.placing.cpu import cpu_seconds
from tests.support.light_browser import Browser
from tests.support.parts import Suite

PRODUCTS = 40
PROCESSES = (1, 2, 4)
TURN = 20  # placements
SPREAD, HOT = "40 products", "one product"
BUYERS_AT_ONCE = 8
MOST_CPU, LEAST_HOT = 1.5, 0.8
RUSH_BUYERS, RUSH_PACKS, RUSH_SECONDS, RUSH_ANSWER = 1000, 100, 60, 5.0
RACERS, RACE_PACKS = 100, 20


@dataclass
class Measured:
    """One run of placements. CPU in seconds."""

    shop: str
    processes: int
    where: str
    placements: int
    seconds: float
    web: float
    postgres: float
    aside: dict[str, float]
    turns: list[Self] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.placements / self.seconds

    @property
    def web_ms(self) -> float:
        return self.web / self.placements * 1000


def postgres_pid(suite: Suite) -> int:
    return int((suite.postgres.home / "data" / "postmaster.pid").read_text().split()[0])


def in_threads(works: Sequence[Callable[[], object]], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def filled(shop, products: Sequence[int]) -> list[Browser]:
    """Buyers with a basket and an address, one for each product named."""
    browsers = [Browser(shop.port) for _ in products]
    pairs = zip(browsers, products, strict=True)
    in_threads([lambda b=b, p=p: shop.fill(b, p) for b, p in pairs], BUYERS_AT_ONCE)
    return browsers


def place(shop, browser: Browser) -> bool:
    """All steps of a buyer; False where one did not lead to the next."""
    return all(step(browser) for _, step in shop.path)


def measure(shop, suite: Suite, processes: int, where: str, products: Sequence[int]) -> Measured:
    """Place an order for each product named, eight at once, and count."""
    browsers = filled(shop, products)
    before, database, aside = _spent(shop, suite)
    begun = time.perf_counter()
    placed: list[bool] = []
    works = [lambda b=b: placed.append(place(shop, b)) for b in browsers]
    in_threads(works, BUYERS_AT_ONCE)
    seconds = time.perf_counter() - begun
    shop.settle()
    after, database_after, aside_after = _spent(shop, suite)
    assert all(placed), f"{placed.count(False)} of {len(placed)} were not placed"
    spent = {name: aside_after[name] - aside[name] for name in aside}
    return Measured(
        shop.name,
        processes,
        where,
        len(browsers),
        seconds,
        after - before,
        database_after - database,
        spent,
    )


def take_turns(shops, suite: Suite, processes: int, goods: dict) -> list[Measured]:
    """Measure each shop with each list of products (by shop's name and its kind), in turns."""
    kinds = [(shop, where) for where in (SPREAD, HOT) for shop in shops]
    turns: dict = {(shop.name, where): [] for shop, where in kinds}
    for begin in range(0, len(goods["ours", SPREAD]), TURN):
        for shop, where in kinds:
            products = goods[shop.name, where][begin : begin + TURN]
            turns[shop.name, where].append(measure(shop, suite, processes, where, products))
    return [_sum(turns[shop.name, where]) for shop, where in kinds]


def _sum(turns: list[Measured]) -> Measured:
    return Measured(
        turns[0].shop,
        turns[0].processes,
        turns[0].where,
        sum(turn.placements for turn in turns),
        sum(turn.seconds for turn in turns),
        sum(turn.web for turn in turns),
        sum(turn.postgres for turn in turns),
        {name: sum(turn.aside[name] for turn in turns) for name in turns[0].aside},
        turns,
    )


def _spent(shop, suite: Suite) -> tuple[float, float, dict[str, float]]:
    return cpu_seconds(shop.web.process.pid), cpu_seconds(postgres_pid(suite)), shop.aside()


def by_step(shop, products: Sequence[int]) -> dict[str, float]:
    """Web CPU (ms) of each step for one buyer, with one process: all buyers take it together."""
    browsers = filled(shop, products)
    spent = {}
    for name, step in shop.path:
        before = cpu_seconds(shop.web.process.pid)
        in_threads([lambda b=b, s=step: s(b) for b in browsers], 2)
        spent[name] = (cpu_seconds(shop.web.process.pid) - before) / len(browsers) * 1000
    shop.settle()
    return spent


def race(shop, product: int) -> int:
    """So many buyers of RACE_PACKS packs at once: how many orders there are."""
    browsers, before = filled(shop, [product] * RACERS), shop.orders()
    barrier = threading.Barrier(RACERS)

    def run(browser: Browser) -> None:
        barrier.wait(60)
        place(shop, browser)

    in_threads([lambda b=b: run(b) for b in browsers], RACERS)
    shop.settle()
    return shop.orders() - before


@dataclass
class Rush:
    """What became of the buyers of a minute. `longest`: an answer to one who got nothing."""

    orders: int
    refused: int
    longest: float
    longest_of_buyers: float
    worst_status: int
    seconds: float

    @property
    def met(self) -> bool:
        return (
            (self.orders, self.refused) == (RUSH_PACKS, RUSH_BUYERS - RUSH_PACKS)
            and self.longest <= RUSH_ANSWER
            and self.worst_status < 500
        )


def rush(shop, product: int, seed: int) -> Rush:
    """RUSH_BUYERS come at random moments of one minute for RUSH_PACKS packs."""
    browsers, before = filled(shop, [product] * RUSH_BUYERS), shop.orders()
    for browser in browsers:
        browser.answers.clear()
    dice = random.Random(seed)
    arrivals = sorted(RUSH_SECONDS * 0.98 * dice.random() for _ in browsers)
    ends: dict[Browser, bool] = {}
    begun = time.perf_counter()

    def buy(browser: Browser, at: float) -> None:
        time.sleep(max(0.0, begun + at - time.perf_counter()))
        ends[browser] = place(shop, browser)

    threads = [
        threading.Thread(target=buy, args=pair) for pair in zip(browsers, arrivals, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    shop.settle()
    longest = {
        bought: max(
            seconds
            for browser, ended in ends.items()
            if ended is bought
            for _, seconds in browser.answers
        )
        for bought in (True, False)
    }
    return Rush(
        shop.orders() - before,
        list(ends.values()).count(False),
        longest[False],
        longest[True],
        max(status for browser in browsers for status, _ in browser.answers),
        seconds,
    )


def table(rows: list[Measured]) -> str:
    lines = [
        f"{'shop':<7}{'processes':>9}  {'goods':<12}{'orders/s':>9}{'web ms':>9}{'PG ms':>8}"
        f"{'worker ms':>11}{'sandbox ms':>12}"
    ]
    for row in rows:
        aside = [row.aside.get(name, 0) / row.placements * 1000 for name in ("worker", "sandbox")]
        lines.append(
            f"{row.shop:<7}{row.processes:>9}  {row.where:<12}{row.rate:>9.1f}{row.web_ms:>9.1f}"
            f"{row.postgres / row.placements * 1000:>8.1f}{aside[0]:>11.1f}{aside[1]:>12.1f}"
        )
    return "\n".join(lines)


def verdict(text: str, met: bool) -> bool:
    print(f"{'met   ' if met else 'MISSED'}  {text}")
    return met


def judge(rows: list[Measured], raced: dict[str, int], rushed: Rush | None) -> bool:
    found = {(row.shop, row.processes, row.where): row for row in rows}
    verdicts = []
    counts = sorted({row.processes for row in rows})
    for where in (SPREAD, HOT):
        for count in counts:
            turns = zip(
                found["ours", count, where].turns, found["stock", count, where].turns, strict=True
            )
            ratio = median(ours.web_ms / stock.web_ms for ours, stock in turns)
            text = f"web CPU a placement, {count} processes, {where}: {ratio:.2f} × stock's"
            verdicts.append(verdict(f"{text} (≤ {MOST_CPU})", ratio <= MOST_CPU))
    for count in counts:
        turns = zip(
            found["ours", count, HOT].turns, found["ours", count, SPREAD].turns, strict=True
        )
        hot = median(one.rate / many.rate for one, many in turns)
        text = f"orders/s of one product, {count} processes: {hot:.2f} × spread (≥ {LEAST_HOT})"
        verdicts.append(verdict(text, hot >= LEAST_HOT))
    oversold = {name: max(0, orders - RACE_PACKS) for name, orders in raced.items()}
    text = f"{RACERS} buyers at once for {RACE_PACKS} packs: {oversold['ours']} oversold"
    right = raced["ours"] == RACE_PACKS
    verdicts.append(verdict(f"{text}, beside stock's {oversold['stock']}", right))
    if rushed is not None:
        text = (
            f"{RUSH_BUYERS} buyers for {RUSH_PACKS} packs in {rushed.seconds:.0f} s: "
            f"{rushed.orders} orders, {rushed.refused} told “sold out”, longest answer to these "
            f"{rushed.longest:.1f} s (to those who bought {rushed.longest_of_buyers:.1f} s), "
            f"worst status {rushed.worst_status}"
        )
        verdicts.append(verdict(text, rushed.met))
    return all(verdicts)


def prepare(suite: Suite, folder: Path):
    """Databases, static files and Django in this process; gives the two shops."""
    ours, stock = suite.clone(suite.new_name()), suite.empty(suite.new_name())
    values = {
        "DATABASE_URL": ours.url,
        "REDIS_URL": suite.redis_url,
        "SECRET_KEY": secrets.token_hex(24),
        "LOG_LEVEL": "WARNING",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
    }
    os.environ.update(values)
    os.environ["DJANGO_SETTINGS_MODULE"] = "storefront.settings.test"
    import django

    django.setup()
    from tests.performance.placing.shops import OurShop, StockShop, server_environment
    from tests.support import chain

    environment = server_environment(values)
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        env=environment,
        cwd=ROOT,
        check=True,
    )
    chain.make_freight()
    shops = OurShop(environment, folder), StockShop(environment, stock.url, folder)
    for shop in shops:
        shop.path = shop.steps()
    return shops


def run(suite: Suite, folder: Path, options: argparse.Namespace) -> bool:
    dice = random.Random(options.seed)
    ours, _ = shops = prepare(suite, folder)
    rows, steps, raced, rushed = [], {}, {}, None
    for shop in shops:
        shop.products = shop.stock(PRODUCTS, 10 * options.placements)
        shop.scarce = shop.stock(1, RACE_PACKS)[0]
    rare = ours.stock(1, RUSH_PACKS)[0]
    try:
        for processes in PROCESSES if not options.quick else (2,):
            goods = {}
            for shop in shops:
                shop.start(processes)
                # Templates, connections and prepared statements are there before it counts.
                warm = filled(shop, (shop.products * 4)[: 20 * processes])
                in_threads([lambda s=shop, b=b: place(s, b) for b in warm], 2 * processes)
                shop.settle()
                if processes == 1 or options.quick:
                    steps[shop.name] = by_step(shop, shop.products)
                spread = [shop.products[i % PRODUCTS] for i in range(options.placements)]
                goods[shop.name, SPREAD] = dice.sample(spread, len(spread))
                goods[shop.name, HOT] = [shop.products[0]] * options.placements
            rows += take_turns(shops, suite, processes, goods)
            print(table(rows[-4:]), flush=True)
            if processes == PROCESSES[-1] or options.quick:
                raced = {shop.name: race(shop, shop.scarce) for shop in shops}
                rushed = rush(ours, rare, options.seed)
            for shop in shops:
                shop.stop()
    finally:
        for shop in shops:
            shop.end()
    print(f"\n{options.placements} placements each, seed {options.seed}\n{table(rows)}\n")
    for name, spent in steps.items():
        print(f"{name}, web ms by step: " + ", ".join(f"{s} {ms:.1f}" for s, ms in spent.items()))
    print()
    return judge(rows, raced, rushed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--placements", type=int, default=240, help="of each run")
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--quick", action="store_true", help="two processes only")
    options = parser.parse_args()
    suite = Suite(VAR / "bench", quick=False)
    suite.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return 0 if run(suite, Path(folder), options) else 1
    finally:
        suite.forget()
        suite.stop()


if __name__ == "__main__":
    sys.exit(main())
