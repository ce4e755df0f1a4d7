"""Take the person out of one finished order: for who ordered as a guest and asks for it."""

from django.core.management.base import BaseCommand, CommandError

from storefront.accounts.blanking import blank_order
from storefront.order.models import Order


class Command(BaseCommand):
    help = "Blanks name, phone, e-mail and street of a finished order; its figures stay."

    def add_arguments(self, parser) -> None:
        parser.add_argument("number", help="the order's number")

    def handle(self, *args, **options) -> None:
        order = Order.objects.filter(number=options["number"]).first()
        if order is None:
            raise CommandError("There is no such order.")
        if not blank_order(order.pk):
            raise CommandError("Something is still under way with this order. Nothing was changed.")
        self.stdout.write(f"{order.number}: nobody is named there any more.")
