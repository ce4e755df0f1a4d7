"""Say what the site is connected to, and what is wrong with it."""

import logging
from typing import Any

from django.core.management.base import BaseCommand

from storefront.doctor import examine


class Command(BaseCommand):
    help = "Says what the site is connected to, and what is wrong (then the exit status is 1)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("stripe").setLevel(logging.WARNING)
        wrong = 0
        for finding in examine():
            self.stdout.write(f"{'✓' if finding.ok else '✗'} {finding.name:<11} {finding.found}")
            if not finding.ok:
                wrong += 1
                self.stdout.write(self.style.ERROR(f"  → {finding.advice}"))
        if wrong:
            raise SystemExit(1)
        self.stdout.write(self.style.SUCCESS("All is well."))
