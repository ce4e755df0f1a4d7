"""Disputes: the buyer's bank asks the money back. Read from Stripe, booked, and ended either way.

Events are only a hint: the dispute is read again, so that duplicates, lost and reordered events
are the same to us. What Stripe took and gave back are the dispute's own balance transactions.
Under the locks of the order's payment, consignments and case; Stripe is asked before them.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from catalog.clock import now
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post
from cooperatives.routing.models import ConsignmentLine
from cooperatives.settlement import holds
from storefront.aftersales import services as engine
from storefront.aftersales.cases.models import Case, CaseEntry, Dispute
from storefront.aftersales.cases.services import CaseRefused, Words, lock_case, lock_order, write
from storefront.aftersales.models import Refund
from storefront.aftersales.sending import settle
from storefront.aftersales.services import CannotRefund
from storefront.payments import gateway
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt

log = logging.getLogger(__name__)
Kind = Account.Kind
Status = Dispute.Status
# Older ones are in our table by then, or nobody will ever tell us of them.
LOOK_BACK = timedelta(days=14)


@dataclass(frozen=True)
class Found:
    """A dispute as Stripe has it now. Amounts in fen."""

    id: str
    intent_id: str
    amount_fen: int
    status: str
    reason: str
    due_by: datetime | None
    created_at: datetime
    withdrawn_fen: int
    reinstated_fen: int
    # Taken with the amount; and given back with it.
    fee_fen: int
    fee_back_fen: int

    @property
    def is_over(self) -> bool:
        return self.status in Dispute.FINAL


def parse(dispute: Mapping[str, Any]) -> Found:
    """What of Stripe's object the chain reads."""
    moves = [
        (row["amount"], row["fee"])
        for row in dispute.get("balance_transactions") or []
        if isinstance(row, Mapping)
    ]
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return Found(
        id=dispute["id"],
        intent_id=str(dispute.get("payment_intent") or ""),
        amount_fen=dispute["amount"],
        status=dispute["status"],
        reason=dispute.get("reason") or "",
        due_by=datetime.fromtimestamp(due, UTC) if due else None,
        created_at=datetime.fromtimestamp(dispute["created"], UTC),
        withdrawn_fen=-sum(amount for amount, _ in moves if amount < 0),
        reinstated_fen=sum(amount for amount, _ in moves if amount > 0),
        fee_fen=sum(fee for _, fee in moves if fee > 0),
        fee_back_fen=-sum(fee for _, fee in moves if fee < 0),
    )


def on_event(dispute: Mapping[str, Any]) -> None:
    """React to an event about a dispute. Raises GatewayDown: the event then stays for the sweep."""
    sync(dispute["id"])


def sync(dispute_id: str) -> Dispute | None:
    """Read a dispute at Stripe and bring ours to it; None if its payment is none of ours."""
    return _take(parse(gateway.retrieve_dispute(dispute_id)))


def _take(found: Found) -> Dispute | None:
    attempt = PaymentAttempt.objects.filter(intent_id=found.intent_id).first()
    if attempt is None or not found.intent_id:
        log.error("dispute %s is about %s, which is not ours", found.id, found.intent_id)
        return None
    if attempt.state not in (PaymentAttempt.State.PLACED, PaymentAttempt.State.REFUNDED):
        # Its events may overtake the payment's: first the order, then the dispute about it.
        finalize(attempt.pk)
    return _record(attempt.pk, found)


@transaction.atomic
def _record(attempt_id: Any, found: Found) -> Dispute:
    attempt = PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    lock_order(attempt.order_id)
    dispute = Dispute.objects.filter(pk=found.id).first() or _open(attempt, found)
    case = lock_case(dispute.case_id)
    dispute.refresh_from_db()
    if dispute.closed_at:
        if dispute.status != found.status:
            log.error("dispute %s was %s and is %s", found.id, dispute.status, found.status)
        return dispute
    dispute.status, dispute.checked_at = found.status, now()
    dispute.amount_fen, dispute.reason = found.amount_fen, found.reason
    if found.due_by and case.is_open:
        case.due_at = found.due_by
        case.save(update_fields=["due_at"])
    _book_withdrawal(dispute, found)
    if found.is_over:
        _end(dispute, case, found)
    dispute.save()
    if attempt.order_id and not dispute.closed_at:
        # Lines are locked last: one that is lost when we first hear of it locks pools before.
        lines = ConsignmentLine.objects.filter(consignment__order_id=attempt.order_id)
        holds.hold(lines.values_list("pk", flat=True), f"dispute:{found.id}")
    return dispute


