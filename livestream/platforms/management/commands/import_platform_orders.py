"""`manage.py import_platform_orders FILE --platform douyin --shop NAME`: keep an export."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.numbers import to_yuan
from livestream.platforms.layouts import LAYOUTS
from livestream.platforms.selectors import Figures, figures_json, figures_of
from livestream.platforms.services import Imported, import_orders
from livestream.platforms.tables import BadFile
from livestream.sessions.models import LiveSession


class Command(BaseCommand):
    help = "Import another platform's export of orders; with --dry-run say what it comes to."

    def add_arguments(self, parser: CommandParser) -> None:
        """As argparse has it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--platform", required=True, choices=sorted(LAYOUTS))
        parser.add_argument("--shop", default="", help="our shop there, as that platform calls it")
        parser.add_argument("--session", type=int, help="the live session that sold it")
        parser.add_argument("--dry-run", action="store_true", help="keep nothing")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the figures and the refused rows. CommandError when the file is of no use."""
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        if not (options["shop"] or options["dry_run"]):
            raise CommandError("Name our shop on that platform with --shop.")
        session = None
        if options["session"]:
            session = LiveSession.objects.filter(pk=options["session"], rehearsal=False).first()
            if session is None:
                raise CommandError(f"There is no live session {options['session']} that sells.")
        try:
            done = self._done(options, session)
        except BadFile as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            shown = figures_json(done.figures) if options["dry_run"] else done.as_json()
            self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1))
        else:
            self._say(done.figures)
            if not options["dry_run"]:
                self._say_kept(done)

    def _done(self, options: dict[str, Any], session: LiveSession | None) -> Imported:
        path, platform = options["file"], options["platform"]
        if options["dry_run"]:
            return Imported(figures_of(path, platform))
        return import_orders(
            path, platform, options["shop"], session=session, progress=self._progress
        )

    def _progress(self, done: int, rows: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done} of {rows} rows", ending="" if done < rows else "\n")

    def _say_kept(self, done: Imported) -> None:
        self.stdout.write(
            f"{done.imported} imported, {done.updated} updated, {done.unchanged} unchanged; "
            f"of new sales {done.attributed} belong to a session, {done.unattributed} to none"
        )

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
