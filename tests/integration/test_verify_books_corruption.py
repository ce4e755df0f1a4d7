"""Any one row of the chain's tables, corrupted with the triggers off, is found by verify_books.

Changed by one, emptied, pointed at another parent, deleted, written twice: each on rows of a shop
that had busy days, by a superuser whose triggers, foreign keys and CHECKs do not hold him.

Twice: what rows prove of each other is found without the seals; every other column of every
table, also what stands in one row alone, with them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from storefront.books import references, seals, stripe_side
from storefront.books.base import run
from storefront.books.runner import CHECKS, check_database, this_moment
from tests.conftest import SUITE
from tests.support.corrupting import Corruption, Table
from tests.support.rich_chain import SHIFT, make_rich_chain

# How many rows of each table are corrupted, column by column, and how many are deleted.
ROWS = int(os.environ.get("CORRUPTED_ROWS", "3"))
DELETED = 2 * ROWS


@dataclass(frozen=True)
class Target:
    """What of a table carries the chain: its columns, and which rows (not those of the past)."""

    columns: str
    where: LiteralString = "true"
    deleted: bool = True


TARGETS = {
    "ledger_account": Target("kind partner_id household_id sales_pool_id"),
    "ledger_transaction": Target("kind source_type source_id partner_id reverses_id"),
    "ledger_posting": Target(
        "transaction_id account_id amount_fen consignment_line_id sales_pool_id"
    ),
    "partner_stockpool": Target("partner_id produce_id on_hand promised reserved allocated"),
    "partner_stockmove": Target("pool_id cause reference on_hand promised reserved allocated"),
    "partner_pickingday": Target("pool_id day capacity taken", "taken > 0 AND day > '{today}'"),
    "partner_reservation": Target("reference state created_at expires_at"),
    "partner_reservationline": Target("reservation_id pool_id grams lost_grams"),
    # The grade of one that came after its pool was last shared stands in its seal alone.
    "households_lot": Target(
        "code household_id pool_id sales_pool_id grams drawn_grams written_off_grams",
        "sales_pool_id IN (SELECT sales_pool_id FROM settlement_sharingout)",
    ),
    "households_promise": Target(
        "household_id pool_id to_day grams_per_day delivered_grams counted_grams",
        "counted_grams > 0 AND delivered_grams > 0",
    ),
    "households_writeoff": Target("lot_id grams created_at"),
    "routing_consignment": Target(
        "order_id partner_id number state freight_fen freight_refunded_fen waybill paid_at "
        "ship_by packed_at shipped_at delivered_at"
    ),
    "routing_consignmentline": Target(
        "consignment_id order_line_id product_id pool_id packs ordered_grams billed_grams "
        "packed_grams drawn_grams returned_grams short_grams cancelled_packs cancelled_grams "
        "net_fen refunded_fen borne_elsewhere_fen return_days released_at"
    ),
    "routing_linesource": Target(
        "consignment_id consignment_line_id kind reference fen refunded_fen"
    ),
    "discounts_terms": Target(
        "funder host_id campaign_id per_buyer uses_held uses_done budget_held_fen budget_done_fen"
    ),
    "discounts_buyercount": Target("terms_id key uses"),
    "discounts_use": Target("attempt_id terms_id gift_id voucher_id fen buyer state"),
    "discounts_gift": Target("issued_fen balance_fen held_fen funder"),
    "discounts_giftmove": Target("gift_id cause reference balance_fen held_fen"),
    "platforms_platformsettlement": Target("line_id gross_fen settled_fen"),
    "discounts_hostpayment": Target("amount_fen"),
    "live_offers_flashprice": Target("item_id price_fen per_buyer held sold"),
    "live_offers_flashcount": Target("flash_id key packs"),
    "live_offers_itemcount": Target("item_id key packs"),
    "live_offers_roomhold": Target(
        "attempt_id line item_id flash_id packs item_most flash_most buyer state"
    ),
    "routing_drawing": Target("line_id sequence grams reverses_id"),
    "routing_draw": Target("drawing_id lot_id grams"),
    "routing_consignmentevent": Target("consignment_id state undone"),
    "settlement_creditrule": Target(
        "partner_id version period fee_bps fund_bps grade_a_bps grade_b_bps"
    ),
    "settlement_salespool": Target("pool_id rule_id starts_on ends_on"),
    "settlement_sharingout": Target(
        "sales_pool_id sequence earned_fen released_fen finished rule_id rule_version fee_bps "
        "fund_bps weights"
    ),
    "order_order": Target(
        "number basket_id user_id currency total_incl_tax total_excl_tax shipping_incl_tax "
        "shipping_excl_tax channel date_placed"
    ),
    "order_line": Target(
        "order_id partner_id partner_sku stockrecord_id product_id quantity line_price_incl_tax "
        "line_price_excl_tax line_price_before_discounts_incl_tax unit_price_incl_tax"
    ),
    "payments_paymentattempt": Target(
        "basket_id user_id state amount_fen currency snapshot gateway intent_id order_id "
        "expires_at paid_at",
        "state = 'placed'",
    ),
    "payments_offlinepayment": Target(
        "attempt_id code amount_fen currency state account created_at"
    ),
    "payments_straypayment": Target("amount_fen stripe_refund_id state done_at"),
    # Of one that is missing only its seal tells at once: Stripe may not have listed it yet.
    "payments_balancemovement": Target(
        "type amount_fen fee_fen source_id created_at", "fee_fen > 0", deleted=False
    ),
    # One that never came leaves nothing behind, and the sweep does without it.
    "payments_stripeevent": Target("type payload processed_at", deleted=False),
    # Deleted, it is missed only by its seal: the address itself says nothing of the one before.
    "aftersales_addresschange": Target("order_id before after", deleted=False),
    # Stripe's number of one that the bank sent back stands in its seal alone.
    "aftersales_refund": Target(
        "attempt_id order_id state amount_fen buyer_fen gift_fen paid_from created_at done_at"
    ),
    "aftersales_refundline": Target(
        "refund_id consignment_id consignment_line_id amount_fen packs grams short_grams bearer "
        "borne_back_fen",
    ),
    "cases_case": Target("order_id line_id given_fen escalated"),
    "cases_caseentry": Target("case_id refund_id", "refund_id IS NOT NULL"),
    "cases_dispute": Target("attempt_id case_id withdrawn_fen reinstated_fen fee_fen refund_id"),
    "settlement_releasehold": Target("line_id key", "lifted_at IS NULL"),
    "campaigns_lineattribution": Target(
        "order_line_id campaign_id rule evidence replaces_id created_at", "replaces_id IS NULL"
    ),
    # Not the one with a waybill that was wrong, nor a second channel: nothing tells of them.
    "notifications_message": Target(
        "kind reference channel order_id state sent_at",
        "reference NOT LIKE '%:ZT1' AND kind <> 'case' AND id IN (SELECT min(id)"
        " FROM notifications_message GROUP BY kind, reference HAVING count(*) = 1)",
    ),
    "notifications_messagetext": Target("version", deleted=False),
}


# All tables of the chain.
CHAIN = sorted({*references.TABLES, *seals.TABLES})
# Columns that may be changed without a fault, and why.
QUEUE = "what a queue notes of its tries; whoever tries next writes it anew"
SHOP = "how the shop looks; the chain does not reckon with it"
OSCAR = "a column of Oscar's that nothing here reads or writes"
FREE = {
    "aftersales_refund": {
        "tries": QUEUE,
        "tried_at": QUEUE,
        "error": QUEUE,
        "busy_until": QUEUE,
    },
    "catalogue_produce": dict.fromkeys(
        (
            *("description_zh", "description_en", "category_id", "gi_certificate"),
            *("storage_zh", "storage_en", "eating_zh", "eating_en"),
        ),
        SHOP,
    ),
    "partner_partner": dict.fromkeys(("county_en", "village_en"), SHOP),
    "catalogue_product": {
        **dict.fromkeys(
            ("is_public", "slug", "description", "meta_title", "meta_description", "priority"), SHOP
        ),
        **dict.fromkeys(("structure", "parent_id", "product_class_id", "rating", "code"), OSCAR),
        **dict.fromkeys(("date_created", "date_updated", "is_discountable"), OSCAR),
    },
    "cases_dispute": {"checked_at": QUEUE},
    "ledger_transaction": {"xact": "closes a transaction; a restore sets it to 0"},
    "notifications_message": {"tries": QUEUE, "try_at": QUEUE, "error": QUEUE},
    "order_order": {"analytics_tracked": OSCAR},
    "partner_stockrecord": dict.fromkeys(
        ("num_in_stock", "num_allocated", "low_stock_threshold", "date_created", "date_updated"),
        OSCAR,
    ),
    "payments_gap": {"last_seen_at": QUEUE},
    "payments_paymentattempt": {"checked_at": QUEUE},
    "payments_straypayment": {"tried_at": QUEUE, "error": QUEUE},
    "payments_stripeevent": {"tries": QUEUE, "error": QUEUE},
}
# What a check works out from other rows, of which a row that is invented has none.
COUNTED = {
    "discounts_terms": "uses_held uses_done budget_held_fen budget_done_fen",
}


@dataclass
class Books:
    """A superuser's connection to the rich chain, and what Stripe says of it."""

    connection: psycopg.Connection
    at_stripe: stripe_side.AtStripe


