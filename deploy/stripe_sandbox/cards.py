"""The test cards: which numbers and `pm_card_…` names there are, and what becomes of each."""

from __future__ import annotations

from typing import NamedTuple


class Refusal(NamedTuple):
    """Why the issuer says no, in Stripe's words."""

    code: str
    decline_code: str | None
    message: str


GENERIC = Refusal("card_declined", "generic_decline", "Your card was declined.")
NO_FUNDS = Refusal("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Refusal("card_declined", "lost_card", "Your card was declined.")
STOLEN = Refusal("card_declined", "stolen_card", "Your card was declined.")
FRAUD = Refusal("card_declined", "fraudulent", "Your card was declined.")
EXPIRED = Refusal("expired_card", "expired_card", "Your card has expired.")
CVC = Refusal("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
PROCESSING = Refusal(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)


class TestCard(NamedTuple):
    """What a test number is and does. `refund`: "now", "pending" or "fails" later; `dispute`: the
    reason for which its payment is disputed at once; `processing`: the payment stays so until
    `/_sandbox/intents/ID/settle`; `at_once`: its money is available without delay.
    """

    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    refusal: Refusal | None = None
    challenge: bool = False
    refund: str = "now"
    dispute: str | None = None
    processing: bool = False
    at_once: bool = False


CARDS: dict[str, TestCard] = {
    "4242424242424242": TestCard(),
    "4000056655665556": TestCard(funding="debit"),
    "4000001560000002": TestCard(country="CN"),
    "5555555555554444": TestCard(brand="mastercard"),
    "378282246310005": TestCard(brand="amex"),
    "6200000000000005": TestCard(brand="unionpay", country="CN"),
    "4000000000000077": TestCard(at_once=True),
    "4000000000000002": TestCard(refusal=GENERIC),
    "4000000000000341": TestCard(refusal=GENERIC),
    "4000000000009995": TestCard(refusal=NO_FUNDS),
    "4000000000009987": TestCard(refusal=LOST),
    "4000000000009979": TestCard(refusal=STOLEN),
    "4100000000000019": TestCard(refusal=FRAUD),
    "4000000000000069": TestCard(refusal=EXPIRED),
    "4000000000000127": TestCard(refusal=CVC),
    "4000000000000119": TestCard(refusal=PROCESSING),
    "4000002500003155": TestCard(challenge=True),
    "4000002760003184": TestCard(challenge=True),
    "4000000000003220": TestCard(challenge=True),
    "4000000000003063": TestCard(challenge=True),
    "4000008400001629": TestCard(challenge=True, refusal=GENERIC),
    "4000000000007726": TestCard(refund="pending"),
    "4000000000005126": TestCard(refund="fails"),
    "4000000000000259": TestCard(dispute="fraudulent"),
    "4000000000002685": TestCard(dispute="product_not_received"),
    "4000000000008104": TestCard(processing=True),  # not one of Stripe's
}

TOKENS: dict[str, str] = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_cn": "4000001560000002",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_unionpay": "6200000000000005",
    "pm_card_bypassPending": "4000000000000077",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_radarBlock": "4100000000000019",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_threeDSecureRequired": "4000000000003063",
    "pm_card_threeDSecureRequiredChargeDeclined": "4000008400001629",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_processing": "4000000000008104",
}


def passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
