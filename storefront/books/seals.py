"""Seals: every row of the chain's tables is as the database's triggers last saw it.

See `sealing.py`. Beside the other checks, which prove that rows agree with each other, this one
proves facts that stand in one row alone: a grade, an address, who did it.
"""

from collections.abc import Iterator
from typing import Any

from storefront.books.base import MOST_ROWS, Check, Found, Moment
from storefront.books.sealing import SEALS, digest_function

# The sealed tables: those of the books migrations.
TABLES = (
    "aftersales_addresschange",
    "aftersales_refund",
    "aftersales_refundline",
    "campaigns_campaign",
    "campaigns_campaign_produce",
    "campaigns_campaign_villages",
    "campaigns_campaigncost",
    "campaigns_lineattribution",
    "campaigns_trackedlink",
    "cases_case",
    "cases_caseentry",
    "cases_casepicture",
    "cases_dispute",
    "catalogue_produce",
    "catalogue_product",
    "discounts_buyercount",
    "discounts_gift",
    "discounts_giftmove",
    "discounts_host",
    "discounts_hostpayment",
    "discounts_terms",
    "discounts_terms_produce",
    "discounts_use",
    "households_household",
    "households_lot",
    "households_promise",
    "households_villageimport",
    "households_villageimport_cooperatives",
    "households_writeoff",
    "ledger_transaction",
    "live_offers_flashcount",
    "live_offers_flashprice",
    "live_offers_itemcount",
    "live_offers_roomhold",
    "notifications_message",
    "notifications_messagetext",
    "notifications_preference",
    "order_line",
    "order_lineprice",
    "order_order",
    "order_shippingaddress",
    "partner_partner",
    "partner_pickingday",
    "partner_stockmove",
    "partner_stockrecord",
    "payments_balancemovement",
    "payments_balancesweep",
    "payments_gap",
    "payments_offlinepayment",
    "payments_paymentattempt",
    "payments_reconciliation",
    "payments_straypayment",
    "payments_stripeevent",
    "platforms_platformline",
    "platforms_platformsettlement",
    "platforms_platformshop",
    "routing_consignment",
    "routing_consignmentevent",
    "routing_drawing",
    "routing_freightrate",
    "routing_linesource",
    "settlement_creditrule",
    "settlement_releasehold",
    "settlement_salespool",
    "settlement_sharingout",
)
# The column that names a row, where it is not `id`.
KEYS = {
    "aftersales_addresschange": "uuid",
    "aftersales_refund": "uuid",
    "payments_paymentattempt": "uuid",
}
_NAMES = ", ".join(f"'{table}'" for table in TABLES)


def broken(cursor: Any, table: str) -> Iterator[Found]:
    """The rows of one table that their seals do not fit, and the seals without a row."""
    cursor.execute(
        f"""
        SELECT coalesce(r.key, s.row_key), s.row_key IS NULL, r.key IS NULL
          FROM (SELECT "{KEYS.get(table, "id")}"::text AS key, {digest_function(table)}(t) AS digest
                  FROM "{table}" t) r
          FULL JOIN (SELECT row_key, digest FROM {SEALS} WHERE of_table = '{table}') s
            ON s.row_key = r.key
         WHERE r.digest IS DISTINCT FROM s.digest
         ORDER BY 1 LIMIT {MOST_ROWS}
        """  # noqa: S608
    )
    for row, unsealed, gone in cursor.fetchall():
        if unsealed:
            what = "has no seal: it was written with the database's triggers off"
        elif gone:
            what = "is gone, its seal is still there"
        else:
            what = "is not what its seal says: it was changed with the triggers off"
        yield Found(f"{table} {row}", what)


def _broken(cursor: Any, moment: Moment) -> Iterator[Found]:
    for table in TABLES:
        yield from broken(cursor, table)


# Two triggers for each: one that seals what is new, one that seals again what is changed.
TRIGGERS = f"""
    SELECT 'table ' || wanted.name, 'its seals are not written: ' || count(t.oid)
           || ' of its 2 triggers are on', NULL::timestamptz
      FROM unnest(ARRAY[{_NAMES}]) AS wanted(name)
      LEFT JOIN pg_trigger t
        ON t.tgrelid = to_regclass(wanted.name) AND t.tgenabled IN ('O', 'A')
       AND t.tgname IN (wanted.name || '_sealed', wanted.name || '_sealed_again')
     GROUP BY wanted.name HAVING count(t.oid) <> 2
    UNION ALL
    SELECT 'seals of ' || of_table, 'belong to no table that is sealed', NULL
      FROM {SEALS} WHERE of_table NOT IN ({_NAMES}) GROUP BY of_table
"""  # noqa: S608

CHECKS = (
    Check("seals.rows", f"SELECT count(*) FROM {SEALS}", (_broken, TRIGGERS)),  # noqa: S608
)
