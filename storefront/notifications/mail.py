"""A message as an e-mail, in the order's language: plain text and HTML."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import override

from catalog.numbers import to_fen, to_yuan
from cooperatives.routing.models import Consignment
from storefront.notifications.models import Message
from storefront.order.links import order_address


def build(message: Message) -> EmailMultiAlternatives:
    """The e-mail of a message, with what is true now (waybill, address of the page)."""
    with override(message.language):
        context = _context(message)
        subject = render_to_string(f"mail/{message.kind}.subject", context)
        mail = EmailMultiAlternatives(
            subject=" ".join(subject.split()),
            body=render_to_string(f"mail/{message.kind}.txt", context),
            to=[message.recipient],
            # The same message sent twice is one to a mail programme that looks at this.
            headers={"Message-ID": f"<message-{message.pk}@{_domain()}>"},
        )
        mail.attach_alternative(render_to_string(f"mail/{message.kind}.html", context), "text/html")
    return mail


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"


def _context(message: Message) -> dict[str, Any]:
    order = message.order
    context: dict[str, Any] = {
        "university_name": settings.UNIVERSITY_NAME,
        "shop_name": settings.OSCAR_SHOP_NAME,
        "shop_address": settings.SITE_URL,
        "language": message.language,
        "order": order,
    }
    if "amount_fen" in message.context:
        context["amount"] = to_yuan(message.context["amount_fen"])
    context["text"] = message.context.get("text", "")
    if order is not None:
        context["order_address"] = order_address(order.number)
    if message.kind == Message.Kind.CONFIRMED and order is not None:
        context["lines"] = [
            (_title(line), line.quantity, line.line_price_incl_tax)
            for line in order.lines.select_related("product__produce")
        ]
        freight = to_fen(order.shipping_incl_tax)
        context["goods"] = to_yuan(to_fen(order.total_incl_tax) - freight)
    if "consignment" in message.context:
        consignment = Consignment.objects.select_related("partner").get(
            pk=message.context["consignment"]
        )
        context["consignment"] = consignment
        context["packs"] = [
            (_title(line), line.packs - line.cancelled_packs)
            for line in consignment.lines.select_related("product__produce")
            if line.packs > line.cancelled_packs
        ]
    return context


def _title(line: Any) -> str:
    """Produce and pack in the mail's language; an order line without its product has its title."""
    return line.product.display_name if line.product else line.title
