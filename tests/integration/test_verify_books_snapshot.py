"""verify_books beside a shop that goes on: one picture of the database, and nothing written."""

import psycopg

from storefront.books import runner
from tests.support import chain


def test_the_checks_see_one_picture_while_others_commit(fresh_database, stripe, monkeypatch):
    stripe.reset()
    chain.make_grove(grams=10_000)
    seen = []

    def read(cursor) -> tuple:
        cursor.execute(
            "SELECT current_setting('transaction_isolation'),"
            " current_setting('transaction_read_only'), on_hand FROM partner_stockpool"
        )
        return cursor.fetchone()

    def meanwhile(cursor):
        seen.append(read(cursor))
        with psycopg.connect(fresh_database.url, autocommit=True) as other:
            other.execute("UPDATE partner_stockpool SET on_hand = on_hand + 1")
        return check_database(cursor)

    check_database = runner.check_database
    monkeypatch.setattr(runner, "check_database", meanwhile)

    results = runner.verify()

    assert seen == [("repeatable read", "on", 10_000)]
    assert [result.detail for result in results if not result.ok] == []
    assert not next(result for result in runner.verify() if result.name == "stock.figures").ok