def _clock(seconds: int) -> None:
    Path(os.environ["SHANHUO_CLOCK_FILE"]).write_text(str(seconds))


@pytest.fixture(scope="module")
def books(django_db_blocker: Any, sandbox: Any) -> Iterator[Books]:
    """The rich chain in a database of its own."""
    from django.conf import settings
    from django.db import connections

    from storefront.payments import gateway

    database = SUITE.clone(SUITE.new_name())
    sandbox.reset()
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        connections["default"].close()
        patch.setitem(connections.settings["default"], "NAME", database.name)
        patch.setitem(connections["default"].settings_dict, "NAME", database.name)
        patch.setattr(settings, "STRIPE_API_BASE", sandbox.url)
        patch.setattr(settings, "STRIPE_API_KEY", sandbox.api_key)
        gateway._client.cache_clear()
        try:
            make_rich_chain(_clock)
            at_stripe = stripe_side.ask(None, this_moment())
        finally:
            connections["default"].close()
            gateway._client.cache_clear()
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        yield Books(connection, at_stripe)
    SUITE.drop(database.name)


@pytest.fixture(autouse=True)
def _on_the_last_day() -> None:
    _clock(SHIFT)


def is_found(books: Books, table: Table) -> bool:
    """Whether rows disagree with each other: the first fault will do, the table's own first."""
    moment, cursor = this_moment(), table.cursor
    checks = [check for check in CHECKS if check not in seals.CHECKS]
    likely_first = sorted(checks, key=lambda check: table.name not in str(check.rules))
    return any(not run(check, cursor, moment).ok for check in likely_first) or any(
        not result.ok for result in stripe_side.compare(books.at_stripe, cursor, moment)
    )


