"""What Stripe's side and ours tell differently, each with a key that stays the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storefront.payments import gateway
from storefront.payments.models import Gap
from storefront.payments.reconciling.at_stripe import AtStripe
from storefront.payments.reconciling.ours import OurAttempt, OurRefund, Ours, OurStray

Kind = Gap.Kind
NOT_GIVEN = ("failed", "canceled")


@dataclass(frozen=True)
class Difference:
    """One thing told differently. `subject` is what verify_books calls the row."""

    kind: str
    key: str
    subject: str
    happened_at: datetime
    details: dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What else is booked here: movements of the balance, and disputes."""

    movements: frozenset[str]
    disputes: frozenset[str]


def differences(
    there: AtStripe, ours: Ours, known: Known, since: datetime, until: datetime
) -> Iterator[Difference]:
    """Everything that happened from `since` to `until` and is told differently, each once."""

    def in_time(moment: datetime | None) -> bool:
        return moment is not None and since <= moment <= until

    for found in (
        *_payments(there, ours),
        *_orders(there, ours),
        *_refunds_there(there, ours),
        *_refunds_here(there, ours),
        *_others(there, ours, known),
    ):
        if in_time(found.happened_at):
            yield found


def attempt_of(intent: gateway.Intent, ours: Ours) -> OurAttempt | None:
    """The payment here that an intent at Stripe is of."""
    attempt = ours.by_intent.get(intent.id) or ours.attempts.get(intent.attempt)
    # A second intent of one payment is nobody's.
    if attempt is not None and attempt.intent_id not in (None, intent.id):
        return None
    return attempt


def _payments(there: AtStripe, ours: Ours) -> Iterator[Difference]:
    for intent in there.intents:
        if not intent.succeeded or intent.id in ours.strays:
            continue
        attempt = attempt_of(intent, ours)
        at = intent.charged_at or intent.created_at or datetime.now(UTC)
        about = {"intent": intent.id, "fen": intent.received_fen, "currency": intent.currency}
        key, subject = f"intent:{intent.id}", f"intent {intent.id}"
        if attempt is None:
            about["payment"] = intent.attempt
            yield Difference(Kind.INTENT_UNKNOWN, key, subject, at, about)
        elif attempt.state in ("open", "closed"):
            about |= {"payment": attempt.uuid, "state": attempt.state}
            yield Difference(Kind.INTENT_UNPLACED, key, subject, at, about)
        elif (intent.received_fen, intent.currency) != (_expected(attempt), attempt.currency):
            about |= {"payment": attempt.uuid, "here_fen": _expected(attempt)}
            yield Difference(
                Kind.AMOUNT_DIFFERS, key, subject, at, about | {"order": attempt.order_number}
            )


def _expected(attempt: OurAttempt) -> int:
    """What should have come in: an order's amount; what is given back was booked as it came."""
    return attempt.amount_fen if attempt.state == "placed" else attempt.booked_fen


def _orders(there: AtStripe, ours: Ours) -> Iterator[Difference]:
    paid = {intent.id for intent in there.intents if intent.succeeded}
    for attempt in ours.attempts.values():
        if attempt.state != "placed" or not attempt.amount_fen or attempt.intent_id in paid:
            continue
        yield Difference(
            Kind.ORDER_UNPAID,
            f"order:{attempt.order_number}",
            f"payment {attempt.uuid}",
            attempt.paid_at or attempt.created_at,
            {
                "order": attempt.order_number,
                "payment": attempt.uuid,
                "intent": attempt.intent_id or "",
                "fen": attempt.amount_fen,
            },
        )


def _refunds_there(there: AtStripe, ours: Ours) -> Iterator[Difference]:
    for found in there.refunds:
        if found.status in NOT_GIVEN:
            continue
        at = found.created_at or datetime.now(UTC)
        about = {"refund": found.id, "fen": found.amount_fen, "intent": found.intent_id}
        subject = f"refund {found.id} at Stripe"
        mine = ours.refund_of(found.id, found.reference)
        if mine is None:
            attempt = ours.by_intent.get(found.intent_id)
            about |= {
                "order": attempt.order_number if attempt else "",
                "intent": found.intent_id or found.charge_id,
            }
            yield Difference(Kind.REFUND_UNKNOWN, f"refund:{found.id}", subject, at, about)
        elif mine.amount_fen != found.amount_fen or _paid_twice(mine):
            about["here_fen"] = mine.amount_fen
            yield Difference(Kind.AMOUNT_DIFFERS, f"refund:{found.id}", subject, at, about)


def _paid_twice(mine: OurRefund | OurStray) -> bool:
    """Whether a refund that is at Stripe was paid by hand, or by a dispute, as well."""
    return isinstance(mine, OurRefund) and mine.paid_from != "stripe"


def _refunds_here(there: AtStripe, ours: Ours) -> Iterator[Difference]:
    status = {found.id: found.status for found in there.refunds}
    done: list[tuple[str, Any]] = [
        (f"refund {refund.uuid}", refund)
        for refund in ours.refunds.values()
        if refund.done_at_stripe
    ]
    done += [
        (f"stray payment {stray.id}", stray)
        for stray in ours.strays.values()
        if stray.state == "done"
    ]
    for subject, refund in done:
        said = status.get(refund.stripe_refund_id or "", "")
        if said in ("succeeded", "pending"):
            continue
        uuid = refund.uuid if isinstance(refund, OurRefund) else refund.refund
        yield Difference(
            Kind.REFUND_MISSING,
            f"our-refund:{uuid}",
            subject,
            refund.done_at,
            {
                "refund": refund.stripe_refund_id or "",
                "uuid": uuid,
                "fen": refund.amount_fen,
                "status": said,
            },
        )


def _others(there: AtStripe, ours: Ours, known: Known) -> Iterator[Difference]:
    for charge in there.charges:
        if charge.status != "succeeded" or charge.intent_id or charge.id in ours.strays:
            continue
        yield Difference(
            Kind.CHARGE_UNKNOWN,
            f"charge:{charge.id}",
            f"charge {charge.id}",
            charge.created_at,
            {"intent": charge.id, "fen": charge.amount_fen, "currency": charge.currency},
        )
    for dispute in there.disputes:
        # An enquiry takes no money: the case begins when it becomes a dispute.
        if dispute["id"] in known.disputes or dispute["status"].startswith("warning"):
            continue
        attempt = ours.by_intent.get(dispute["payment_intent"] or "")
        yield Difference(
            Kind.DISPUTE_UNKNOWN,
            f"dispute:{dispute['id']}",
            f"dispute {dispute['id']}",
            datetime.fromtimestamp(dispute["created"], UTC),
            {
                "dispute": dispute["id"],
                "fen": dispute["amount"],
                "intent": dispute["payment_intent"] or dispute["charge"],
                "order": attempt.order_number if attempt else "",
            },
        )
    for movement in there.movements:
        if movement.id not in known.movements:
            yield Difference(
                Kind.MOVEMENT_UNBOOKED,
                f"movement:{movement.id}",
                f"movement {movement.id}",
                movement.created_at,
                {
                    "movement": movement.id,
                    "type": movement.type,
                    "fen": movement.amount_fen,
                    "fee_fen": movement.fee_fen,
                    "source": movement.source_id,
                },
            )
