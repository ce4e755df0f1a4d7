"""Seals follow what goes through the triggers, and outlive a change of what is sealed."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connections

from cooperatives.households.models import Lot
from storefront.books import seals
from storefront.books.base import run
from storefront.books.runner import this_moment
from storefront.books.sealing import Sealed
from tests.support import chain

LOT = ["code", "household_id", "pool_id", "sales_pool_id", "delivered_on", "expires_at", "grams"]


@pytest.fixture
def owner(fresh_database: Any) -> Iterator[Any]:
    """Django's connection to the test's database as the tables' owner."""
    address = psycopg.conninfo.conninfo_to_dict(fresh_database.owner_url)
    connection = connections["default"].copy()
    connection.settings_dict["USER"] = address["user"]
    connection.settings_dict["PASSWORD"] = address.get("password", "")
    try:
        yield connection
    finally:
        connection.close()


def seal(owner: Any, columns: list[str]) -> None:
    with owner.schema_editor() as editor:
        Sealed("households_lot", "id", columns).database_forwards("books", editor, None, None)


def found(database: Any) -> list[str]:
    """What the check of the seals says."""
    with psycopg.connect(database.owner_url) as connection, connection.cursor() as cursor:
        faults = [run(check, cursor, this_moment()).faults for check in seals.CHECKS]
    return [f"{fault.row} {fault.what}" for part in faults for fault in part]


def around_the_triggers(database: Any, statement: str, values: list[Any]) -> None:
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement, values)


def test_sealing_other_columns_forgives_nothing(fresh_database, owner):
    # given two lots, the grade of one raised by hand
    grove = chain.make_grove()
    honest = Lot.objects.get()
    raised = chain.deliver(honest.household.code, grove.produce, 900, grade="B")
    assert found(fresh_database) == []
    around_the_triggers(
        fresh_database, "UPDATE households_lot SET grade = 'A' WHERE id = %s", [raised.pk]
    )
    wrong = f"households_lot {raised.pk} is not what its seal says"

    # when the grade is no longer sealed, and when it is again
    seal(owner, LOT)
    first = found(fresh_database)
    Lot.objects.filter(pk=honest.pk).update(grade="B")
    seal(owner, [*LOT, "grade"])
    Lot.objects.filter(pk=honest.pk).update(grade="A")

    # then the other lot stays in order throughout, and the raised one is never forgiven
    assert [fault.partition(":")[0] for fault in first] == [wrong]
    assert [fault.partition(":")[0] for fault in found(fresh_database)] == [wrong]


def test_triggers_that_were_left_off_are_a_fault(fresh_database):
    with psycopg.connect(fresh_database.owner_url) as connection:
        connection.execute("ALTER TABLE households_lot DISABLE TRIGGER households_lot_sealed")

    assert found(fresh_database) == [
        "table households_lot its seals are not written: 1 of its 2 triggers are on"
    ]


@pytest.mark.django_db
def test_every_table_that_has_seals_is_checked():
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE right(tgname, 7) = '_sealed' ORDER BY 1"
        )
        sealed = [row[0] for row in cursor.fetchall()]

    assert sealed == sorted(seals.TABLES)
