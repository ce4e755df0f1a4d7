"""Gaps as rows: seen again is the same one; gone, it closes by itself; back, it opens again."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from catalog.clock import now
from storefront.payments.models import Gap, Reconciliation
from storefront.payments.reconciling.compare import Difference

State = Gap.State


@transaction.atomic
def note(
    found: Sequence[Difference], still: Collection[str], since: datetime, until: datetime
) -> None:
    """Write down what a comparison of `since` to `until` found, and close what it no longer does.

    `still` are keys of what is too fresh to be called a gap: they open nothing and close nothing.
    """
    moment = now()
    by_key = {difference.key: difference for difference in found}
    Gap.objects.bulk_create(
        [
            Gap(
                key=each.key,
                kind=each.kind,
                subject=each.subject,
                details=each.details,
                happened_at=each.happened_at,
                first_seen_at=moment,
                last_seen_at=moment,
            )
            for each in by_key.values()
        ],
        ignore_conflicts=True,
    )
    rows = Gap.objects.select_for_update(no_key=True).order_by("pk")
    for gap in rows.filter(key__in=by_key):
        _seen(gap, by_key[gap.key], moment)
    gone = rows.exclude(state=State.CLOSED).exclude(key__in=[*by_key, *still])
    for gap in gone.filter(happened_at__range=(since, until)):
        gap.state, gap.ended_at = State.CLOSED, gap.ended_at or moment
        gap.save(update_fields=["state", "ended_at"])


def _seen(gap: Gap, difference: Difference, moment: datetime) -> None:
    """An explanation holds only for what was explained: other figures open the gap again."""
    same = (gap.kind, gap.details) == (difference.kind, difference.details)
    if gap.state == State.CLOSED or (gap.state == State.ACKNOWLEDGED and not same):
        gap.state, gap.ended_at, gap.ended_by, gap.reason = State.OPEN, None, None, ""
    gap.kind, gap.details, gap.subject = difference.kind, difference.details, difference.subject
    gap.last_seen_at = moment
    gap.save()


@transaction.atomic
def end(gap_id: int, state: str, actor, reason: str) -> Gap:
    """Close an open gap that was mended, or acknowledge one that is explained; by whom, and why."""
    gap = Gap.objects.select_for_update(no_key=True).get(pk=gap_id)
    if gap.state == State.OPEN:
        gap.state, gap.ended_at, gap.ended_by = state, now(), actor
        gap.reason = reason[:300]
        gap.save()
    return gap


def open_gaps() -> QuerySet[Gap]:
    """The gaps that somebody has to look at."""
    return Gap.objects.filter(state=State.OPEN)


def last_run() -> Reconciliation | None:
    """The latest comparison with Stripe."""
    return Reconciliation.objects.order_by("-ran_at").first()
