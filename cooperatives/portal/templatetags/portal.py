"""How the portal writes weights and money."""

from decimal import Decimal
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.translation import get_language

from catalog.numbers import GRAMS_PER_JIN, to_yuan

register = template.Library()
MINUS = "−"


def _plain(number: Decimal) -> str:
    """Thousands separated, without trailing zeros."""
    text = f"{number:,.3f}"
    return text.rstrip("0").rstrip(".")


def _signed(text: str, negative: bool) -> str:
    return f"{MINUS}{text}" if negative else text


@register.filter
def jin(grams: int) -> str:
    """1250 → `2.5 斤`."""
    return _signed(f"{_plain(Decimal(abs(grams)) / GRAMS_PER_JIN)} 斤", grams < 0)


@register.filter
def kg(grams: int) -> str:
    """1250 → `1.25 kg`."""
    return _signed(f"{_plain(Decimal(abs(grams)) / 1000)} kg", grams < 0)


@register.filter
def weight(grams: int | None) -> str:
    """Grams in the unit of the page's language: 斤 in Chinese, kg in English."""
    if grams is None:
        return "–"
    return kg(grams) if (get_language() or "").startswith("en") else jin(grams)


@register.filter
def both_weights(grams: int) -> str:
    """1250 → `2.5 斤 · 1.25 kg`: beside a field that takes grams."""
    return f"{jin(grams)} · {kg(grams)}"


@register.filter
def change(grams: int) -> str:
    """A journal row's part of a figure: `+2.5 斤`, `−2.5 斤`, nothing for 0."""
    if not grams:
        return ""
    return f"+{weight(grams)}" if grams > 0 else weight(grams)


@register.filter
def yuan(fen: int | None) -> str:
    """1280 → `¥12.80`."""
    if fen is None:
        return "–"
    return _signed(f"¥{to_yuan(abs(fen)):,.2f}", fen < 0)


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """This page's query string with some values changed (None takes one out): for pages, tabs."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.filter
def less(whole: int, part: int) -> int:
    """What is left of packs or grams."""
    return whole - part


@register.filter
def percent(basis_points: int) -> str:
    """850 → `8.5 %`."""
    return f"{_plain(Decimal(basis_points) / 100)} %"