def _open(attempt: PaymentAttempt, found: Found) -> Dispute:
    """The dispute with its case: staff's, due when the bank wants the answer."""
    moment = now()
    case = Case.objects.create(
        order_id=attempt.order_id,
        kind=Case.Kind.DISPUTE,
        owner=Case.Owner.STAFF,
        due_at=found.due_by or moment + timedelta(hours=settings.CASE_HOURS),
        asked_fen=found.amount_fen,
        bearer=settings.DISPUTE_BEARER,
        created_at=moment,
    )
    words = Words(uuid5(case.uuid, "opened"), CaseEntry.Author.SYSTEM, "")
    write(case, CaseEntry.Action.OPENED, words)
    return Dispute.objects.create(
        id=found.id,
        attempt=attempt,
        case=case,
        amount_fen=found.amount_fen,
        reason=found.reason,
        status=found.status,
        opened_at=found.created_at,
        checked_at=moment,
    )


def _book_withdrawal(dispute: Dispute, found: Found) -> None:
    """Stripe took the amount and a fee from the balance: it is `disputed` until it is decided."""
    if not found.withdrawn_fen or dispute.withdrawn_fen:
        return
    dispute.withdrawn_fen, dispute.fee_fen = found.withdrawn_fen, found.fee_fen
    dispute.withdrawn_at = now()
    post(
        Transaction.Kind.DISPUTE_OPENED,
        "dispute",
        dispute.pk,
        [
            Leg(AccountKey(Kind.DISPUTED), found.withdrawn_fen),
            Leg(AccountKey(Kind.PROGRAMME_EXPENSE), found.fee_fen),
            Leg(AccountKey(Kind.STRIPE), -found.withdrawn_fen - found.fee_fen),
        ],
    )


def _end(dispute: Dispute, case: Case, found: Found) -> None:
    """Book how it ended, close the case, let the lines go."""
    if found.status != Status.LOST and found.withdrawn_fen > found.reinstated_fen:
        return  # won, but the money is not back yet: it comes with an event of its own
    entry_outcome, refund = Case.Outcome.WON, None
    if found.status == Status.LOST:
        entry_outcome = Case.Outcome.LOST
        refund = _book_loss(dispute, case)
    elif found.reinstated_fen:
        _book_won(dispute, found)
    moment = now()
    dispute.closed_at, dispute.refund = moment, refund
    words = Words(uuid5(case.uuid, "closed"), CaseEntry.Author.SYSTEM, "")
    write(case, CaseEntry.Action.DECIDED, words, outcome=entry_outcome, refund=refund)
    case.outcome, case.state = entry_outcome, Case.State.CLOSED
    case.decided_at = case.closed_at = moment
    case.given_fen = refund.amount_fen if refund else 0
    case.save()
    holds.lift(f"dispute:{dispute.pk}")


def _book_won(dispute: Dispute, found: Found) -> None:
    dispute.reinstated_fen = found.reinstated_fen
    dispute.fee_fen -= found.fee_back_fen
    post(
        Transaction.Kind.DISPUTE_WON,
        "dispute",
        dispute.pk,
        [
            Leg(AccountKey(Kind.STRIPE), found.reinstated_fen + found.fee_back_fen),
            Leg(AccountKey(Kind.DISPUTED), -found.reinstated_fen),
            Leg(AccountKey(Kind.PROGRAMME_EXPENSE), -found.fee_back_fen),
        ],
    )


