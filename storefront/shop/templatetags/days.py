"""How a span of days is shown."""

from datetime import date

from django import template
from django.utils.dates import MONTHS_3
from django.utils.translation import get_language

register = template.Library()


@register.filter
def days_to(first: date, last: date) -> str:
    """3 and 5 December → 12月3–5日 or 3–5 Dec; 30 December and 2 January → both whole."""
    english = (get_language() or "").startswith("en")
    if first == last:
        return _day(first, english)
    if (first.year, first.month) != (last.year, last.month):
        dash = " – " if english else "–"
        return f"{_day(first, english)}{dash}{_day(last, english)}"
    if english:
        return f"{first.day}–{last.day} {MONTHS_3[last.month].capitalize()}"
    return f"{first.month}月{first.day}–{last.day}日"


def _day(day: date, english: bool) -> str:
    if english:
        return f"{day.day} {MONTHS_3[day.month].capitalize()}"
    return f"{day.month}月{day.day}日"
