"""Compare Stripe's payments, refunds, disputes, fees and payouts with ours."""

import json
from datetime import datetime, time, timedelta

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import get_default_timezone, is_naive, make_aware

from catalog.clock import now
from storefront.payments.reconciling import gaps
from storefront.payments.reconciling.run import as_json, reconcile_payments
from storefront.payments.reconciling.words import cause, proposal


def _moment(text: str, *, end: bool = False) -> datetime:
    """A day (in Shanghai) or a moment; as the end of a span, a day counts whole."""
    try:
        day, moment = parse_date(text), parse_datetime(text)
    except ValueError as error:
        raise CommandError(f"{text}: {error}") from error
    if day is not None:
        whole = timedelta(days=1 if end else 0)
        return datetime.combine(day, time.min, get_default_timezone()) + whole
    if moment is None:
        raise CommandError(f"{text}: give a day (2026-11-22) or a moment (2026-11-22T08:00)")
    return make_aware(moment, get_default_timezone()) if is_naive(moment) else moment


class Command(BaseCommand):
    help = (
        "Compares Stripe's side with ours. What differs becomes a gap, with a cause and a "
        "proposal, on finance's page. Exit status 0 when no gap is open, 1 otherwise."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", metavar="DAY", help="from this day on; default: 30 days ago")
        parser.add_argument("--until", metavar="DAY", help="to this day, included; default: now")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, **options) -> None:
        since = _moment(options["since"]) if options["since"] else None
        until = _moment(options["until"], end=True) if options["until"] else None
        if since and since >= (until or now()):
            raise CommandError("--since must lie before --until")
        report = reconcile_payments(since, until)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report), ensure_ascii=False))
        else:
            for gap in gaps.open_gaps():
                self.stdout.write(f"gap {gap.pk} {gap.kind}: {cause(gap)}\n    {proposal(gap)}")
            if report.error:
                self.stdout.write(f"Stripe could not be asked: {report.error}")
            self.stdout.write(f"{report.open_gaps} open gaps, {len(report.pending)} pending")
        if not report.ok:
            raise SystemExit(1)
