"""Made-up facts, and those of a real order, to look at a wording with."""

from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.utils.translation import override

from catalog.numbers import to_fen, to_yuan
from storefront.notifications import rendering, wording
from storefront.notifications.models import Message
from storefront.notifications.rendering import Facts, Said
from storefront.order.models import Order

_WORDS = {
    "zh-hans": {
        "cooperative": "云岭合作社",
        "carrier": "顺丰",
        "place": "学校东门 3 号提货点",
        "text": "照片收到了，坏的两个我们退款给您。",
        "packs": [("丑苹果 5 斤装", 2), ("红薯 10 斤装", 1)],
        "produce": "丑苹果",
        "session": "丑苹果丰收夜",
        "begins": "11 月 28 日 19:30",
        "address": ("王同学", "北京", "北京市", "海淀区", "学院路 1 号"),
    },
    "en": {
        "cooperative": "Yunling Cooperative",
        "carrier": "SF Express",
        "place": "Pick-up point 3 at the east gate",
        "text": "We have your picture and refund the two that were bad.",
        "packs": [("Ugly apples 2.5 kg", 2), ("Sweet potatoes 5 kg", 1)],
        "produce": "ugly apples",
        "session": "Ugly apples at night",
        "begins": "28 Nov 19:30",
        "address": ("Student Wang", "Beijing", "Beijing", "Haidian", "1 Xueyuan Road"),
    },
}
_FEN = {0: 2480, 1: 3990}


def preview(
    kind: str, language: str, channel: str, subject: str, body: str, order: Order | None = None
) -> Said:
    """A wording as a buyer would see it, of an order or of one made up. Nothing is sent."""
    message = _message_of(kind, language, channel, order)
    with override(language):
        # A livestream has nothing to do with an order.
        real = order is not None and kind != Message.Kind.LIVE
        facts = rendering.facts_of(message) if real else _made_up(kind, language)
        text = wording.Effective(subject, body, 0, False)
        return rendering.say(message, text, facts, "#")


def _message_of(kind: str, language: str, channel: str, order: Order | None) -> Message:
    """A message that is never kept; of the order's first parcel, and of all its money."""
    words = _WORDS.get(language, _WORDS["zh-hans"])
    context: dict[str, Any] = {"text": words["text"], "place": words["place"]}
    if order is not None:
        context["amount_fen"] = to_fen(order.total_incl_tax)
        parcel = order.consignments.order_by("number").first()
        line = order.lines.select_related("product").first()
        if kind == Message.Kind.REMINDER and line and line.product:
            context["produce"] = line.product.produce_id
        if parcel is not None:
            context["consignment"] = parcel.pk
    return Message(kind=kind, language=language, channel=channel, order=order, context=context)


def _made_up(kind: str, language: str) -> Facts:
    words = _WORDS.get(language, _WORDS["zh-hans"])
    packs: Any = words["packs"]
    lines = [(title, count, to_yuan(_FEN[at] * count)) for at, (title, count) in enumerate(packs)]
    goods = sum(_FEN[at] * count for at, (_, count) in enumerate(packs))
    name, province, city, district, street = words["address"]
    values = {
        "shop": settings.OSCAR_SHOP_NAME,
        "order": "26112212345678",
        "link": f"{settings.SITE_URL}/orders/26112212345678/",
        "amount": str(to_yuan(goods + 1200)),
        "days": str(settings.REFUND_ARRIVAL_DAYS),
        "cooperative": str(words["cooperative"]),
        "carrier": str(words["carrier"]),
        "waybill": "SF1234567890",
        "parcel": "1/2",
        "packs": rendering.in_a_line(packs),
        "place": str(words["place"]),
        "text": str(words["text"]),
        "produce": str(words["produce"]),
        "session": str(words["session"]),
        "begins": str(words["begins"]),
    }
    tables = {
        "lines": lines,
        "packs": packs,
        "goods": to_yuan(goods),
        "freight": to_yuan(1200),
        "total": to_yuan(goods + 1200),
        "address": SimpleNamespace(
            first_name=name, state=province, line4=city, line3=district, line1=street
        ),
    }
    return Facts(values, tables)
