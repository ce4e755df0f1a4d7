"""One form sent twice at one instant, as phones with poor signal do."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from catalog.clock import today
from cooperatives import ports
from cooperatives.households.models import Lot, WriteOff
from cooperatives.partner.models import StockPool
from cooperatives.portal.services import Changed, enter_lot, undo_seen, write_off_seen
from cooperatives.routing import services as routing
from tests.support.portal_data import QuietMessages, buy, deliver
from tests.support.sold import Farm, make_farm

TAPS = 6


@pytest.fixture
def farm(fresh_database, monkeypatch: pytest.MonkeyPatch) -> Farm:
    monkeypatch.setitem(ports._bound, "messages", QuietMessages())
    return make_farm("pear")


def at_once(act: Callable[[], Any]) -> list[Any]:
    """What each of several threads got, all let go at one instant; exceptions included."""
    barrier, got = Barrier(TAPS), []

    def run() -> None:
        try:
            barrier.wait()
            got.append(act())
        except Exception as error:
            got.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(TAPS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_a_lot_entered_at_once_is_one_lot(farm) -> None:
    got = at_once(
        lambda: enter_lot(
            farm.partner,
            household=farm.households[0],
            produce=farm.produce,
            grams=1000,
            grade="A",
            delivered_on=today(),
            code="",
            token="7K3Q",
        )[1]
    )

    assert sorted(got) == [False] * (TAPS - 1) + [True]
    assert Lot.objects.count() == 1
    assert StockPool.objects.get().on_hand == 1000


def test_undo_at_once_takes_back_one_step(farm) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)
    routing.pack(consignment.pk, {})
    routing.ship(consignment.pk, "顺丰速运", "SF123456")

    got = at_once(lambda: undo_seen(consignment.pk, "shipped", None))

    assert sum(each is None for each in got) == 1
    assert sum(isinstance(each, Changed) for each in got) == TAPS - 1
    consignment.refresh_from_db()
    assert consignment.state == "packed"


def test_a_write_off_at_once_takes_the_grams_once(farm) -> None:
    lot = deliver(farm, 10_000)

    got = at_once(lambda: write_off_seen(Lot.objects.get(pk=lot.pk), 1000, 10_000, "mould", None))

    assert sum(each is None for each in got) == 1
    assert sum(isinstance(each, Changed) for each in got) == TAPS - 1
    assert WriteOff.objects.count() == 1
    assert StockPool.objects.get().on_hand == 9000
