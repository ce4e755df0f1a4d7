"""A message in words, in the order's language: subject, plain text, and HTML for a mail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, override

from catalog.models import Produce
from catalog.numbers import to_fen, to_yuan
from cooperatives.routing.models import Consignment
from livestream.sessions.models import LiveSession
from storefront.discounts.recording import shown_discounts, shown_gifts
from storefront.notifications import wording
from storefront.notifications.links import preference_address
from storefront.notifications.models import Message
from storefront.order.links import order_address
from storefront.order.models import Order

Kind = Message.Kind
# Beside the wording a mail shows these, as tables: template names without their ending.
PARTS: dict[str, str] = {
    Kind.CONFIRMED: "mail/parts/bought",
    Kind.SHIPPED: "mail/parts/packs",
    Kind.READY: "mail/parts/packs",
    Kind.DELIVERED: "mail/parts/packs",
}
# These are about no order.
WITHOUT_ORDER = frozenset({Kind.GOODS_GONE, Kind.REMINDER, Kind.LIVE})


@dataclass(frozen=True)
class Said:
    """A message in words. `html` is empty but for a mail."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class Facts:
    """What a message is about: values of placeholders, and what the tables show."""

    values: Mapping[str, str]
    tables: Mapping[str, Any]


def build(message: Message) -> Said:
    """The message with what is true now (waybill, address of the page), in the wording in force.

    A mail carries the order's link and tables itself; a text has what its wording names.
    """
    text = wording.effective(message.kind, message.language, message.channel)
    with override(message.language):
        return say(message, text, facts_of(message), preference_address(message.pk))


def say(message: Message, text: wording.Effective, facts: Facts, choose_at: str) -> Said:
    """Put a wording and facts together; the language is active."""
    values = facts.values
    if message.channel != Message.Channel.MAIL:
        return Said("", wording.fill(text.body, values))
    part = PARTS.get(message.kind)
    context = {
        "language": message.language,
        "university_name": settings.UNIVERSITY_NAME,
        "shop_name": settings.OSCAR_SHOP_NAME,
        "shop_address": settings.SITE_URL,
        "order_address": values["link"] if message.kind not in WITHOUT_ORDER else "",
        "choose_address": choose_at,
        "body": wording.fill(text.body, values),
        "paragraphs": wording.paragraphs(text.body, values),
        "part_html": f"{part}.html" if part else "",
        "part_txt": f"{part}.txt" if part else "",
        **facts.tables,
    }
    return Said(
        " ".join(wording.fill(text.subject, values).split())[:200],
        render_to_string("mail/message.txt", context).strip() + "\n",
        render_to_string("mail/message.html", context),
    )


def text_of(message: Message) -> str:
    """What was sent, or what would be sent now, as plain text to copy."""
    return message.text or build(message).text


def chat_text(kind: str, order: Order, context: Mapping[str, Any]) -> str:
    """What a kind says of an order in a chat, without its link; nothing is sent or kept."""
    message = Message(
        kind=kind,
        channel=Message.Channel.WECHAT,
        order=order,
        language=order.language,
        context=dict(context),
    )
    text = wording.effective(kind, order.language, Message.Channel.WECHAT)
    with override(order.language):
        return wording.fill(text.body, {**facts_of(message).values, "link": ""})


def facts_of(message: Message) -> Facts:
    """The facts of a message, read now, in the active language."""
    order = message.order
    values = {
        "shop": settings.OSCAR_SHOP_NAME,
        "order": order.number if order else "",
        "link": order_address(order.number) if order else settings.SITE_URL,
        "text": str(message.context.get("text", "")),
        "place": str(message.context.get("place", "")),
        "days": str(settings.REFUND_ARRIVAL_DAYS),
    }
    tables: dict[str, Any] = {}
    if "amount_fen" in message.context:
        values["amount"] = str(to_yuan(message.context["amount_fen"]))
    if message.kind == Kind.CONFIRMED and order is not None:
        tables |= _bought(order)
        values["amount"] = str(order.total_incl_tax)
        values["packs"] = in_a_line((title, packs) for title, packs, _ in tables["lines"])
    if "produce" in message.context:
        produce = Produce.objects.get(pk=message.context["produce"])
        values["produce"] = produce.name
        values["link"] = settings.SITE_URL + produce.get_absolute_url()
    if "session" in message.context:
        values |= _livestream(message.context["session"])
    if "consignment" in message.context:
        more, packs = _parcel(message.context["consignment"])
        values |= more
        tables["packs"] = packs
    return Facts(values, tables)


def _livestream(session_id: int) -> dict[str, str]:
    """The placeholders of a live session; the time is Shanghai's."""
    session = LiveSession.objects.get(pk=session_id)
    return {
        "session": session.title,
        "begins": date_format(localtime(session.starts_at), "SHORT_DATETIME_FORMAT"),
        "link": settings.SITE_URL + reverse("room:room", args=[session_id]),
    }


def _bought(order: Order) -> dict[str, Any]:
    """What the confirmation's table shows."""
    freight = order.shipping_incl_tax
    return {
        "lines": [
            (_title(line), line.quantity, line.line_price_before_discounts_incl_tax)
            for line in order.lines.select_related("product__produce").order_by("pk")
        ],
        "discounts": [(name, to_yuan(fen)) for name, fen in shown_discounts(order)],
        "gifts": [(ending, to_yuan(fen)) for ending, fen in shown_gifts(order)],
        "goods": to_yuan(to_fen(order.total_incl_tax) - to_fen(freight)),
        "freight": freight,
        "total": order.total_incl_tax,
        "address": order.shipping_address,
    }


def _parcel(consignment_id: int) -> tuple[dict[str, str], list[tuple[str, int]]]:
    """The placeholders and packs of a consignment."""
    consignment = Consignment.objects.select_related("partner").get(pk=consignment_id)
    packs = [
        (_title(line), line.packs - line.cancelled_packs)
        for line in consignment.lines.select_related("product__produce")
        if line.packs > line.cancelled_packs
    ]
    values = {
        "cooperative": consignment.partner.display_name,
        "carrier": consignment.carrier,
        "waybill": consignment.waybill,
        "parcel": _place_among(consignment),
        "packs": in_a_line(packs),
    }
    return values, packs


def _place_among(consignment: Consignment) -> str:
    """Which of the order's parcels it is, "1/2"; empty for the only one."""
    others = Consignment.objects.filter(order=consignment.order_id).order_by("number")
    sent = others.exclude(state=Consignment.State.CANCELLED).values_list("pk", flat=True)
    numbers = list(sent)
    if len(numbers) < 2 or consignment.pk not in numbers:
        return ""
    return f"{numbers.index(consignment.pk) + 1}/{len(numbers)}"


def in_a_line(packs: Iterable[tuple[str, int]]) -> str:
    """Packs as a text message names them."""
    comma = "、" if (get_language() or "").startswith("zh") else ", "
    return comma.join(f"{title} × {count}" for title, count in packs)


def _title(line: Any) -> str:
    """Produce and pack in the message's language; an order line without its product: its title."""
    return line.product.display_name if line.product else line.title
