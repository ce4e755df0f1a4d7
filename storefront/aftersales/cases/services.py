"""Every write to a case. Locks: the order's payment, its consignments, the case, then lines.

A case that is open holds its line's credits (cooperatives.settlement.holds). What is given back
is an ordinary refund, made by the engine in the same transaction as the decision.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from catalog.clock import now
from catalog.models import Produce
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.settlement import holds
from storefront.aftersales.cases import rules
from storefront.aftersales.cases.models import Case, CaseEntry, CasePicture, Dispute
from storefront.aftersales.models import Refund
from storefront.aftersales.services import CannotRefund, RefundWish, refund_lines
from storefront.notifications.models import Message
from storefront.notifications.services import queue
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt

log = logging.getLogger(__name__)
State, Kind, Outcome, Owner = Case.State, Case.Kind, Case.Outcome, Case.Owner
Author, Action = CaseEntry.Author, CaseEntry.Action
REASONS = {
    Kind.DAMAGED: Refund.Reason.DAMAGED,
    Kind.WRONG: Refund.Reason.WRONG,
    Kind.LATE: Refund.Reason.LATE,
    Kind.MISSING: Refund.Reason.WEIGHT,
}


class CaseRefused(ValueError):
    """What cannot be done to a case now; the text says why."""


@dataclass(frozen=True)
class Claim:
    """What a buyer sent. `uuid` is the form's; pictures are made anew already (pictures.py)."""

    uuid: UUID
    line_id: int
    kind: str
    text: str
    extent: rules.Extent = field(default_factory=rules.Extent)
    pictures: Sequence[ContentFile] = ()


@dataclass(frozen=True)
class Words:
    """An entry to write: the form's uuid, who, what kind of author, the text, pictures."""

    uuid: UUID
    author_kind: str
    text: str
    author: Any = None
    pictures: Sequence[ContentFile] = ()


def lock_order(order_id: int | None) -> None:
    """Nothing else happens to the order meanwhile: its payment first, then its consignments."""
    if order_id is None:
        return
    list(PaymentAttempt.objects.select_for_update(no_key=True).filter(order_id=order_id))
    list(
        Consignment.objects.select_for_update(no_key=True).filter(order_id=order_id).order_by("pk")
    )


def lock_case(case_id: int) -> Case:
    """The case with all locks that a change of it needs. Raises Case.DoesNotExist."""
    lock_order(Case.objects.values_list("order_id", flat=True).get(pk=case_id))
    return Case.objects.select_for_update(no_key=True).get(pk=case_id)


@transaction.atomic
def open_case(order: Order, claim: Claim) -> Case:
    """Open a case about a line of the order; what is within the limits is paid at once.

    The same uuid again gives the case that is there. Raises CaseRefused, then nothing changed;
    ConsignmentLine.DoesNotExist when the line is not of this order.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [rules.buyer_key(order)])
    lock_order(order.pk)
    known = Case.objects.filter(uuid=claim.uuid).first()
    if known is not None:
        if known.order_id != order.pk:
            raise CaseRefused(_("This form is out of date: open it once more."))
        return known
    line = ConsignmentLine.objects.select_related("consignment", "product__produce").get(
        pk=claim.line_id, consignment__order=order
    )
    if why := rules.why_not(line, claim.kind, claim.extent):
        raise CaseRefused(why)
    if line.cases.filter(state__in=Case.OPEN_STATES).exists():
        raise CaseRefused(_("A case about these goods is open already: please write there."))
    asked = rules.asked_fen(line, claim.extent)
    if claim.kind in rules.ABOUT_GOODS and not asked:
        raise CaseRefused(_("Nothing of this is left to refund."))
    bearer = rules.produce_of(line).claim_bearer
    # A cooperative decides about its own money, never about another's.
    own = claim.kind != Kind.OTHER and bearer == Produce.Bearer.COOPERATIVE
    moment = now()
    case = Case.objects.create(
        uuid=claim.uuid,
        order=order,
        line=line,
        kind=claim.kind,
        owner=Owner.COOPERATIVE if own else Owner.STAFF,
        due_at=moment + timedelta(hours=settings.CASE_HOURS),
        packs=claim.extent.packs,
        share_bps=claim.extent.share_bps,
        asked_fen=asked,
        bearer=bearer,
        created_at=moment,
    )
    words = Words(claim.uuid, Author.BUYER, claim.text, order.user, claim.pictures)
    write(case, Action.OPENED, words)
    if not (rules.is_paid_at_once(case, line, order) and _pay_at_once(case)):
        holds.hold([line.pk], case.hold_key)
    return case


def _pay_at_once(case: Case) -> bool:
    """Refund what was asked, without a person; False when the engine does not allow it."""
    try:
        refund = _refund(case, case.asked_fen, case.uuid, None)
    except (CannotRefund, CaseRefused) as refusal:
        log.warning("case %s is not paid at once: %s", case.pk, refusal)
        return False
    case.given_fen = refund.amount_fen
    words = Words(uuid5(case.uuid, "paid at once"), Author.SYSTEM, "")
    _decided(case, Outcome.PAID_AT_ONCE, words, refund, closed=True)
    return True


def _refund(case: Case, amount_fen: int, key: UUID, actor: Any) -> Refund:
    """Give an amount of the case's line back, in the name of the decision `key`."""
    assert case.order_id is not None and case.line_id is not None
    if Dispute.objects.filter(case__order_id=case.order_id, closed_at__isnull=True).exists():
        raise CaseRefused(
            _("The buyer disputes this payment at the bank: nothing can be given back meanwhile.")
        )
    if not PaymentAttempt.objects.filter(order_id=case.order_id).exists():
        raise CannotRefund(_("This order was not paid through us."))
    return refund_lines(
        case.order_id,
        [RefundWish(case.line_id, amount_fen=amount_fen)],
        restock=False,
        actor=actor,
        reason=REASONS.get(Kind(case.kind), Refund.Reason.GOODWILL),
        note=_("Case %(number)s") % {"number": case.pk},
        bearer=case.bearer,
        uuid=uuid5(key, "refund"),
    )


