"""The narrow interface to the payment service, as the rest of the site calls it.

This module *is* the gateway to Stripe (its code is in `gateways/stripe.py`, its words in
`gateways/base.py`). Whoever holds an attempt asks `gateways.choose.gateway_of(attempt)` instead:
not every attempt is paid there.
"""

from storefront.payments.gateways.base import (
    Charge,
    Gateway,
    GatewayDown,
    GatewayRefused,
    Intent,
    Movement,
    PaidByHand,
    Payout,
    StripeRefund,
    WrongIntentState,
)
from storefront.payments.gateways.stripe import (
    _call,
    _client,
    accept_dispute,
    balance_fen,
    cancel_intent,
    create_intent,
    create_refund,
    list_charges,
    list_disputes,
    list_intents,
    list_movements,
    list_payouts,
    list_refunds,
    refunds_of,
    retrieve_dispute,
    retrieve_intent,
    retrieve_refund,
    submit_evidence,
    verified_event,
)

__all__ = [
    "Charge",
    "Gateway",
    "GatewayDown",
    "GatewayRefused",
    "Intent",
    "Movement",
    "PaidByHand",
    "Payout",
    "StripeRefund",
    "WrongIntentState",
    "_call",
    "_client",
    "accept_dispute",
    "balance_fen",
    "cancel_intent",
    "create_intent",
    "create_refund",
    "list_charges",
    "list_disputes",
    "list_intents",
    "list_movements",
    "list_payouts",
    "list_refunds",
    "refunds_of",
    "retrieve_dispute",
    "retrieve_intent",
    "retrieve_refund",
    "submit_evidence",
    "verified_event",
]
