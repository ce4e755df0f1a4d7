"""`manage.py settle_platform_orders FILE --platform douyin --shop NAME`: book what it paid us."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.numbers import to_yuan
from livestream.platforms.layouts import LAYOUTS
from livestream.platforms.models import PlatformShop
from livestream.platforms.settling import settle_orders
from livestream.platforms.tables import BadFile


class Command(BaseCommand):
    help = "Book another platform's settlement export; with --dry-run say what it would come to."

    def add_arguments(self, parser: CommandParser) -> None:
        """As argparse has it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--platform", required=True, choices=sorted(LAYOUTS))
        parser.add_argument("--shop", required=True, help="our shop there, as it was imported")
        parser.add_argument("--dry-run", action="store_true", help="book nothing")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the figures and the refused rows. CommandError when the file is of no use."""
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        shop = PlatformShop.objects.filter(platform=options["platform"], name=options["shop"])
        if not shop.exists():
            raise CommandError(f"Nothing was imported from the shop {options['shop']} there.")
        try:
            done = settle_orders(options["file"], shop.get(), keep=not options["dry_run"])
        except BadFile as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(done.as_json(), ensure_ascii=False, indent=1))
            return
        for row in done.refused_rows:
            self.stdout.write(f"row {row.number}: {row.reason}")
        self.stdout.write(
            f"{done.rows} rows: {done.booked} booked, {done.unchanged} unchanged, "
            f"{len(done.refused_rows)} refused; ¥{to_yuan(done.gross_fen)} sold, "
            f"¥{to_yuan(done.settled_fen)} paid to us, ¥{to_yuan(done.cost_fen)} kept"
        )
