"""How numbers are shown. Money comes in yuan (Decimal) or fen, weight in grams."""

import uuid
from decimal import Decimal

from django import template
from django.utils.dates import MONTHS_3
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.numbers import to_fen, to_yuan

register = template.Library()


@register.simple_tag
def new_uuid() -> str:
    """What makes a form one form, however often it is sent."""
    return str(uuid.uuid4())


@register.filter
def yuan(amount: Decimal | None) -> str:
    """12.8 → ¥12.80."""
    return "" if amount is None else f"¥{amount:,.2f}"


@register.filter
def fen(amount: int | None) -> str:
    """1280 → ¥12.80."""
    return "" if amount is None else yuan(to_yuan(amount))


@register.filter
def as_fen(amount: Decimal) -> int:
    """Yuan as whole fen."""
    return to_fen(amount)


def _plain(number: Decimal) -> str:
    """Without zeros that say nothing: 2.50 → 2.5, 10 → 10."""
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


@register.filter
def weight(grams: int) -> str:
    """2500 → 5斤 in Chinese, 2.5 kg in English; below half a 斤 in grams."""
    if grams < 250:
        return _("%(grams)s g") % {"grams": grams}
    if (get_language() or "").startswith("en"):
        return f"{_plain(Decimal(grams) / 1000)} kg"
    return f"{_plain(Decimal(grams) / 500)}斤"


@register.filter
def per_jin(product: Product) -> str:
    """The price of one 斤."""
    return _("%(price)s/jin") % {"price": fen(product.jin_fen)}


@register.filter
def per_kg(product: Product) -> str:
    """The price of one kilogram, rounded half up."""
    assert product.net_grams  # every pack weighs something: CHECK pack_has_grams_and_price
    price = (2 * product.offer_fen * 1000 + product.net_grams) // (2 * product.net_grams)
    return _("%(price)s per kg") % {"price": fen(price)}


@register.filter
def month_name(month: int) -> str:
    """3 → 3月 or Mar."""
    if (get_language() or "").startswith("en"):
        return str(MONTHS_3[month]).capitalize()
    return f"{month}月"


@register.filter
def ship_time(hours: int) -> str:
    """48 → 48 hours, 72 → 3 days."""
    if hours % 24 or hours < 72:
        return _("%(hours)d hours") % {"hours": hours}
    return _("%(days)d days") % {"days": hours // 24}