def _decided(
    case: Case, outcome: str, words: Words, refund: Refund | None, *, closed: bool
) -> CaseEntry:
    """Write a decision down, let the line go, tell the buyer."""
    entry = write(case, Action.DECIDED, words, outcome=outcome, refund=refund)
    case.outcome, case.decided_at = outcome, entry.created_at
    case.state = State.CLOSED if closed else State.DECIDED
    case.closed_at = entry.created_at if closed else None
    case.save()
    holds.lift(case.hold_key)
    tell(case, entry)
    return entry


def write(
    case: Case, action: str, words: Words, *, outcome: str = "", refund: Refund | None = None
) -> CaseEntry:
    """Add an entry to the thread, with its pictures."""
    entry = CaseEntry.objects.create(
        case=case,
        uuid=words.uuid,
        author_kind=words.author_kind,
        author=words.author,
        action=action,
        text=words.text.strip(),
        outcome=outcome,
        refund=refund,
        created_at=now(),
    )
    for content in words.pictures:
        CasePicture(entry=entry, image=content).save()
    return entry


def tell(case: Case, entry: CaseEntry) -> None:
    """Queue the message to the buyer that something new stands in the case, with its words."""
    if case.order is None:
        return
    with override(case.order.language or settings.LANGUAGE_CODE):
        decided = str(Case.Outcome(entry.outcome).label) if entry.outcome else ""
    text = "\n".join(part for part in (decided, entry.text) if part)
    context = {"case": case.pk, "entry": entry.pk, "text": text}
    queue(Message.Kind.CASE, f"case:{case.pk}:{entry.pk}", case.order, context)


def _known(case: Case, words: Words) -> bool:
    """Whether this form came before. Raises CaseRefused if it was another case's."""
    entry = CaseEntry.objects.filter(uuid=words.uuid).first()
    if entry is not None and entry.case_id != case.pk:
        raise CaseRefused(_("This form is out of date: open it once more."))
    return entry is not None


@transaction.atomic
def reply(case_id: int, words: Words, *, ask: bool = False) -> Case:
    """Write in a case. The buyer's answer brings it back to its owner; with `ask` it waits for
    the buyer. The same uuid again does nothing. Raises CaseRefused when it is not open.
    """
    case = lock_case(case_id)
    if _known(case, words):
        return case
    if not case.is_open:
        raise CaseRefused(_("This case is closed."))
    if ask and case.kind == Kind.DISPUTE:
        # Its end is the bank's alone: waiting for the buyer would close it before.
        raise CaseRefused(
            _("The bank decides this: there is no answer of the buyer's to wait for.")
        )
    if not words.text.strip() and not words.pictures:
        raise CaseRefused(_("Please write something."))
    moment = now()
    entry = write(case, Action.ASKED if ask else Action.REPLIED, words)
    if words.author_kind == Author.BUYER:
        if case.state == State.WAITING_BUYER:
            case.state = State.OPEN
            case.due_at = moment + timedelta(hours=settings.CASE_HOURS)
    else:
        if ask:
            case.state = State.WAITING_BUYER
            case.due_at = moment + timedelta(days=settings.CASE_ANSWER_DAYS)
        if case.kind != Kind.DISPUTE:
            tell(case, entry)
    case.save(update_fields=["state", "due_at"])
    return case


