"""Take a lost second factor from a colleague; who did it is written into the log."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from storefront.accounts import second_factor, second_step
from storefront.accounts.models import User


class Command(BaseCommand):
    help = "Resets somebody's second step of signing in: they set it up anew at the next sign-in."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name", help="e-mail or phone of whose second step is lost")
        parser.add_argument("--by", required=True, help="e-mail or phone of the staff who resets")

    def handle(self, *args: Any, **options: Any) -> None:
        user, by = _user(options["name"]), _user(options["by"])
        if not by.is_active or not second_step.works_here(by):
            raise CommandError(f"{options['by']} is no staff: name who answers for it.")
        if by.pk == user.pk:
            raise CommandError("Somebody else has to answer for it.")
        if user.second_factor_at is None:
            raise CommandError(f"{options['name']} has no second step.")
        second_factor.reset(user, by)
        self.stdout.write(
            self.style.SUCCESS("Reset, signed out everywhere, and written into the log.")
        )


def _user(name: str) -> User:
    user = User.objects.filter(Q(email__iexact=name) | Q(phone=name)).first()
    if user is None:
        raise CommandError(f"Nobody has an account with {name}.")
    return user
