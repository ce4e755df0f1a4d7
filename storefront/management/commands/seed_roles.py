"""Make the programme's roles."""

from django.core.management.base import BaseCommand

from storefront.accounts.roles import seed_roles


class Command(BaseCommand):
    help = (
        "Makes the groups finance, auditor, editor, moderator and administrator with their "
        "permissions, and the approval that pages pass through."
    )

    def handle(self, *args, **options) -> None:
        for role, group in seed_roles().items():
            self.stdout.write(f"{role.value}: {group.permissions.count()} permissions")
