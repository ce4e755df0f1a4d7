"""Disputes: the buyer's bank takes a payment back, the shop answers with evidence or gives in."""

from __future__ import annotations

from typing import Any

from . import forms
from .balance import DISPUTE_FEE, record
from .balance_objects import EVIDENCE_FILES, EVIDENCE_TEXTS, REASON_CODES
from .box import Box, Call
from .errors import ApiError, bad_parameter
from .records import LOST, NEEDS_RESPONSE, UNDER_REVIEW, WON, Charge, Dispute
from .store import DAY, new_id

ANSWER_WITHIN = 21 * DAY
DECIDED_AFTER = 0.5  # seconds until the evidence of a test has its verdict
VERDICTS = {"winning_evidence": WON, "losing_evidence": LOST}
LONGEST_TEXT, LONGEST_EVIDENCE = 20_000, 150_000
REASONS = tuple(REASON_CODES)


def open_dispute(box: Box, charge: Charge, amount: int, reason: str) -> Dispute:
    """The bank disputes `amount` minor units of a charge: they and the fee leave the balance.

    ApiError (400) if the charge failed, has less than that, or was disputed before.
    """
    if charge.refusal is not None or charge.dispute is not None:
        why = "was not successful" if charge.refusal is not None else "was disputed before"
        raise ApiError(400, f"Charge {charge.id} {why}.")
    if not 0 < amount <= charge.amount:
        raise bad_parameter(f"amount: between 1 and {charge.amount}", "amount")
    dispute_id = new_id("dp")
    txn = record(
        box,
        "adjustment",
        -amount,
        charge.currency,
        dispute_id,
        fee=DISPUTE_FEE,
        description=f"Chargeback withdrawal for {charge.id}",
        category="dispute",
    )
    dispute = Dispute(
        id=dispute_id,
        created=txn.created,
        amount=amount,
        currency=charge.currency,
        charge=charge.id,
        intent=charge.intent,
        status=NEEDS_RESPONSE,
        reason=reason,
        due_by=(txn.created + ANSWER_WITHIN) // DAY * DAY - 1,
        evidence={},
        metadata={},
        txns=(txn.id,),
    )
    box.store.put(dispute)
    box.store.put(charge._replace(dispute=dispute.id))
    box.emit("charge.dispute.created", dispute)
    box.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(box: Box, call: Call, dispute_id: str) -> Dispute:
    """Evidence, kept (`submit` false) or handed in for good (the default)."""
    params = call.params
    forms.only(params, ("evidence", "submit", "metadata", "expand"))
    dispute = box.store.disputes.get(dispute_id, "dispute")
    given = _evidence(params)
    submit = forms.boolean(params, "submit")
    changes: dict[str, Any] = {"metadata": forms.metadata(params, dispute.metadata)}
    if given is not None or submit:
        _must_wait(dispute, "Evidence can no longer be submitted for this dispute")
        merged = {**dispute.evidence, **(given or {})}
        changes["evidence"] = {name: text for name, text in merged.items() if text is not None}
        if sum(map(len, changes["evidence"].values())) > LONGEST_EVIDENCE:
            raise bad_parameter("The evidence is longer than 150,000 characters.", "evidence")
        if submit is not False:
            if not changes["evidence"]:
                raise bad_parameter("There is no evidence to submit.", "evidence")
            changes.update(status=UNDER_REVIEW, submissions=dispute.submissions + 1)
    before, dispute = dispute, dispute._replace(**changes)
    box.store.put(dispute)
    box.emit("charge.dispute.updated", dispute, call, _changed(before, dispute))
    if dispute.status == UNDER_REVIEW and verdict(dispute) is not None:
        box.later(DECIDED_AFTER, lambda: settle(box, dispute.id))
    return dispute


def close(box: Box, call: Call, dispute_id: str) -> Dispute:
    """The shop gives in: lost."""
    forms.only(call.params, ("expand",))
    dispute = box.store.disputes.get(dispute_id, "dispute")
    _must_wait(dispute, "This dispute cannot be closed")
    return decide(box, dispute, LOST, call)


def decide(box: Box, dispute: Dispute, status: str, call: Call | None = None) -> Dispute:
    """The bank's verdict, "won" or "lost"; what is won comes back with the fee.

    ApiError (400) if there is one already.
    """
    if dispute.status in (WON, LOST):
        raise ApiError(400, f"This dispute is already closed: {dispute.status}.")
    previous = {"status": dispute.status}
    dispute = dispute._replace(status=status)
    if status == WON:
        txn = record(
            box,
            "adjustment",
            dispute.amount,
            dispute.currency,
            dispute.id,
            fee=-DISPUTE_FEE,
            description=f"Chargeback reversal for {dispute.charge}",
            category="dispute_reversal",
        )
        dispute = dispute._replace(txns=(*dispute.txns, txn.id))
    box.store.put(dispute)
    box.emit("charge.dispute.closed", dispute, call, previous)
    if status == WON:
        box.emit("charge.dispute.funds_reinstated", dispute, call)
    return dispute


def verdict(dispute: Dispute) -> str | None:
    """What a test's evidence orders; None leaves it to `/_sandbox/disputes/ID/close`."""
    return VERDICTS.get(dispute.evidence.get("uncategorized_text", ""))


def unsettled(box: Box) -> list[Dispute]:
    """Disputes whose verdict is due (after a restart)."""
    rows = box.store.disputes.rows.values()
    return [row for row in rows if row.status == UNDER_REVIEW and verdict(row) is not None]


def settle(box: Box, dispute_id: str) -> None:
    """Decide a dispute as its evidence orders, if nobody has decided it yet."""
    dispute = box.store.disputes.rows.get(dispute_id)
    if dispute is not None and dispute.status == UNDER_REVIEW:
        ordered = verdict(dispute)
        if ordered is not None:
            decide(box, dispute, ordered)


def _must_wait(dispute: Dispute, refusal: str) -> None:
    if dispute.status != NEEDS_RESPONSE:
        raise ApiError(400, f"{refusal}: it has a status of {dispute.status}.", executed=True)


def _evidence(params: dict[str, Any]) -> dict[str, str | None] | None:
    given = forms.mapping(params, "evidence")
    if given is None:
        return None
    for name in given:
        if name in EVIDENCE_FILES or name == "enhanced_evidence":
            raise bad_parameter("This sandbox takes texts as evidence, no files.", name)
    forms.only(given, EVIDENCE_TEXTS)
    return {name: forms.text(given, name, LONGEST_TEXT) for name in given}


def _changed(before: Dispute, after: Dispute) -> dict[str, Any]:
    names = ("evidence", "metadata", "status")
    return {
        name: getattr(before, name)
        for name in names
        if getattr(before, name) != getattr(after, name)
    }
