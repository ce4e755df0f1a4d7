"""The books are held by the database: tried with psql, as each role."""

import os
import re
import subprocess

import psycopg
import pytest

from cooperatives.ledger.models import Account, Posting, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post
from deploy.embedded.postgres import installed
from tests.support import chain

PSQL = str(installed() / "bin" / "psql")
APPEND_ONLY = [
    "campaigns_lineattribution",
    "ledger_account",
    "ledger_posting",
    "ledger_transaction",
    "partner_stockmove",
    "routing_draw",
    "routing_drawing",
    "settlement_creditrule",
    "settlement_sharingout",
]


@pytest.fixture
def sold(fresh_database, stripe):
    """A database with one sale and its postings; gives its addresses."""
    grove = chain.make_grove(grams=10_000)
    chain.buy([(grove.pack, 1)])
    return fresh_database


def everything(database) -> list:
    with psycopg.connect(database.owner_url) as owner:
        return owner.execute(
            "SELECT t.*, p.* FROM ledger_transaction t JOIN ledger_posting p"
            " ON p.transaction_id = t.id ORDER BY p.id"
        ).fetchall()


def refusal(address: str, *statements: str) -> str:
    """Run statements with psql in one transaction; gives the SQLSTATE of the refusal."""
    commands = [part for statement in statements for part in ("-c", statement)]
    answer = subprocess.run(
        [PSQL, address, "-X", "-1", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", *commands],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    found = re.search(r"ERROR:  (\w{5}):", answer.stderr)
    assert found, f"not refused: {statements}\n{answer.stdout}\n{answer.stderr}"
    return found[1]


def test_the_application_can_not_change_delete_or_truncate_what_is_written_once(sold):
    before = everything(sold)

    for table in APPEND_ONLY:
        assert refusal(sold.url, f"UPDATE {table} SET id = id") == "42501", table
        assert refusal(sold.url, f"DELETE FROM {table}") == "42501", table
        assert refusal(sold.url, f"TRUNCATE {table} CASCADE") == "42501", table
        assert refusal(sold.url, f"ALTER TABLE {table} DISABLE TRIGGER ALL") == "42501", table
    assert refusal(sold.url, "SET session_replication_role = replica") == "42501"

    assert everything(sold) == before


def test_even_the_owner_is_refused_by_the_triggers(sold):
    before = everything(sold)

    assert refusal(sold.owner_url, "UPDATE ledger_posting SET amount_fen = 1") == "23001"
    assert refusal(sold.owner_url, "DELETE FROM ledger_posting") == "23001"
    assert refusal(sold.owner_url, "TRUNCATE ledger_posting") == "23001"

    assert everything(sold) == before


NEW_TRANSACTION = (
    "INSERT INTO ledger_transaction (kind, source_type, source_id, created_at)"
    " VALUES ('sale', 'attack', '{}', now())"
)
LEG = (
    "INSERT INTO ledger_posting (transaction_id, account_id, amount_fen)"
    " SELECT currval('ledger_transaction_id_seq'), id, {} FROM ledger_account WHERE kind = '{}'"
)


@pytest.mark.parametrize(
    "legs",
    [
        [],
        [(100, "stripe")],
        [(100, "stripe"), (-99, "stripe")],
        # balances, but concerns a cooperative that the transaction does not name
        [(100, "stripe"), (-100, "sales")],
    ],
    ids=["no legs", "one leg", "off by a fen", "unnamed cooperative"],
)
def test_a_transaction_that_does_not_balance_is_refused_at_commit(sold, legs):
    before = everything(sold)

    statements = [NEW_TRANSACTION.format("x"), *(LEG.format(*leg) for leg in legs)]

    assert refusal(sold.url, *statements) == "23514"
    assert everything(sold) == before


def test_a_leg_added_after_an_early_check_is_still_checked(sold):
    before = everything(sold)

    sqlstate = refusal(
        sold.url,
        NEW_TRANSACTION.format("early"),
        LEG.format(100, "stripe"),
        LEG.format(-100, "stripe"),
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SET CONSTRAINTS ALL DEFERRED",
        LEG.format(50, "stripe"),
    )

    assert sqlstate == "23514"
    assert everything(sold) == before


def test_nothing_is_added_to_a_committed_transaction(sold):
    before = everything(sold)
    posted = before[0][0]

    add = (
        f"INSERT INTO ledger_posting (transaction_id, account_id, amount_fen)"
        f" SELECT {posted}, id, {{}} FROM ledger_account WHERE kind = 'stripe'"
    )

    assert refusal(sold.url, add.format(5), add.format(-5)) == "23001"
    assert everything(sold) == before


# A temporary table goes before all others of its name, unless a function says otherwise.
BALANCED = (
    "CREATE TEMP TABLE ledger_posting AS SELECT currval('ledger_transaction_id_seq')"
    " AS transaction_id, id AS account_id, fen AS amount_fen"
    " FROM public.ledger_account, (VALUES (5), (-5)) AS legs(fen) WHERE kind = 'stripe'"
)
OPEN_AGAIN = (
    "CREATE TEMP TABLE ledger_transaction AS"
    " SELECT id, partner_id, pg_current_xact_id() AS xact FROM public.ledger_transaction"
)


def test_a_balanced_table_of_the_same_name_does_not_hide_legs_that_do_not_balance(sold):
    before = everything(sold)

    sqlstate = refusal(
        sold.url, NEW_TRANSACTION.format("hidden"), LEG.format(100, "stripe"), BALANCED
    )

    assert sqlstate == "23514"
    assert everything(sold) == before


def test_an_open_table_of_the_same_name_does_not_open_a_committed_transaction(sold):
    before = everything(sold)
    add = (
        "INSERT INTO ledger_posting (transaction_id, account_id, amount_fen)"
        f" SELECT {before[0][0]}, id, {{}} FROM ledger_account WHERE kind = 'stripe'"
    )

    assert refusal(sold.url, OPEN_AGAIN, add.format(5), add.format(-5)) == "23001"
    assert everything(sold) == before


def test_a_transaction_over_two_cooperatives_is_refused(sold):
    second = chain.make_cooperative("COOP-B")
    first = Account.objects.get(kind="sales").partner_id
    legs = [
        Leg(AccountKey("sales", first), 10),
        Leg(AccountKey("sales", second.pk), -10),
    ]

    with pytest.raises(Exception, match="one cooperative"):
        post("sale", "test", "two", legs, partner_id=first)

    assert not Transaction.objects.filter(source_id="two").exists()


def test_posting_the_same_event_again_writes_nothing(sold):
    partner_id = Account.objects.get(kind="sales").partner_id
    legs = [Leg(AccountKey("stripe"), 10), Leg(AccountKey("sales", partner_id), -10)]

    first = post("sale", "test", "once", legs, partner_id=partner_id)
    again = post("sale", "test", "once", legs, partner_id=partner_id)

    assert first is not None
    assert again is None
    assert Posting.objects.filter(transaction__source_id="once").count() == 2


def test_the_application_can_not_write_a_seal_but_by_its_rows(sold):
    def seals() -> list:
        with psycopg.connect(sold.owner_url) as owner:
            return owner.execute("SELECT * FROM books_seal ORDER BY 1, 2").fetchall()

    before = seals()
    attempts = (
        "INSERT INTO books_seal VALUES ('households_lot', '1', '')",
        "UPDATE books_seal SET digest = ''",
        "DELETE FROM books_seal",
        "TRUNCATE books_seal",
        "SELECT shanhuo_seal_households_lot()",
    )
    for attempt in attempts:
        assert refusal(sold.url, attempt) == "42501", attempt
    # a table of its own with the shape of the real one, and the owner's trigger function on it
    forged = refusal(
        sold.url,
        "CREATE TEMPORARY TABLE households_lot AS SELECT * FROM public.households_lot",
        "CREATE TRIGGER forge AFTER UPDATE ON pg_temp.households_lot"
        " FOR EACH ROW EXECUTE FUNCTION shanhuo_seal_households_lot()",
        "UPDATE pg_temp.households_lot SET grade = 'B'",
    )

    assert forged == "42501"
    assert seals() == before
