from django.db import migrations

from storefront.books.sealing import CREATE_TABLE, SEALS, Sealed

# Not sealed: what is worked out anew from other rows by a check (docs/books.md), and what a queue
# writes down about its tries.
WRITTEN_ONCE = {
    "aftersales_refund": (
        "attempt_id order_id reason note amount_fen stripe_refund_id decided_by_id created_at "
        "done_at"
    ),
    "aftersales_refundline": (
        "refund_id consignment_id consignment_line_id amount_fen packs grams restocked"
    ),
    "campaigns_lineattribution": (
        "order_line_id campaign_id rule rule_version evidence replaces_id named_by_id reason "
        "created_at"
    ),
    "households_household": "code partner_id village shares people joined_on",
    "households_lot": (
        "code household_id pool_id sales_pool_id delivered_on expires_at grade grams"
    ),
    "households_promise": (
        "household_id pool_id from_day to_day grams grams_per_day delivered_grams counted_grams"
    ),
    "households_villageimport": "digest shift_days loaded_at",
    "households_villageimport_cooperatives": "villageimport_id partner_id",
    "households_writeoff": "lot_id grams reason actor_id created_at",
    "ledger_transaction": "kind source_type source_id partner_id reverses_id created_at",
    "notifications_message": (
        "kind reference order_id recipient language context created_at sent_at"
    ),
    "order_line": (
        "order_id partner_id partner_name partner_sku partner_line_reference partner_line_notes "
        "stockrecord_id product_id title upc quantity line_price_incl_tax line_price_excl_tax "
        "line_price_before_discounts_incl_tax line_price_before_discounts_excl_tax "
        "unit_price_incl_tax unit_price_excl_tax tax_code status num_allocated "
        "allocation_cancelled"
    ),
    "order_lineprice": (
        "order_id line_id quantity price_incl_tax price_excl_tax shipping_incl_tax "
        "shipping_excl_tax tax_code"
    ),
    "order_order": (
        "number site_id basket_id user_id billing_address_id currency total_incl_tax "
        "total_excl_tax shipping_incl_tax shipping_excl_tax shipping_tax_code "
        "shipping_address_id shipping_method shipping_code status guest_email date_placed "
        "channel language contact_phone"
    ),
    "order_shippingaddress": (
        "code title first_name last_name line1 line2 line3 line4 state postcode country_id "
        "search_text phone_number notes"
    ),
    "partner_pickingday": "pool_id day capacity taken",
    "partner_stockmove": (
        "pool_id cause reference on_hand promised reserved allocated created_at"
    ),
    "payments_paymentattempt": (
        "basket_id user_id amount_fen currency snapshot gateway intent_id client_secret "
        "created_at expires_at"
    ),
    "payments_stripeevent": "type payload received_at processed_at",
    "routing_consignment": (
        "order_id partner_id number freight_fen carrier waybill paid_at ship_by packed_at "
        "shipped_at delivered_at"
    ),
    "routing_consignmentevent": "consignment_id state undone actor_id created_at",
    "routing_drawing": "line_id sequence grams reverses_id created_at",
    "settlement_creditrule": (
        "partner_id produce_id version valid_from method period fee_bps fund_bps grade_a_bps "
        "grade_b_bps"
    ),
    "settlement_salespool": "pool_id rule_id starts_on ends_on",
    "settlement_sharingout": (
        "sales_pool_id sequence earned_fen released_fen finished rule_id rule_version fee_bps "
        "fund_bps weights created_at"
    ),
}
# What staff set, and may delete while nothing hangs on it.
SET_BY_STAFF = {
    "campaigns_campaign": "code name_zh name_en starts_at ends_at page_id",
    "campaigns_trackedlink": "code campaign_id channel produce_id created_at",
    "catalogue_produce": (
        "code name_zh name_en season_from season_to shelf_days ship_within_hours return_days "
        "temperature claim_days auto_limit_bps auto_limit_fen claim_bearer"
    ),
    "catalogue_product": "upc produce_id title pack_zh pack_en net_grams offer_price",
    "partner_partner": "name code name_en province county county_code village",
    "partner_stockrecord": (
        "product_id partner_id partner_sku price_currency price pool_id agreed_price"
    ),
    "routing_freightrate": "partner_id province first_grams first_fen step_grams step_fen",
}
KEYS = {"aftersales_refund": "uuid", "payments_paymentattempt": "uuid"}


class Migration(migrations.Migration):
    dependencies = [
        ("aftersales", "0002_initial"),
        ("campaigns", "0003_capital_codes"),
        ("catalogue", "0035_damage_claims"),
        ("households", "0003_village_import"),
        ("ledger", "0005_money_engine_kinds"),
        ("notifications", "0002_message_try_at"),
        ("order", "0022_channel_language_contact"),
        ("partner", "0010_stock_record_once"),
        ("payments", "0001_initial"),
        ("routing", "0003_returned_grams"),
        ("settlement", "0002_append_only"),
    ]

    operations = [
        migrations.RunSQL(CREATE_TABLE, f"DROP TABLE {SEALS}"),
        *(
            Sealed(table, KEYS.get(table, "id"), columns.split())
            for table, columns in WRITTEN_ONCE.items()
        ),
        *(
            Sealed(table, "id", columns.split(), deletable=True)
            for table, columns in SET_BY_STAFF.items()
        ),
    ]
