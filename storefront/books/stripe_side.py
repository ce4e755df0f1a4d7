"""What Stripe says: every payment that succeeded there is an order here, or was given back.

The lists are read before the database, outside any transaction; what happened in between is
queued work, not a fault.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from storefront.books.base import Found, Moment, Result
from storefront.payments import gateway

# Every order's or refund's money by the ledger, in one row for each payment.
ATTEMPTS = """
    SELECT a.uuid::text, a.state, a.amount_fen, a.currency, a.intent_id, a.created_at, a.paid_at,
           coalesce(sale.fen, gone.fen, 0)::bigint
      FROM payments_paymentattempt a
      LEFT JOIN (SELECT c.order_id, sum(p.amount_fen) AS fen
                   FROM routing_consignment c
                   JOIN ledger_transaction t ON t.kind = 'sale' AND t.source_type = 'consignment'
                                            AND t.source_id = c.id::text
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account account
                     ON account.id = p.account_id AND account.kind = 'stripe'
                  GROUP BY c.order_id) sale ON sale.order_id = a.order_id
      LEFT JOIN (SELECT t.source_id, sum(p.amount_fen) AS fen
                   FROM ledger_transaction t
                   JOIN ledger_posting p ON p.transaction_id = t.id
                   JOIN ledger_account account
                     ON account.id = p.account_id AND account.kind = 'stripe'
                  WHERE t.kind = 'goods_gone' GROUP BY t.source_id) gone
        ON gone.source_id = a.uuid::text
"""
REFUNDS = """
    SELECT r.uuid::text, r.state, r.buyer_fen, r.paid_from, r.stripe_refund_id, r.created_at,
           r.done_at, a.intent_id
      FROM aftersales_refund r LEFT JOIN payments_paymentattempt a ON a.uuid = r.attempt_id
"""


@dataclass(frozen=True)
class AtStripe:
    """What Stripe listed; `error` when it could not be asked."""

    intents: tuple[gateway.Intent, ...] = ()
    refunds: tuple[gateway.StripeRefund, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class _Attempt:
    uuid: str
    state: str
    amount_fen: int
    currency: str
    intent_id: str | None
    created_at: datetime
    paid_at: datetime | None
    booked_fen: int


@dataclass(frozen=True)
class _Refund:
    uuid: str
    state: str
    buyer_fen: int
    paid_from: str
    stripe_refund_id: str | None
    created_at: datetime
    done_at: datetime | None
    intent_id: str | None


def ask(oldest: datetime | None, moment: Moment) -> AtStripe:
    """List Stripe's intents and refunds since a day before the oldest payment of ours."""
    real = datetime.now(UTC)  # Stripe has its own clock, which ours may be ahead of
    since = min(oldest or moment.now, real) - timedelta(days=1)
    if settings.CLOCK_FILE:
        since = datetime.fromtimestamp(0, UTC)
    until = max(moment.now, real) + timedelta(hours=1)
    try:
        return AtStripe(
            tuple(gateway.list_intents(since, until)), tuple(gateway.list_refunds(since, until))
        )
    except (gateway.GatewayDown, gateway.GatewayRefused) as error:
        return AtStripe(error=str(error) or type(error).__name__)


def compare(at_stripe: AtStripe, cursor: Any, moment: Moment) -> list[Result]:
    """The two checks against Stripe's lists."""
    payments = Result("stripe.payments", len(at_stripe.intents))
    refunds = Result("stripe.refunds", len(at_stripe.refunds))
    if at_stripe.error:
        for result in (payments, refunds):
            result.add(Found("Stripe", f"could not be asked: {at_stripe.error}"), moment.now)
        return [payments, refunds]
    cursor.execute(ATTEMPTS)
    attempts = {row[0]: _Attempt(*row) for row in cursor.fetchall()}
    for found in _payments(at_stripe.intents, attempts):
        payments.add(found, moment.now)
    cursor.execute(REFUNDS)
    ours = {row[0]: _Refund(*row) for row in cursor.fetchall()}
    for found in _refunds(at_stripe.refunds, ours):
        refunds.add(found, moment.now)
    return [payments, refunds]


