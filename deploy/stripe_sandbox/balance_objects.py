"""Balance transactions, payouts and disputes as Stripe's JSON objects."""

from __future__ import annotations

from .card_objects import Json
from .cards import CARDS
from .records import Dispute, Payout, Txn
from .store import Store

# Every piece of evidence that a dispute can hold; files are none of the sandbox's.
EVIDENCE_TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
EVIDENCE_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
# What the network calls each of Stripe's reasons (Visa's codes).
REASON_CODES = {
    "bank_cannot_process": "12.1",
    "credit_not_processed": "13.7",
    "duplicate": "12.6.1",
    "fraudulent": "10.4",
    "general": "10.4",
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "subscription_canceled": "13.2",
    "unrecognized": "10.4",
}


def txn(store: Store, row: Txn) -> Json:
    fees = {
        "amount": row.fee,
        "application": None,
        "currency": row.currency,
        "description": "Dispute fee" if row.kind == "adjustment" else "Stripe processing fees",
        "type": "stripe_fee",
    }
    return {
        "id": row.id,
        "object": "balance_transaction",
        "amount": row.amount,
        "available_on": row.available_on,
        "balance_type": "payments",
        "created": row.created,
        "currency": row.currency,
        "description": row.description,
        "exchange_rate": None,
        "fee": row.fee,
        "fee_details": [fees] if row.fee else [],
        "net": row.amount - row.fee,
        "reporting_category": row.category or row.kind,
        "source": row.source,
        "status": "available" if store.is_available(row) else "pending",
        "type": row.kind,
    }


def payout(row: Payout) -> Json:
    failed = row.status == "failed"
    return {
        "id": row.id,
        "object": "payout",
        "amount": row.amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": row.created,
        "automatic": row.automatic,
        "balance_transaction": row.txn,
        "created": row.created,
        "currency": row.currency,
        "description": row.description,
        "destination": "ba_3sandbox",
        "failure_balance_transaction": row.failure_txn,
        "failure_code": "account_closed" if failed else None,
        "failure_message": "The bank account has been closed." if failed else None,
        "livemode": False,
        "metadata": row.metadata,
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed" if row.automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": row.descriptor,
        "status": row.status,
        "trace_id": {"status": "unsupported", "value": None},
        "type": "bank_account",
    }


def dispute(store: Store, row: Dispute) -> Json:
    card = CARDS[store.methods.rows[store.charges.rows[row.charge].method].number]
    evidence: Json = dict.fromkeys((*EVIDENCE_TEXTS, *EVIDENCE_FILES))
    waits = row.status == "needs_response"
    return {
        "id": row.id,
        "object": "dispute",
        "amount": row.amount,
        "balance_transactions": [txn(store, store.txns.rows[name]) for name in row.txns],
        "charge": row.charge,
        "created": row.created,
        "currency": row.currency,
        "enhanced_eligibility_types": [],
        "evidence": {**evidence, "enhanced_evidence": {}, **row.evidence},
        "evidence_details": {
            "due_by": row.due_by,
            "enhanced_eligibility": {},
            "has_evidence": bool(row.evidence),
            "past_due": waits and row.due_by < store.now(),
            "submission_count": row.submissions,
        },
        "is_charge_refundable": row.status == "won",
        "livemode": False,
        "metadata": row.metadata,
        "payment_intent": row.intent,
        "payment_method_details": {
            "card": {
                "brand": card.brand,
                "case_type": "chargeback",
                "network": card.brand,
                "network_reason_code": REASON_CODES[row.reason],
            },
            "type": "card",
        },
        "reason": row.reason,
        "status": row.status,
    }
