"""The produce list's page among 2,000 and 20,000 produce, without any page cache.

`python -m tests.performance.bench_listing [--sizes 2000,20000] [--rounds N]`. Measures the view in
one process by Django's test client: queries, p50 and p95 of a mix of addresses; then what a change
of stock costs the next visitor, and how long a new process takes to read everything.
"""

import argparse
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.support.parts import Suite

ADDRESSES = [
    "", "?page=7", "?season=now&stock=yes", "?sort=cheap", "?stock=yes&sort=dear&page=3",
    "?price=5-10&pack=10-", "?price=5-10&price=10-20&sort=cheap", "?gi=yes", "?sort=new",
    "?delivery=ambient&sort=sold", "?sort=name&page=40", "?stock=yes&price=50-",
]  # fmt: skip


def main() -> int:
    """Measure each size in a database of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="2000,20000")
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    suite = Suite()
    suite.start()
    try:
        first = suite.clone(suite.new_name())
        os.environ.update(
            DJANGO_SETTINGS_MODULE="storefront.settings.test",
            DATABASE_URL=first.url,
            REDIS_URL=suite.redis_url,
        )
        os.environ.pop("DATABASE_OWNER_URL", None)
        import django

        django.setup()
        logging.disable(logging.INFO)
        for size in map(int, options.sizes.split(",")):
            database = suite.clone(suite.new_name())
            _measure(database, size, options.rounds)
        return 0
    finally:
        from django.db import connections

        connections.close_all()
        suite.forget()
        suite.stop()


def _measure(database: Any, size: int, rounds: int) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from cooperatives.partner.models import StockPool
    from storefront.listing import keeper
    from tests.performance.catalogue import analyse, make_catalogue

    connection.close()
    connection.settings_dict["NAME"] = database.name
    make_catalogue(size)
    analyse(database.owner_url)
    client = Client()
    reading = _timed(keeper.fresh)
    pages, addresses = [], [f"/produce/{each}" for each in ADDRESSES]
    for turn in range(rounds + 2):
        for address in addresses:
            took = _timed(lambda address=address: _get(client, address))
            # The first turns warm templates and the orders.
            if turn > 1:
                pages.append(took)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        _get(client, "/produce/?stock=yes")
    following = []
    for pool in StockPool.objects.order_by("pk")[:40]:
        StockPool.objects.filter(pk=pool.pk).update(on_hand=0 if pool.on_hand else 90_000)
        following.append(_timed(keeper.fresh))
    pages.sort()
    print(
        f"{size} produce: {len(queries)} queries; page p50 {statistics.median(pages):.1f} ms, "
        f"p95 {pages[int(len(pages) * 0.95)]:.1f} ms; the next visitor after a change of stock "
        f"{statistics.median(following):.1f} ms more; reading everything {reading:.0f} ms",
        flush=True,
    )


def _get(client: Any, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)


def _timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    sys.exit(main())
