"""Load the villages' five files."""

from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.clock import today
from catalog.table_files import TableFaults
from cooperatives.households.village_files import load_villages


def day_or_today(value: str) -> date:
    """ "today" or 2026-11-22, not after today."""
    if value == "today":
        return today()
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise CommandError(f"--as-of {value}: expected YYYY-MM-DD or today.") from None
    if day > today():
        raise CommandError(f"--as-of {value} lies in the future: expected a day up to {today()}.")
    return day


class Command(BaseCommand):
    help = (
        "Loads cooperatives.csv, households.csv, products.csv, deliveries.csv and promises.csv "
        "from a folder: all or nothing, and what is loaded already stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DIR")
        parser.add_argument(
            "--as-of",
            metavar="DATE",
            help="shift the days of deliveries and promises, so that the latest delivery falls on "
            "DATE (YYYY-MM-DD or today); only the first loading shifts, later ones follow it",
        )

    def handle(self, *args, **options) -> None:
        directory: Path = options["directory"]
        if not directory.is_dir():
            raise CommandError(f"{directory} is not a folder.")
        as_of = day_or_today(options["as_of"]) if options["as_of"] else None
        try:
            loaded = load_villages(directory, as_of)
        except TableFaults as faults:
            raise CommandError(
                f"{faults}\n{len(faults.faults)} faults; nothing was loaded."
            ) from None
        if not loaded.anything:
            self.stdout.write("Everything in these files is loaded already; nothing changed.")
            return
        for file, rows in loaded.rows.items():
            self.stdout.write(f"{file}: {rows} rows loaded")
        if loaded.shift_days:
            self.stdout.write(f"Days shifted by {loaded.shift_days}.")
