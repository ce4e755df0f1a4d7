"""What Stripe says: every payment that succeeded there is an order here, or was given back.

The lists are read before the database, outside any transaction; what happened in between is
queued work, not a fault. What finance has explained with name and reason (an acknowledged gap of
reconcile_payments) is no fault either.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from storefront.books import stripe_balance
from storefront.books.base import Found, Moment, Result
from storefront.payments import gateway
from storefront.payments.reconciling import at_stripe
from storefront.payments.reconciling.at_stripe import AtStripe
from storefront.payments.reconciling.ours import OurAttempt, OurRefund, Ours, OurStray

# What the balance calls it is explained with it.
EXPLAINED = """
    SELECT subject FROM payments_gap WHERE state = 'acknowledged'
    UNION ALL
    SELECT coalesce('payment ' || substring(subject FROM '^(?:intent|charge) (.+)$'),
                    substring(subject FROM '^(refund .+) at Stripe$'))
      FROM payments_gap WHERE state = 'acknowledged'
"""


def ask(oldest: datetime | None, moment: Moment) -> AtStripe:
    """List what Stripe has since a day before the oldest payment of ours."""
    return at_stripe.read(oldest or moment.now, moment.now)


def compare(there: AtStripe, cursor: Any, moment: Moment) -> list[Result]:
    """The checks against Stripe's lists: payments, refunds, the balance."""
    payments = Result("stripe.payments", len(there.intents))
    refunds = Result("stripe.refunds", len(there.refunds))
    # Fees and payouts are booked by the hour: until then they are work, not a fault.
    balance = Result("stripe.balance", len(there.movements), nightly=True)
    results = [payments, refunds, balance]
    if there.error:
        for result in results:
            result.add(Found("Stripe", f"could not be asked: {there.error}"), moment.now)
        return results
    ours = Ours(cursor)
    cursor.execute(EXPLAINED)
    explained = {row[0] for row in cursor.fetchall()}
    for result, rows in (
        (payments, _payments(there.intents, ours)),
        (refunds, _refunds(there.refunds, ours)),
        (balance, stripe_balance.differences(there, cursor, moment)),
    ):
        for found in rows:
            if found.row not in explained:
                result.add(found, moment.now)
    return results


def _payments(intents: tuple[gateway.Intent, ...], ours: Ours) -> Iterator[Found]:
    succeeded = set()
    for intent in intents:
        attempt = ours.attempts.get(intent.attempt)
        if attempt is not None and intent.succeeded:
            succeeded.add((attempt.uuid, intent.id))
        if intent.succeeded and intent.id in ours.strays:
            yield from _stray(intent, ours.strays[intent.id])
        elif intent.succeeded:
            yield from _paid(intent, attempt)
        elif attempt and intent.amount_fen != attempt.amount_fen:
            yield Found(
                f"intent {intent.id}",
                f"is of {intent.amount_fen} fen, its payment of {attempt.amount_fen}",
            )
    known = {intent.id: intent for intent in intents}
    for attempt in ours.attempts.values():
        name = f"payment {attempt.uuid}"
        if attempt.intent_id and attempt.intent_id in known:
            if known[attempt.intent_id].attempt != attempt.uuid:
                yield Found(name, f"its intent {attempt.intent_id} is of another payment")
        elif attempt.intent_id and not attempt.paid_at:
            # Made after Stripe was asked, or never.
            yield Found(
                name, f"its intent {attempt.intent_id} is not at Stripe", attempt.created_at
            )
        paid = (attempt.uuid, attempt.intent_id) in succeeded or not attempt.amount_fen
        if attempt.state in ("placed", "refunded") and not paid:
            yield Found(
                name, f"is {attempt.state}, Stripe says that nothing was paid", attempt.paid_at
            )


def _stray(intent: gateway.Intent, stray: OurStray) -> Iterator[Found]:
    if intent.received_fen != stray.amount_fen:
        yield Found(
            f"stray payment {stray.id}",
            f"was taken in with {stray.amount_fen} fen, Stripe received {intent.received_fen}",
        )


def _paid(intent: gateway.Intent, attempt: OurAttempt | None) -> Iterator[Found]:
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


def _refunds(found_there: Iterable[gateway.StripeRefund], ours: Ours) -> Iterator[Found]:
    there = {}
    for found in found_there:
        if found.status in ("failed", "canceled"):
            continue
        refund = ours.refund_of(found.id, found.reference)
        name = f"refund {found.id} at Stripe"
        if refund is None:
            yield Found(name, f"of {found.amount_fen} fen is not one of ours")
            continue
        of_intent = refund.intent_id if isinstance(refund, OurRefund) else refund.id
        uuid = refund.uuid if isinstance(refund, OurRefund) else refund.refund
        there[uuid] = found
        if refund.stripe_refund_id not in (None, found.id):
            yield Found(name, f"refund {uuid} was done by {refund.stripe_refund_id} as well")
        elif (found.amount_fen, found.intent_id or found.charge_id) != (
            refund.amount_fen,
            of_intent,
        ):
            yield Found(
                name,
                f"gives back {found.amount_fen} fen of {found.intent_id}, refund {uuid} "
                f"{refund.amount_fen} of {of_intent}",
            )
        elif isinstance(refund, OurRefund) and refund.paid_from != "stripe":
            yield Found(name, f"refund {uuid} was paid from {refund.paid_from} as well")
    for refund in ours.refunds.values():
        done = refund.uuid in there and there[refund.uuid].status == "succeeded"
        if refund.done_at_stripe and not done:
            yield Found(f"refund {refund.uuid}", "is done, Stripe does not say so", refund.done_at)
    for stray in ours.strays.values():
        done = stray.refund in there and there[stray.refund].status == "succeeded"
        if stray.state == "done" and not done:
            yield Found(
                f"stray payment {stray.id}", "is given back, Stripe does not say so", stray.done_at
            )
