"""Search and suggestions among 20,000 produce; part of `make bench`.

`python -m tests.performance.bench_search [--produce N] [--rounds N]`. The time is the statement's
own, from sending it until its rows are here, on one connection: what understanding the query takes
in Python is told apart. It fails where p95 is above the aim, or where a statement reads a whole
table although an index is there.
"""

import argparse
import csv
import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.parts import Suite

SEARCH_P95_MS, SUGGEST_P95_MS = 30.0, 15.0
RANKED = Path(__file__).parents[1] / "data" / "search_ranked.csv"
# What buyers of a large catalogue type besides: places with kinds, whole names, mistakes.
MORE = """
灌阳高山百香果|威宁土豆|巴马 香猪|高山绿茶|野生灵芝|镇雄天麻|小凉山苦荞|凤山核桃|富硒大米
古法红薯粉|weining tudou|gaoshan lvcha|gaoshanlvcha|bama xiangzhu|wntd|gslc|wild honey
mountain green tea|honny|wallnut|moutain green tae|gaoshanlucah|weinintudou|蜂密|核挑|百香粿
高山录茶|威宁|云南|种植合作社|礼盒|家庭装|蘑菇|茶|果|米
""".replace("\n", "|")


def main() -> int:
    """Make the catalogue, measure, print, and say whether all is within its aim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--produce", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    suite = Suite()
    suite.start()
    try:
        database = suite.clone(suite.new_name())
        _set_up(database.url, suite.redis_url)
        return _measure(options, database.owner_url)
    finally:
        from django.db import connections

        connections.close_all()
        suite.forget()
        suite.stop()


def _set_up(url: str, redis_url: str) -> None:
    import django

    os.environ.update(
        DJANGO_SETTINGS_MODULE="storefront.settings.test", DATABASE_URL=url, REDIS_URL=redis_url
    )
    os.environ.pop("DATABASE_OWNER_URL", None)
    django.setup()
    logging.disable(logging.INFO)


def _measure(options: argparse.Namespace, owner_url: str) -> int:
    from storefront.demo.words import make_other_words
    from storefront.search import lexicon
    from storefront.search.models import Document, Term
    from storefront.search.selectors import KINDS
    from tests.performance.catalogue import analyse, make_catalogue

    begun = time.monotonic()
    make_catalogue(options.produce)
    make_other_words()
    analyse(owner_url)
    took = time.monotonic() - begun
    print(
        f"{Document.objects.count()} documents, {Term.objects.count()} terms, made in {took:.0f} s"
    )
    # Each process asks for the words every half minute: not part of the statement.
    lexicon.FRESH = 1e9
    with RANKED.open(encoding="utf-8", newline="") as file:
        queries = [row["query"] for row in csv.DictReader(file)]
    queries += [one.strip() for one in MORE.split("|") if one.strip()]
    typed = sorted({query[:end] for query in queries for end in range(1, min(len(query), 9) + 1)})
    search = _run("search", queries, [str(Document.Kind.PRODUCE)], 500, options.rounds)
    suggest = _run("suggestions", typed, KINDS, 8, options.rounds)
    whole = _whole_tables(queries, KINDS)
    print(f"statements that read a whole table of the search: {len(whole)}", *whole, sep="\n  ")
    good = search <= SEARCH_P95_MS and suggest <= SUGGEST_P95_MS and not whole
    print("within the aims" if good else "NOT within the aims")
    return 0 if good else 1


def _run(name: str, queries: Sequence[str], kinds: list[str], limit: int, rounds: int) -> float:
    """Measure every query so many times; print and give p95 in milliseconds."""
    from storefront.search.asking import understand
    from storefront.search.sql import rows_of, statement

    thinking: list[float] = []
    asking: list[tuple[float, str]] = []
    for turn in range(rounds + 1):
        for query in queries:
            took, asked = _timed(partial(understand, query))
            if asked is None:
                continue
            sql, parameters = statement(asked, kinds, 11, limit)
            here, _ = _timed(partial(rows_of, sql, parameters))
            # The first turn warms the caches of both sides.
            if turn:
                thinking.append(took)
                asking.append((here, query))
    times = sorted(one for one, _ in asking)
    p95 = times[int(len(times) * 0.95)]
    aim = SEARCH_P95_MS if name == "search" else SUGGEST_P95_MS
    print(
        f"{name}: {len(queries)} queries × {rounds}: p50 {statistics.median(times):.1f} ms, "
        f"p95 {p95:.1f} ms (aim {aim:.0f}), slowest {times[-1]:.1f} ms; "
        f"understanding them p95 {sorted(thinking)[int(len(thinking) * 0.95)]:.2f} ms"
    )
    slowest = list(dict.fromkeys(query for _, query in sorted(asking, reverse=True)))[:6]
    print(f"  slowest: {', '.join(slowest)}")
    return p95


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = work()
    return (time.perf_counter() - begun) * 1000, result


def _whole_tables(queries: Sequence[str], kinds: list[str]) -> list[str]:
    """Queries whose plan reads all documents or terms."""
    from storefront.search.asking import understand
    from storefront.search.sql import rows_of, statement

    found = []
    for query in queries:
        asked = understand(query)
        if asked is None:
            continue
        sql, parameters = statement(asked, kinds, 11, 500)
        plan = rows_of("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, parameters)[0][0]
        nodes = _nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
        if any(
            node["Node Type"] == "Seq Scan"
            and str(node.get("Relation Name", "")).startswith("produce_search")
            and node["Actual Loops"]
            for node in nodes
        ):
            found.append(query)
    return found


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan] + [node for part in plan.get("Plans", []) for node in _nodes(part)]


if __name__ == "__main__":
    sys.exit(main())
