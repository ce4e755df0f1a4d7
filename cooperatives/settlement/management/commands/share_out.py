"""Share out now what the nightly run would share out."""

from django.core.management.base import BaseCommand

from cooperatives.settlement.services import share_out_due


class Command(BaseCommand):
    help = "Releases what is due and shares out every sales pool whose period is over."

    def handle(self, *args, **options) -> None:
        self.stdout.write(f"{share_out_due()} sales pools shared out")
