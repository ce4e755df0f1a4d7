"""Every row leads where it says: no foreign key of the chain's tables points at nothing.

PostgreSQL holds this too; it does not when rows were deleted with its triggers off.
"""

from collections.abc import Iterator
from typing import Any

from storefront.books.base import Check, Found, Moment

TABLES = (
    "ledger_account",
    "ledger_transaction",
    "ledger_posting",
    "partner_stockpool",
    "partner_stockrecord",
    "partner_stockmove",
    "partner_pickingday",
    "partner_reservation",
    "partner_reservationline",
    "households_household",
    "households_lot",
    "households_promise",
    "households_writeoff",
    "routing_consignment",
    "routing_consignmentline",
    "routing_drawing",
    "routing_draw",
    "routing_consignmentevent",
    "routing_linesource",
    "discounts_terms",
    "discounts_buyercount",
    "discounts_use",
    "discounts_gift",
    "discounts_giftmove",
    "discounts_hostpayment",
    "live_offers_flashprice",
    "live_offers_flashcount",
    "live_offers_itemcount",
    "live_offers_roomhold",
    "settlement_creditrule",
    "settlement_salespool",
    "settlement_sharingout",
    "settlement_releasehold",
    "order_order",
    "order_line",
    "payments_paymentattempt",
    "payments_offlinepayment",
    "payments_straypayment",
    "payments_gap",
    "platforms_platformline",
    "platforms_platformsettlement",
    "aftersales_addresschange",
    "aftersales_refund",
    "aftersales_refundline",
    "cases_case",
    "cases_caseentry",
    "cases_casepicture",
    "cases_dispute",
    "campaigns_lineattribution",
    "notifications_message",
    "notifications_messagetext",
    "notifications_preference",
)
_LIST = ", ".join(f"'{table}'" for table in TABLES)
KEYS = f"""
    SELECT child.relname, own.attname, parent.relname, other.attname, key_of.attname
      FROM pg_constraint c
      JOIN pg_class child ON child.oid = c.conrelid AND child.relname IN ({_LIST})
      JOIN pg_class parent ON parent.oid = c.confrelid
      JOIN pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = c.conkey[1]
      JOIN pg_attribute other ON other.attrelid = c.confrelid AND other.attnum = c.confkey[1]
      JOIN pg_index key ON key.indrelid = c.conrelid AND key.indisprimary
      JOIN pg_attribute key_of ON key_of.attrelid = c.conrelid AND key_of.attnum = key.indkey[0]
     WHERE c.contype = 'f' AND pg_table_is_visible(child.oid)
     ORDER BY 1, 2
"""  # noqa: S608


def _orphans(cursor: Any, moment: Moment) -> Iterator[Found]:
    cursor.execute(KEYS)
    for table, column, parent, key, own_key in cursor.fetchall():
        cursor.execute(
            f'SELECT child."{own_key}", child."{column}" FROM "{table}" child'  # noqa: S608
            f' LEFT JOIN "{parent}" parent ON parent."{key}" = child."{column}"'
            f' WHERE child."{column}" IS NOT NULL AND parent."{key}" IS NULL LIMIT 20'
        )
        for own, missing in cursor.fetchall():
            yield Found(f"{table} {own}", f"its {column} {missing} is not in {parent}")


COUNT = f"""
    SELECT count(*) FROM pg_constraint c
      JOIN pg_class child ON child.oid = c.conrelid AND child.relname IN ({_LIST})
     WHERE c.contype = 'f' AND pg_table_is_visible(child.oid)
"""  # noqa: S608
CHECKS = (Check("references.rows", COUNT, (_orphans,)),)