@transaction.atomic
def decide(
    case_id: int, words: Words, *, amount_fen: int | None, bearer: str | None = None
) -> Case:
    """Decide a case: give `amount_fen` back, all that was asked for (None), or nothing (0).

    A cooperative's refusal, or part, can be looked at by staff once; all else closes the case.
    `bearer` (staff only) says who bears it, else what was set beforehand. The same uuid again
    does nothing. Raises CaseRefused or CannotRefund; then nothing changed.
    """
    case = lock_case(case_id)
    if _known(case, words):
        return case
    if not case.is_open or case.kind == Kind.DISPUTE:
        raise CaseRefused(_("This case was decided already."))
    by_staff = words.author_kind == Author.STAFF
    if not by_staff and (
        case.owner != Owner.COOPERATIVE or case.bearer != Produce.Bearer.COOPERATIVE
    ):
        raise CaseRefused(_("The programme's staff look after this case now."))
    if by_staff and bearer:
        case.bearer = bearer
    if amount_fen == 0 and not words.text.strip():
        raise CaseRefused(_("Please say why."))
    # After an escalation, what was agreed first is given already.
    rest = max(case.asked_fen - case.given_fen, 0)
    if amount_fen is None:
        amount_fen = min(rest, rules.left_fen(case.line))  # type: ignore[arg-type]
        if not amount_fen:
            raise CaseRefused(_("Nothing was asked for: say an amount."))
    refund = _refund(case, amount_fen, words.uuid, words.author) if amount_fen else None
    case.given_fen += refund.amount_fen if refund else 0
    if refund is None:
        outcome = Outcome.REFUSED if rest else Outcome.SETTLED
    else:
        outcome = Outcome.AGREED if case.given_fen >= case.asked_fen else Outcome.PART
    final = by_staff or case.escalated or outcome in (Outcome.AGREED, Outcome.SETTLED)
    _decided(case, outcome, words, refund, closed=final)
    return case


def can_escalate(case: Case) -> bool:
    """Whether the buyer may have staff look at a decision: once, for some days."""
    return (
        case.state == State.DECIDED
        and not case.escalated
        and case.decided_at is not None
        and now() <= case.decided_at + timedelta(days=settings.CASE_ESCALATE_DAYS)
    )


@transaction.atomic
def escalate(case_id: int, words: Words) -> Case:
    """The buyer asks staff to look at the cooperative's decision. Raises CaseRefused."""
    case = lock_case(case_id)
    if _known(case, words):
        return case
    if not can_escalate(case):
        raise CaseRefused(_("This case cannot be looked at once more."))
    if Case.objects.filter(line_id=case.line_id, state__in=Case.OPEN_STATES).exists():
        raise CaseRefused(_("A case about these goods is open already: please write there."))
    write(case, Action.ESCALATED, words)
    case.state, case.owner, case.escalated = State.OPEN, Owner.STAFF, True
    case.outcome = Outcome.NONE
    case.due_at = now() + timedelta(hours=settings.CASE_HOURS)
    case.save()
    holds.hold([case.line_id], case.hold_key)  # type: ignore[list-item]
    return case


@transaction.atomic
def assign(case_id: int, words: Words, user: Any, owner: str) -> Case:
    """Staff say who looks after an open case: the cooperative or staff, and which of them."""
    case = lock_case(case_id)
    if _known(case, words):
        return case
    if not case.is_open:
        raise CaseRefused(_("This case is closed."))
    if owner != Owner.STAFF and (case.kind == Kind.DISPUTE or case.escalated):
        raise CaseRefused(_("This case stays with the programme's staff."))
    if owner != Owner.STAFF and case.bearer != Produce.Bearer.COOPERATIVE:
        raise CaseRefused(_("A cooperative decides about its own money alone: others bear this."))
    case.owner, case.assigned = owner, user if owner == Owner.STAFF else None
    write(case, Action.ASSIGNED, words)
    case.save(update_fields=["owner", "assigned"])
    return case


@transaction.atomic
def set_bearer(case_id: int, bearer: str) -> Case:
    """Staff say who will bear an open case's loss (a dispute's, before the bank decides)."""
    case = lock_case(case_id)
    if not case.is_open:
        raise CaseRefused(_("This case is closed."))
    case.bearer = bearer
    case.save(update_fields=["bearer"])
    return case


def close_what_is_over() -> int:
    """Close decided cases that the buyer left, and those whose buyer did not answer."""
    moment = now()
    left = Case.objects.filter(
        state=State.DECIDED, decided_at__lt=moment - timedelta(days=settings.CASE_ESCALATE_DAYS)
    )
    silent = Case.objects.filter(state=State.WAITING_BUYER, due_at__lt=moment)
    closed = 0
    for case_id in [*left.values_list("pk", flat=True), *silent.values_list("pk", flat=True)]:
        closed += _close(case_id)
    return closed


@transaction.atomic
def _close(case_id: int) -> bool:
    case = lock_case(case_id)
    moment = now()
    if case.state == State.WAITING_BUYER and case.due_at < moment:
        words = Words(uuid5(case.uuid, f"closed:{moment}"), Author.SYSTEM, "")
        case.outcome = Outcome.NO_ANSWER
        tell(case, write(case, Action.CLOSED, words))
    elif case.state != State.DECIDED or can_escalate(case):
        return False
    case.state, case.closed_at = State.CLOSED, moment
    case.save(update_fields=["state", "closed_at", "outcome"])
    holds.lift(case.hold_key)
    return True
