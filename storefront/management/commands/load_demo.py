"""Load the demo: villages, freight, pages, a campaign, accounts."""

import logging
import os
import warnings
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.clock import today
from cooperatives.households.village_files import load_villages
from cooperatives.routing.freight_file import load_freight
from storefront.demo import voices
from storefront.demo.accounts import SignIn, make_accounts
from storefront.demo.claims import set_claim_rules, set_transit_days
from storefront.demo.discounts import CODES, make_discounts
from storefront.demo.produce import tell_of_produce
from storefront.demo.season import Past, may_begin
from storefront.demo.session import make_session
from storefront.demo.site import (
    LINKS,
    enter_costs,
    make_campaign,
    make_pages,
    name_categories,
    name_places,
)
from storefront.demo.words import make_other_words
from storefront.impact.services import count as count_impact

FILES = Path(settings.BASE_DIR) / "deploy" / "demo"
# Published on purpose: a demo is for everyone. DEMO_PASSWORD sets another.
DEMO_PASSWORD = "shanhuo-demo-2026"  # noqa: S105


class Command(BaseCommand):
    help = (
        "Loads the demo: villages as of today, freight, pages, a campaign, accounts with one "
        "known password (DEMO_PASSWORD). What is there already stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--yes-this-is-a-demo",
            action="store_true",
            help="load it with production's settings too, accounts with a known password included",
        )
        parser.add_argument(
            "--without-season",
            action="store_true",
            help="without the three months of orders that a fresh demo begins with",
        )

    def handle(self, *args, **options) -> None:
        if not (settings.DEMO_ALLOWED or options["yes_this_is_a_demo"]):
            raise CommandError(
                "The demo makes accounts whose password everyone knows. On a server that is "
                "meant to be a demo, add --yes-this-is-a-demo."
            )
        _be_quiet()
        past = None
        if not options["without_season"] and may_begin():
            past = Past(FILES / "villages")
            past.begin()
        else:
            load_villages(FILES / "villages", as_of=today())
        load_freight(FILES / "freight.csv")
        set_claim_rules()
        set_transit_days()
        name_categories()
        name_places()
        tell_of_produce(FILES / "produce_texts.csv")
        campaign = make_campaign(make_pages())
        password = os.environ.get("DEMO_PASSWORD") or DEMO_PASSWORD
        accounts = make_accounts(password)
        enter_costs(campaign)
        if past is not None:
            past.live()
            load_villages(FILES / "villages", as_of=today())
        make_discounts(campaign)
        make_session(campaign)
        make_other_words()
        voices.review()
        voices.wish()
        count_impact()
        self.stdout.write(announcement(accounts, password))


def _be_quiet() -> None:
    """Let the output be the announcement alone: `make run` shows it to the person at the desk."""
    for noisy in ("wagtail", "django_tasks"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Oscar tells Haystack of each product; there is no index of its own to update.
    warnings.filterwarnings("ignore", module="haystack", category=UserWarning)


def announcement(accounts: list[SignIn], password: str) -> str:
    """The sign-ins, the tracked links and the codes, as a table for the terminal."""
    lines = [f"Sign-ins, each with the password {password}"]
    for account in accounts:
        changed = "" if account.password_fits else "   (its password was changed)"
        address = f"{settings.SITE_URL}{account.path}"
        lines.append(f"  {account.email:<34}{address:<32}{account.name}{changed}")
    lines += ["", "Tracked links of the demo's campaign"]
    lines += [
        f"  {settings.SITE_URL}/r/{code}   → {f'produce {produce}' if produce else 'its page'}"
        for code, _, _, produce in LINKS
    ]
    lines += ["", "Codes for the basket"]
    lines += [f"  {code:<22}{what}" for code, what in CODES]
    return "\n".join(lines)
