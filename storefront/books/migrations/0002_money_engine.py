from django.db import migrations

from storefront.books.sealing import Sealed

# Counters and balances are not sealed: their checks work them out from uses and moves.
WRITTEN_ONCE = {
    "aftersales_addresschange": "order_id before after refund_id changed_by_id created_at",
    "aftersales_refund": (
        "attempt_id order_id reason note amount_fen stripe_refund_id decided_by_id created_at "
        "done_at bearer buyer_fen gift_fen paid_from paid_reference paid_by_id"
    ),
    "aftersales_refundline": (
        "refund_id consignment_id consignment_line_id amount_fen packs grams restocked "
        "short_grams bearer borne_back_fen"
    ),
    "discounts_gift": (
        "digest ending issued_fen valid_until recipient funder reference note actor_id created_at"
    ),
    "discounts_giftmove": "gift_id cause reference balance_fen held_fen created_at",
    "discounts_hostpayment": "host_id amount_fen reference actor_id created_at",
    "discounts_use": "attempt_id terms_id gift_id voucher_id fen buyer state created_at",
    "notifications_message": (
        "kind reference order_id recipient language context created_at sent_at channel subject "
        "text resent resent_at"
    ),
    "notifications_messagetext": (
        "kind language channel version subject body created_at created_by_id"
    ),
    "payments_balancemovement": "type amount_fen fee_fen source_id created_at recorded_at",
    "payments_balancesweep": "until",
    "payments_gap": (
        "key kind subject state details happened_at first_seen_at ended_at ended_by_id reason"
    ),
    "payments_offlinepayment": (
        "attempt_id code amount_fen currency state account reference received_on "
        "confirmed_by_id confirmed_at created_at"
    ),
    "payments_reconciliation": "ran_at since until open_gaps pending error",
    "payments_straypayment": (
        "amount_fen refund stripe_refund_id state decided_by_id recorded_at done_at"
    ),
    "routing_linesource": "consignment_id consignment_line_id kind reference fen refunded_fen",
    "settlement_releasehold": "line_id key created_at lifted_at",
}
SET_BY_STAFF = {
    "discounts_host": "name user_id",
    "discounts_terms": (
        "offer_id name_en version funder partner_id host_id campaign_id stacks per_buyer "
        "uses_limit budget_fen created_at"
    ),
    "discounts_terms_produce": "terms_id produce_id",
    "notifications_preference": "user_id contact choices changed_at",
}
KEYS = {"aftersales_addresschange": "uuid", "aftersales_refund": "uuid"}


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0001_seals"),
        ("aftersales", "0003_refund_engine"),
        ("discounts", "0002_append_only"),
        ("notifications", "0005_wording_append_only"),
        ("payments", "0004_gift_pays_all"),
        ("routing", "0005_refunds_borne_elsewhere"),
        ("settlement", "0003_release_hold"),
    ]

    operations = [
        *(
            Sealed(table, KEYS.get(table, "id"), columns.split())
            for table, columns in WRITTEN_ONCE.items()
        ),
        *(
            Sealed(table, "id", columns.split(), deletable=True)
            for table, columns in SET_BY_STAFF.items()
        ),
    ]
