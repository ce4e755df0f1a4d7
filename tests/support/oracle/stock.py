"""What each pool must hold, by plain sums (DESIGN §5)."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import psycopg

from .books import LOTS
from .inputs import SHANGHAI, Villages
from .lines import lines_with_their_money

POOLS = """
SELECT pool.id, partner.code AS cooperative, produce.code AS produce,
       (SELECT coalesce(sum(part.grams - part.lost_grams), 0)
          FROM partner_reservationline part
          JOIN partner_reservation reservation ON reservation.id = part.reservation_id
         WHERE part.pool_id = pool.id AND reservation.state = 'held')::bigint AS reserved
  FROM partner_stockpool pool
  JOIN partner_partner partner ON partner.id = pool.partner_id
  JOIN catalogue_produce produce ON produce.id = pool.produce_id
"""
# When each delivery was entered: the one thing that the lot itself does not tell.
ENTERED = """
SELECT substr(reference, 5) AS code, created_at FROM partner_stockmove
 WHERE cause = 'delivered' ORDER BY id
"""


def stock(
    base: psycopg.Connection[Any], villages: Villages, moment: datetime
) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """(on hand, promised, reserved, allocated) by (cooperative, produce), once time has passed.

    What a fact made short is outside `allocated`; it may be short only while nothing is free.
    """
    on_hand: dict[tuple[str, str], int] = defaultdict(int)
    entered = {row.code: row.created_at for row in base.execute(ENTERED)}
    arrivals = []
    for lot in base.execute(LOTS):
        if villages.expires(lot.produce, lot.delivered_on) > moment:
            place = villages.cooperative_of[lot.household], lot.produce
            on_hand[place] += lot.grams - lot.drawn - lot.spoiled
        if lot.code not in villages.lots:
            arrivals.append((lot.household, lot.produce, entered[lot.code], lot.grams))
    promised = _promised(villages, arrivals, moment.astimezone(SHANGHAI).date())
    uncovered: dict[int, int] = defaultdict(int)
    short: dict[int, int] = defaultdict(int)
    for line in lines_with_their_money(base, villages).values():
        uncovered[line.row.pool_id] += line.open
        short[line.row.pool_id] += line.row.short_grams
    figures = {}
    for pool in base.execute(POOLS):
        place = pool.cooperative, pool.produce
        allocated = uncovered[pool.id] - short[pool.id]
        figures[place] = on_hand[place], promised[place], int(pool.reserved), allocated
        free = on_hand[place] + promised[place] - pool.reserved - allocated
        assert free >= 0 and not (free and short[pool.id]), place
    return figures


def _promised(
    villages: Villages, arrivals: list[tuple[str, str, datetime, int]], today: date
) -> dict[tuple[str, str], int]:
    """Open promises less what arrived since they were made: earliest end first, of the same
    household.
    """
    left = [grams for *_, grams, _ in villages.promises]
    for household, produce, moment, grams in arrivals:
        day = moment.astimezone(SHANGHAI).date()
        mine = [
            (promise[3], number)
            for number, promise in enumerate(villages.promises)
            if promise[:2] == (household, produce)
            and promise[3] >= day
            and villages.made.get(number, moment) <= moment
        ]
        for _, number in sorted(mine):
            taken = min(grams, left[number])
            left[number] -= taken
            grams -= taken
    figures: dict[tuple[str, str], int] = defaultdict(int)
    for rest, (household, produce, first, last, _, a_day) in zip(
        left, villages.promises, strict=True
    ):
        days = (last - max(first, today)).days + 1
        place = villages.cooperative_of[household], produce
        figures[place] += max(0, min(rest, a_day * days))
    return figures
