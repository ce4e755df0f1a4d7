"""`manage.py import_platform_orders FILE --platform douyin --dry-run`: what an export comes to."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.numbers import to_yuan
from livestream.platforms.layouts import LAYOUTS
from livestream.platforms.selectors import Figures, figures_of
from livestream.platforms.tables import BadFile


class Command(BaseCommand):
    help = "Say what another platform's export of orders comes to, row by row; nothing is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """As argparse has it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--platform", required=True, choices=sorted(LAYOUTS))
        parser.add_argument("--dry-run", action="store_true", required=True)
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the figures and the refused rows. CommandError when the file is of no use."""
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        try:
            figures = figures_of(options["file"], options["platform"])
        except BadFile as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(figures), ensure_ascii=False, indent=1))
        else:
            self._say(figures)

    def _say(self, figures: Figures) -> None:
        for row in figures.refused_rows:
            self.stdout.write(f"row {row.number}: {row.reason}")
        self.stdout.write(
            f"{figures.rows} rows: {figures.paid} paid ({figures.gifts} gifts), "
            f"{figures.unpaid} never paid, {figures.refused} refused"
        )
        self.stdout.write(
            f"¥{to_yuan(figures.gross_fen)} paid − ¥{to_yuan(figures.refunded_fen)} refunded = "
            f"¥{to_yuan(figures.net_fen)}; {figures.units} packs, {figures.grams} g"
        )


def _as_json(figures: Figures) -> dict[str, Any]:
    shown = asdict(figures) | {"net_fen": figures.net_fen}
    shown["refused_rows"] = [
        {"row": row.number, "reason": row.reason} for row in figures.refused_rows
    ]
    return shown
