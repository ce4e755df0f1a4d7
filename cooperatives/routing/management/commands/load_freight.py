"""Load a freight table."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.table_files import TableFaults
from cooperatives.routing.freight_file import load_freight


class Command(BaseCommand):
    help = "Adds the freight rates of a CSV file that are missing; those that exist stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args, **options) -> None:
        try:
            added = load_freight(options["file"])
        except TableFaults as faults:
            raise CommandError(f"{faults}\nNothing was loaded.") from None
        self.stdout.write(f"{added} freight rates added.")