def _payments(
    intents: tuple[gateway.Intent, ...], attempts: Mapping[str, _Attempt]
) -> Iterator[Found]:
    succeeded = set()
    for intent in intents:
        attempt = attempts.get(intent.attempt)
        if attempt is not None and intent.succeeded:
            succeeded.add((attempt.uuid, intent.id))
        if intent.succeeded:
            yield from _paid(intent, attempt)
        elif attempt and intent.amount_fen != attempt.amount_fen:
            yield Found(
                f"intent {intent.id}",
                f"is of {intent.amount_fen} fen, its payment of {attempt.amount_fen}",
            )
    known = {intent.id: intent for intent in intents}
    for attempt in attempts.values():
        name = f"payment {attempt.uuid}"
        if attempt.intent_id and attempt.intent_id in known:
            if known[attempt.intent_id].attempt != attempt.uuid:
                yield Found(name, f"its intent {attempt.intent_id} is of another payment")
        elif attempt.intent_id and not attempt.paid_at:
            # Made after Stripe was asked, or never.
            yield Found(
                name, f"its intent {attempt.intent_id} is not at Stripe", attempt.created_at
            )
        paid = (attempt.uuid, attempt.intent_id) in succeeded
        if attempt.state in ("placed", "refunded") and not paid:
            yield Found(
                name, f"is {attempt.state}, Stripe says that nothing was paid", attempt.paid_at
            )


def _paid(intent: gateway.Intent, attempt: _Attempt | None) -> Iterator[Found]:
    """An intent that succeeded: its payment here, and the same amount everywhere."""
    name = f"intent {intent.id}"
    if attempt is None:
        whose = f"payment {intent.attempt}, which is not here" if intent.attempt else "nobody"
        yield Found(name, f"{intent.received_fen} fen were paid at Stripe for {whose}")
        return
    since = max(attempt.created_at, intent.charged_at or attempt.created_at)
    if attempt.intent_id not in (None, intent.id):
        yield Found(name, f"payment {attempt.uuid} was paid by intent {attempt.intent_id} as well")
    elif attempt.state not in ("placed", "refunded"):
        yield Found(
            name,
            f"was paid, and payment {attempt.uuid} is {attempt.state}: no order, no refund",
            since,
        )
    elif attempt.state == "placed" and (intent.received_fen, intent.currency) != (
        attempt.amount_fen,
        attempt.currency,
    ):
        yield Found(
            name,
            f"Stripe received {intent.received_fen} {intent.currency}, payment {attempt.uuid} is "
            f"of {attempt.amount_fen} {attempt.currency}",
        )
    elif attempt.booked_fen != intent.received_fen:
        yield Found(
            name,
            f"Stripe received {intent.received_fen} fen, the ledger booked {attempt.booked_fen}",
        )


def _refunds(
    found_there: tuple[gateway.StripeRefund, ...], ours: Mapping[str, _Refund]
) -> Iterator[Found]:
    there = {}
    for found in found_there:
        refund = ours.get(found.reference)
        if found.status in ("failed", "canceled"):
            continue
        name = f"refund {found.id} at Stripe"
        if refund is None:
            yield Found(name, f"of {found.amount_fen} fen is not one of ours")
            continue
        there[refund.uuid] = found
        if refund.stripe_refund_id not in (None, found.id):
            yield Found(name, f"refund {refund.uuid} was done by {refund.stripe_refund_id} as well")
        elif (found.amount_fen, found.intent_id) != (refund.buyer_fen, refund.intent_id):
            yield Found(
                name,
                f"gives back {found.amount_fen} fen of {found.intent_id}, refund {refund.uuid} "
                f"{refund.buyer_fen} of {refund.intent_id}",
            )
        elif refund.paid_from != "stripe":
            yield Found(name, f"refund {refund.uuid} was paid from {refund.paid_from} as well")
    for refund in ours.values():
        done = refund.uuid in there and there[refund.uuid].status == "succeeded"
        by_stripe = refund.paid_from == "stripe" and refund.buyer_fen > 0
        if refund.state == "done" and by_stripe and not done:
            yield Found(f"refund {refund.uuid}", "is done, Stripe does not say so", refund.done_at)
