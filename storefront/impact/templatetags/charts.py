"""Charts as SVG made on the server: no script, colours by tokens, text for who can't see them.

Each is an image with a title and a description; the template gives the same figures as a table.
Widths are shares of the widest bar, in whole units of the drawing. Words beside the bars are HTML
text of the page's own size, so that they are readable on a phone and grow with the reader's font.
"""

import itertools
from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from storefront.shop.templatetags.shop import fen, month_name

register = template.Library()
_ids = itertools.count(1)
# The drawing's units.
WIDE, HIGH, LEFT, BOTTOM, TOP = 640, 260, 4, 28, 22


def part(fen_of: int, whole: int, length: int) -> int:
    """How much of `length` an amount takes where `whole` takes all; something if it is anything."""
    if whole <= 0 or fen_of <= 0:
        return 0
    return max(2, fen_of * length // whole)


@register.inclusion_tag("impact/_bar.html")
def bar(value: int, most: int, kind: str = "sold", within: int | None = None) -> dict[str, Any]:
    """One bar of a row: `value` of `most`; `within`, a part of it in the second colour."""
    return {
        "width": part(value, most, 1000),
        "within": None
        if within is None
        else min(part(within, most, 1000), part(value, most, 1000)),
        "kind": kind,
    }


@register.filter
def most(rows: Sequence[Any], field: str) -> int:
    """The greatest of a figure among rows, at least 0."""
    return max([0, *(getattr(row, field) for row in rows)])


@register.simple_tag
def months_chart(months: Sequence[Any], title: str, description: str) -> SafeString:
    """What was sold each month as columns, what households were credited as a line over them."""
    name = f"chart-{next(_ids)}"
    if not months:
        return SafeString("")
    shown = months[-24:]
    top = max([1, *(m.sold_fen for m in shown), *(m.credited_fen for m in shown)])
    step = (WIDE - LEFT * 2) // len(shown)
    wide = min(step * 3 // 5, 90)
    floor = HIGH - BOTTOM
    columns, points = [], []
    for place, month in enumerate(shown):
        middle = LEFT + step * place + step // 2
        tall = part(month.sold_fen, top, floor - TOP)
        columns.append((middle - wide // 2, floor - tall, wide, tall))
        points.append((middle, floor - part(month.credited_fen, top, floor - TOP)))
    # On a phone a dozen names is what there is room for.
    every = -(-len(shown) // 12)
    names = [
        (x, HIGH - 8, month_name(month.month.month))
        for (x, _), month in list(zip(points, shown, strict=True))[::every]
    ]
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>'
        '<line class="chart-floor" x1="{}" x2="{}" y1="{}" y2="{}"/>{}'
        '<polyline class="chart-line" points="{}"/>{}{}</svg>',
        *(WIDE, HIGH, name, name, name, title, name, description),
        *(LEFT, WIDE - LEFT, floor, floor),
        format_html_join(
            "",
            '<rect class="chart-sold" x="{}" y="{}" width="{}" height="{}" rx="3"/>',
            columns,
        ),
        " ".join(f"{x},{y}" for x, y in points),
        format_html_join("", '<circle class="chart-dot" cx="{}" cy="{}" r="5"/>', points),
        format_html_join("", '<text class="chart-word" x="{}" y="{}">{}</text>', names),
    )


@register.simple_tag
def described(rows: Sequence[Any], label: str, field: str) -> str:
    """The rows in words: "name ¥1.00; name ¥2.00"."""
    return "; ".join(f"{getattr(row, label)} {fen(getattr(row, field))}" for row in rows)


@register.filter
def percent(bps: int) -> str:
    """Basis points as per cent: 8750 → 87.5%."""
    whole, rest = divmod(bps, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%" if rest else f"{whole}%"