def _book_loss(dispute: Dispute, case: Case) -> Refund | None:
    """The buyer has the money: a refund of what remained, by the engine, borne as staff decided.

    With the rest of it the bank has paid what we owed the buyer and could not send: Stripe
    refuses refunds of a disputed payment. What is beyond that the buyer has twice, and it is the
    programme's loss.
    """
    refund = None
    try:
        refund = engine.record_lost_dispute(
            dispute.attempt, dispute.withdrawn_fen, dispute.pk, case.bearer, None
        )
    except CannotRefund as refusal:
        log.warning("lost dispute %s is no refund: %s", dispute.pk, refusal)
    beyond = dispute.withdrawn_fen - (refund.buyer_fen if refund else 0)
    beyond -= _settle_owed(dispute, beyond)
    if beyond:
        post(
            Transaction.Kind.DISPUTE_LOST,
            "dispute",
            dispute.pk,
            [
                Leg(AccountKey(Kind.PROGRAMME_EXPENSE), beyond),
                Leg(AccountKey(Kind.DISPUTED), -beyond),
            ],
        )
    return refund


def _settle_owed(dispute: Dispute, fen: int) -> int:
    """Mark refunds of the payment that Stripe refused, that came back, or that nobody sent yet, as
    paid by the dispute, as far as `fen` goes; gives how much of it that was."""
    paid = 0
    unsent = Q(state=Refund.State.FAILED) | Q(state=Refund.State.DECIDED, tries=0)
    owed = Refund.objects.select_for_update(no_key=True).filter(
        unsent, attempt_id=dispute.attempt_id, buyer_fen__gt=0
    )
    for refund in owed.order_by("created_at"):
        if paid + refund.buyer_fen > fen:
            continue
        paid += refund.buyer_fen
        refund.paid_reference = f"{dispute.pk}:{refund.pk}"
        settle(refund, Refund.PaidFrom.DISPUTED, told=False)
        refund.save()
    return paid


def send_evidence(dispute_id: str, text: str, actor: Any) -> Dispute | None:
    """Send our side to the bank, once. Raises CaseRefused, GatewayRefused, GatewayDown."""
    if not text.strip():
        raise CaseRefused(_("Please write something."))
    gateway.submit_evidence(dispute_id, text)
    Dispute.objects.filter(pk=dispute_id, evidence_at__isnull=True).update(
        evidence=text, evidence_at=now()
    )
    _note(dispute_id, text, actor)
    return sync(dispute_id)


def accept(dispute_id: str, actor: Any) -> Dispute | None:
    """Give a dispute up: it is lost at once. Raises GatewayRefused, GatewayDown."""
    _note(dispute_id, "", actor)
    gateway.accept_dispute(dispute_id)
    return sync(dispute_id)


@transaction.atomic
def _note(dispute_id: str, text: str, actor: Any) -> None:
    """In the thread: who answered the bank, or gave up."""
    case = lock_case(Dispute.objects.values_list("case_id", flat=True).get(pk=dispute_id))
    done = "evidence" if text else "accepted"
    words = Words(uuid5(case.uuid, f"{done}:{now()}"), CaseEntry.Author.STAFF, text, actor)
    write(case, CaseEntry.Action.REPLIED, words)


def sweep() -> int:
    """Ask Stripe about the disputes that are open, and whether there are new ones; gives how many
    of ours that were.

    Whatever webhooks were lost. Raises GatewayDown.
    """
    # Opened by Stripe's clock, which ours may be ahead of (as in balance.py).
    first, last = min(now(), datetime.now(UTC)), max(now(), datetime.now(UTC))
    open_ones = list(Dispute.objects.filter(closed_at__isnull=True).values_list("pk", flat=True))
    known = set(Dispute.objects.values_list("pk", flat=True))
    new = [
        parse(row)
        for row in gateway.list_disputes(first - LOOK_BACK, last + timedelta(minutes=5))
        if row["id"] not in known
    ]
    tasks = [(found.id, partial(_take, found)) for found in new]
    tasks += [(dispute_id, partial(sync, dispute_id)) for dispute_id in open_ones]
    ours = 0
    for dispute_id, task in tasks:
        try:
            ours += task() is not None
        except gateway.GatewayDown:
            raise
        except Exception:  # one that can't be read or booked must not keep the others waiting
            log.exception("dispute %s is as it was; the next sweep tries again", dispute_id)
    return ours
