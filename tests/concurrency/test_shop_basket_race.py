"""Taps that arrive together: a basket counts each once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection
from oscar.core.loading import get_model

from catalog.models import Product
from storefront.accounts.models import User
from storefront.shop import services
from tests.support import chain

Basket, Line = get_model("basket", "Basket"), get_model("basket", "Line")


def at_once(count: int, work: Callable[[], object]) -> list:
    """Run the same work in so many threads, released together."""
    barrier = Barrier(count)

    def run(_: int) -> object:
        try:
            barrier.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_eight_taps_at_once_add_eight_packs(fresh_database):
    grove = chain.make_grove(grams=100_000)
    basket = Basket.objects.create()

    at_once(
        8,
        lambda: services.add_to_basket(
            Basket.objects.get(pk=basket.pk), Product.objects.get(pk=grove.pack.pk), 1, "room:5"
        ),
    )

    assert list(Line.objects.values_list("quantity", flat=True)) == [8]


def test_eight_requests_after_signing_in_merge_once(fresh_database):
    grove = chain.make_grove(grams=100_000)
    member = User.objects.create(email="buyer@example.org")
    mine = chain.make_basket([(grove.pack, 2)], user=member)
    guests = chain.make_basket([(grove.pack, 3), (grove.pack, 1, "room:5")])

    moved = at_once(8, lambda: services.merge_baskets(mine.pk, guests.pk))

    assert sorted(moved) == [0] * 7 + [4]
    assert list(Line.objects.order_by("pk").values_list("basket", "quantity")) == [
        (mine.pk, 5),
        (mine.pk, 1),
    ]
