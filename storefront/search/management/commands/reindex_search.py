"""Bring the search's documents up to date."""

from django.core.management.base import BaseCommand

from storefront.search.services import reindex


class Command(BaseCommand):
    help = "Makes the search documents that differ from the produce; again, it changes nothing."

    def handle(self, *args, **options) -> None:
        done = reindex()
        self.stdout.write(f"{done.written} documents written, {done.removed} taken away.")
