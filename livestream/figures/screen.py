"""The big screen (大屏) of a studio: what a live session has sold up to now."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from catalog.staff import allowed
from livestream.figures.audience import audience_of
from livestream.figures.pools import FEWEST
from livestream.figures.sales import SOLD, Row, Sums, query, sold_in
from livestream.room import wire
from livestream.sessions.models import LiveSession
from livestream.sessions.staff_views import SEE

# As many rows as can be read from ten metres.
MOST_ROWS = 5
# Whose produce lies in the stock pools that the session sold from, or went out for it.
HOUSEHOLDS = f"""
    {SOLD}
    SELECT count(DISTINCT lot.household_id)
      FROM sold
      JOIN routing_consignmentline line ON line.id = sold.id
      JOIN households_lot lot ON lot.pool_id = line.pool_id
     WHERE lot.grams > lot.drawn_grams + lot.written_off_grams
        OR EXISTS (SELECT FROM routing_drawing drawing
                     JOIN routing_draw draw ON draw.drawing_id = drawing.id
                    WHERE drawing.line_id = line.id AND draw.lot_id = lot.id)
"""  # noqa: S608  our own text


@dataclass(frozen=True)
class Bar:
    """A row's bar: so many thousandths of the longest."""

    row: Row
    width: int


@dataclass(frozen=True)
class Screen:
    """What the screen shows. `households` is None where they are too few to be counted."""

    whole: Sums
    households: int | None
    viewers_now: int
    viewers: int | None
    products: Sequence[Bar]
    villages: Sequence[Bar]
    # Of the buyers those of our own room, whose viewers are counted.
    buyers_here: int

    @property
    def jin(self) -> Decimal:
        """What was ordered, in 斤."""
        return Decimal(self.whole.grams) / 500

    @property
    def conversion(self) -> str:
        """Buyers of our own room of those who watched there, in percent; "–" without viewers."""
        if not self.viewers:
            return "–"
        return f"{Decimal(100 * self.buyers_here) / self.viewers:.1f} %"


def bars(rows: Sequence[Row]) -> list[Bar]:
    """The first rows, each beside the greatest."""
    most = max((row.sums.paid_fen for row in rows), default=0)
    return [Bar(row, row.sums.paid_fen * 1000 // most if most else 0) for row in rows[:MOST_ROWS]]


def screen_of(session: LiveSession) -> Screen:
    """What a session has sold up to now. A few queries, however much it was."""
    sold = sold_in(session)
    households = int(query(HOUSEHOLDS, session)[0][0])
    try:
        viewers_now = wire.counted(session.pk)[0]
    except RedisError:
        viewers_now = 0
    return Screen(
        whole=sold.whole,
        households=households if households >= FEWEST else None,
        viewers_now=viewers_now,
        viewers=audience_of(session)["viewers"],
        products=bars(sold.products),
        villages=bars(sold.villages),
        buyers_here=sold.own.buyers,
    )


@require_safe
@never_cache
@allowed(SEE)
def screen(request: HttpRequest, session_id: int) -> HttpResponse:
    """The screen; its script asks every two seconds for what changes alone."""
    found = get_object_or_404(LiveSession.objects.select_related("campaign"), pk=session_id)
    context: dict[str, Any] = {"session": found, "screen": screen_of(found)}
    part = "_screen" if request.GET.get("part") else "screen"
    return render(request, f"staff/live/{part}.html", context)
