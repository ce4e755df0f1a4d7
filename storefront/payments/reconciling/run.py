"""One comparison of Stripe's side with ours, from end to end."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection

from catalog.clock import now
from storefront.aftersales.cases.models import Dispute
from storefront.payments import gateway, strays
from storefront.payments.balance import sweep_balance
from storefront.payments.models import BalanceMovement, Gap, Reconciliation
from storefront.payments.reconciling import at_stripe, gaps
from storefront.payments.reconciling.compare import Difference, Known, differences
from storefront.payments.reconciling.ours import Ours

# The hourly run looks so far back; a command may look further.
SPAN = timedelta(days=30)
# What is younger is still on its way from there to here.
PATIENCE = timedelta(minutes=5)


@dataclass
class Report:
    """What a run found: how many gaps are open, and what is too fresh to say."""

    since: datetime
    until: datetime
    open_gaps: int = 0
    pending: list[Difference] = field(default_factory=list)
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.open_gaps and not self.error


def reconcile_payments(since: datetime | None = None, until: datetime | None = None) -> Report:
    """Compare everything that happened from `since` to `until` (default: the last 30 days).

    Books first what the balance moved by since the last sweep, and tries again to give back what
    is owed to strangers. Network. An error of Stripe's is in the report, and no gap changes then.
    """
    moment = max(now(), datetime.now(UTC))
    report = Report(since or min(now(), datetime.now(UTC)) - SPAN, until or moment)
    try:
        sweep_balance()
        for payment_id in strays.waiting():
            strays.send(payment_id)
        there = at_stripe.read(report.since, report.until)
        report.error = there.error
        if not report.error:
            _compare(there, report)
    except (gateway.GatewayDown, gateway.GatewayRefused) as error:
        report.error = str(error) or type(error).__name__
    report.open_gaps = gaps.open_gaps().count()
    Reconciliation.objects.create(
        ran_at=now(),
        since=report.since,
        until=report.until,
        open_gaps=report.open_gaps,
        pending=len(report.pending),
        error=report.error,
    )
    return report


def _compare(there: at_stripe.AtStripe, report: Report) -> None:
    with connection.cursor() as cursor:
        ours = Ours(cursor)
    told = differences(there, ours, known_of(there), report.since, report.until)
    found = [each for each in told if not _older_than_the_lists(each)]
    young = now() - PATIENCE
    report.pending = [each for each in found if each.happened_at > young]
    old = [each for each in found if each.happened_at <= young]
    gaps.note(old, [each.key for each in report.pending], report.since, report.until)


def _older_than_the_lists(found: Difference) -> bool:
    """Whether Stripe has after all what its lists lack: made before the span that was listed."""
    try:
        if found.kind == Gap.Kind.ORDER_UNPAID and found.details["intent"]:
            return gateway.retrieve_intent(found.details["intent"]).succeeded
        if found.kind == Gap.Kind.REFUND_MISSING and not found.details["status"]:
            said = gateway.retrieve_refund(found.details["refund"]).status
            return said in ("succeeded", "pending")
    except gateway.GatewayRefused:
        return False
    return False


def known_of(there: at_stripe.AtStripe) -> Known:
    """Which of Stripe's movements and disputes are known here."""
    movements = BalanceMovement.objects.filter(pk__in=[each.id for each in there.movements])
    disputes = Dispute.objects.filter(pk__in=[each["id"] for each in there.disputes])
    return Known(
        frozenset(movements.values_list("pk", flat=True)),
        frozenset(disputes.values_list("pk", flat=True)),
    )


def as_json(report: Report) -> dict:
    """The answer for machines: open gaps, each with its kind and figures."""
    from storefront.payments.reconciling.words import cause, proposal

    return {
        "ok": report.ok,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "error": report.error,
        "open": report.open_gaps,
        "pending": len(report.pending),
        "gaps": [
            {
                "id": gap.pk,
                "kind": gap.kind,
                "key": gap.key,
                "happened_at": gap.happened_at.isoformat(),
                "details": gap.details,
                "cause": str(cause(gap)),
                "proposal": str(proposal(gap)),
            }
            for gap in gaps.open_gaps()
        ],
        "acknowledged": Gap.objects.filter(state=Gap.State.ACKNOWLEDGED).count(),
    }