def has_broken_seal(books: Books, table: Table) -> bool:
    """Whether a seal of the table is broken."""
    return any(seals.broken(table.cursor, table.name))


def is_found_by_its_seal(books: Books, table: Table) -> bool:
    """Whether a seal of the table is broken; else whether rows disagree."""
    sealed = table.name in seals.TABLES
    return (sealed and has_broken_seal(books, table)) or is_found(books, table)


def missed(
    books: Books,
    table: Table,
    corruptions: list[Corruption],
    found: Callable[[Books, Table], bool],
) -> list[str]:
    """The corruptions that no check finds, of those that change anything."""
    result = []
    for corruption in corruptions:
        before = table.row(corruption.key)
        with books.connection.transaction(force_rollback=True):
            try:
                with books.connection.transaction():
                    table.cursor.execute(corruption.statement)
            except (psycopg.IntegrityError, psycopg.DataError):
                continue  # the table itself refuses that
            changed = table.row(corruption.key) != before or "twice" in corruption.name
            if changed and not found(books, table):
                result.append(corruption.name)
    return result


@contextmanager
def corruptible(books: Books, name: str) -> Iterator[tuple[Table, bool]]:
    """A table whose triggers, foreign keys and CHECKs are off, for the time being.

    And whether its only row was invented, so that the other checks mind it anyhow.
    """
    with (
        books.connection.transaction(force_rollback=True),
        books.connection.cursor() as cursor,
    ):
        cursor.execute("SET LOCAL jit = off")
        table = Table(cursor, name)
        yield table, table.allow_anything()


def test_the_books_are_in_order_before_anything_is_corrupted(books):
    with books.connection.transaction(), books.connection.cursor() as cursor:
        results = check_database(cursor)
        results += stripe_side.compare(books.at_stripe, cursor, this_moment())
    assert [(result.name, result.detail) for result in results if not result.ok] == []


@pytest.mark.parametrize("name", TARGETS)
def test_a_corrupted_row_disagrees_with_others(books, name):
    target = TARGETS[name]
    where = target.where.replace("{today}", this_moment().today.isoformat())
    with corruptible(books, name) as (table, _):
        columns = [column for column in table.columns if column.name in target.columns.split()]
        assert len(columns) == len(target.columns.split())

        tried = [table.duplicate(key) for key in table.keys(1, where)]
        if target.deleted:
            tried += [table.delete(key) for key in table.keys(DELETED, where)]
        for key in table.keys(ROWS, where):
            tried += [c for column in columns for c in table.corruptions(column, key)]

        assert len(tried) > len(columns)
        assert missed(books, table, tried, is_found) == []


@pytest.mark.parametrize("name", CHAIN)
def test_a_change_of_any_column_of_any_row_is_found(books, name):
    with corruptible(books, name) as (table, invented):
        known = {column.name for column in table.columns}
        free = set(FREE.get(name, ())) | set(COUNTED.get(name, "").split() if invented else ())
        assert free <= known
        # What disagrees with others, in every row, is tried above.
        target = TARGETS.get(name, Target("", "false", deleted=False))
        if target.where == "true":
            free |= set(target.columns.split())
        columns = [c for c in table.columns if c.name not in free and c.name != table.key]

        tried = [table.duplicate(key) for key in table.keys(1)]
        if not target.deleted or target.where != "true":
            tried += [table.delete(key) for key in table.keys(DELETED)]
        for key in table.keys(ROWS):
            for column in columns:
                tried += [*table.corruptions(column, key), *table.additions(column, key)]

        found = has_broken_seal if invented else is_found_by_its_seal
        assert missed(books, table, tried, found) == []
