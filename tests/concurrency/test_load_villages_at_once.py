"""Two people load the same villages at the same moment."""

import threading
from pathlib import Path

from django.db import connection

from catalog.clock import today
from cooperatives.households.models import Lot, VillageImport
from cooperatives.households.village_files import load_villages
from cooperatives.partner.models import StockPool
from tests.support.parts import Database
from tests.support.village_folder import write_folder


def test_the_second_of_two_finds_everything_there(fresh_database: Database, tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    start, loaded, errors = threading.Barrier(2), [], []

    def run() -> None:
        try:
            start.wait(10)
            loaded.append(load_villages(folder, today()).anything)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert errors == []
    assert sorted(loaded) == [False, True]
    assert Lot.objects.count() == 3
    assert VillageImport.objects.count() == 1
    pool = StockPool.objects.get(partner__code="A-ONE")
    assert (pool.on_hand, pool.promised) == (10_000, 5000)
