"""What a live session sold: goods only, without freight, in fen, as the ledger has it.

A line is a session's if its attribution says so (campaigns.services): it was put into the basket
in the session's room, or imported from another platform for it. What others than the buyer paid
of it (gift vouchers, the programme) is part of `paid`, as everywhere on this site.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from catalog.models import Product
from cooperatives.partner.models import Partner
from livestream.sessions.models import LiveSession, SessionChannel

OWN = SessionChannel.Platform.OWN
# A line of a session, with what was paid for it, given back within an hour, and by others paid.
SOLD = """
    WITH line AS (
        SELECT cl.id, ol.order_id, cl.product_id, c.partner_id, p.county_code, p.village,
               coalesce(a.evidence ->> 'platform', 'own') AS channel,
               coalesce('u' || o.user_id, nullif('m' || lower(o.guest_email), 'm'),
                        nullif('p' || o.contact_phone, 'p'), 'o' || o.id) AS buyer,
               coalesce(sub.paid_at, sub.ordered_at, c.paid_at) AS paid_at,
               cl.packs, cl.ordered_grams, cl.net_fen, cl.refunded_fen
          FROM campaigns_lineattribution a
          JOIN order_line ol ON ol.id = a.order_line_id
          JOIN order_order o ON o.id = ol.order_id
          JOIN routing_consignmentline cl ON cl.order_line_id = ol.id
          JOIN routing_consignment c ON c.id = cl.consignment_id
          JOIN partner_partner p ON p.id = c.partner_id
          -- What was sold elsewhere came into the books later than it was paid.
          LEFT JOIN platforms_platformline sub ON sub.order_id = o.id
         WHERE a.campaign_id = %(campaign)s AND a.evidence ->> 'session' = %(session)s
           AND NOT EXISTS (SELECT FROM campaigns_lineattribution b WHERE b.replaces_id = a.id)
    ), money AS (
        SELECT line.id,
               -sum(p.amount_fen) FILTER (WHERE t.kind = 'sale' AND a.kind = 'sales') AS paid_fen,
               sum(p.amount_fen) FILTER (WHERE t.kind = 'refund_decided'
                   AND t.created_at <= line.paid_at + interval '1 hour') AS hour_fen
          FROM line
          JOIN ledger_posting p ON p.consignment_line_id = line.id
          JOIN ledger_transaction t ON t.id = p.transaction_id
          JOIN ledger_account a ON a.id = p.account_id
         GROUP BY line.id
    ), others AS (
        SELECT line.id, sum(s.fen) AS fen
          FROM line JOIN routing_linesource s ON s.consignment_line_id = line.id
         WHERE s.kind <> 'buyer'
         GROUP BY line.id
    ), sold AS (
        SELECT line.*, coalesce(money.paid_fen, 0) AS paid_fen,
               coalesce(money.hour_fen, 0) AS hour_fen, coalesce(others.fen, 0) AS others_fen
          FROM line LEFT JOIN money USING (id) LEFT JOIN others USING (id)
    )
"""
SUMS = """
    count(DISTINCT order_id), count(DISTINCT id), count(DISTINCT buyer),
    coalesce(sum(packs), 0)::bigint, coalesce(sum(ordered_grams), 0)::bigint,
    coalesce(sum(net_fen), 0)::bigint, coalesce(sum(paid_fen), 0)::bigint,
    coalesce(sum(paid_fen - others_fen), 0)::bigint,
    coalesce(sum(hour_fen), 0)::bigint, count(DISTINCT order_id) FILTER (WHERE hour_fen > 0),
    coalesce(sum(refunded_fen), 0)::bigint,
    count(DISTINCT order_id) FILTER (WHERE refunded_fen > 0)
"""
# Which of the ways of looking at it a row belongs to is read off grouping().
BY = ("whole", "product", "county", "village", "partner", "channel")
GROUPED = f"""
    {SOLD}
    SELECT CASE grouping(product_id, partner_id, channel, county_code, village)
             WHEN 31 THEN 'whole' WHEN 15 THEN 'product' WHEN 23 THEN 'partner'
             WHEN 27 THEN 'channel' WHEN 29 THEN 'county' ELSE 'village' END,
           product_id, partner_id, channel, county_code, village, {SUMS}
      FROM sold
     GROUP BY GROUPING SETS ((), (product_id), (partner_id), (channel), (county_code),
                             (county_code, village))
"""  # noqa: S608  our own text
IN_TIME = f"""
    {SOLD}
    SELECT floor(extract(epoch FROM paid_at - %(begin)s) / %(step)s)::int,
           count(DISTINCT order_id), sum(paid_fen)::bigint
      FROM sold GROUP BY 1 ORDER BY 1
"""  # noqa: S608
DURING = f"""
    {SOLD}
    SELECT span.place, count(DISTINCT order_id), coalesce(sum(packs), 0)::bigint,
           coalesce(sum(paid_fen), 0)::bigint
      FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[], %(products)s::bigint[])
           WITH ORDINALITY AS span(begins, ends, product, place)
      JOIN sold ON sold.product_id = span.product
       AND sold.paid_at >= span.begins AND sold.paid_at < span.ends
     GROUP BY span.place
"""  # noqa: S608

# Sold on another platform that has not paid it yet, net of refunds.
UNSETTLED = f"""
    {SOLD}
    SELECT coalesce(sum(sold.paid_fen - sold.refunded_fen), 0)::bigint
      FROM sold JOIN platforms_platformline sub ON sub.order_id = sold.order_id
     WHERE sub.settled_at IS NULL
"""  # noqa: S608


@dataclass(frozen=True)
class Sums:
    """What was sold of something: numbers, grams ordered, and the ladder's steps in fen."""

    orders: int = 0
    lines: int = 0
    buyers: int = 0
    packs: int = 0
    grams: int = 0
    placed_fen: int = 0
    paid_fen: int = 0
    user_paid_fen: int = 0
    hour_refunded_fen: int = 0
    hour_refunded_orders: int = 0
    refunded_fen: int = 0
    refunded_orders: int = 0

    @property
    def net_fen(self) -> int:
        """Net of all refunds."""
        return self.paid_fen - self.refunded_fen


@dataclass(frozen=True)
class Row:
    """Sums of one product, place, cooperative or channel, by name."""

    name: str
    sums: Sums


@dataclass(frozen=True)
class Sold:
    """A session's sums, and the same split in each way; every split adds up to the whole.

    Orders and buyers of the rows may be more than the whole's: one order has several products.
    """

    whole: Sums
    # Of the whole, what our own room sold.
    own: Sums
    products: Sequence[Row]
    counties: Sequence[Row]
    villages: Sequence[Row]
    partners: Sequence[Row]
    channels: Sequence[Row]


@dataclass(frozen=True)
class During:
    """What was sold of one product while it was shown: orders, packs, paid in fen."""

    orders: int = 0
    packs: int = 0
    paid_fen: int = 0


def query(sql: str, session: LiveSession, **params: Any) -> list[tuple]:
    """The rows of a query over what a session sold."""
    own: dict[str, Any] = {"campaign": session.campaign_id, "session": str(session.pk)}
    with connection.cursor() as cursor:
        cursor.execute(sql, own | params)
        return cursor.fetchall()


def sold_in(session: LiveSession) -> Sold:
    """What a session sold, as a whole and split. Three queries, however much it was."""
    found: dict[str, dict[Any, Sums]] = {way: {} for way in BY}
    for way, product, partner, channel, county, village, *sums in query(GROUPED, session):
        key = {
            "product": product,
            "partner": partner,
            "channel": channel,
            "county": county,
            "village": (county, village),
        }.get(way)
        found[way][key] = Sums(*sums)
    products = Product.objects.select_related("produce").in_bulk(found["product"])
    partners = Partner.objects.in_bulk(found["partner"])
    counties = {each.county_code: each.county_name for each in partners.values()}
    villages = {(each.county_code, each.village): each.place for each in partners.values()}
    labels = dict(SessionChannel.Platform.choices)
    return Sold(
        whole=found["whole"].get(None, Sums()),
        own=found["channel"].get(OWN, Sums()),
        products=_rows(found["product"], {pk: one.display_name for pk, one in products.items()}),
        counties=_rows(found["county"], counties),
        villages=_rows(found["village"], villages),
        partners=_rows(found["partner"], {pk: one.display_name for pk, one in partners.items()}),
        channels=_rows(found["channel"], labels),
    )


def unsettled_in(session: LiveSession) -> int:
    """What other platforms still owe of a session's net, in fen. One query."""
    return int(query(UNSETTLED, session)[0][0])


def _rows(sums: Mapping[Any, Sums], names: Mapping[Any, Any]) -> list[Row]:
    """With names, what brought in most first; ties by name."""
    rows = [Row(str(names.get(key) or "–"), each) for key, each in sums.items()]
    return sorted(rows, key=lambda row: (-row.sums.paid_fen, row.name))


def sold_by_time(
    session: LiveSession, begin: datetime, step_seconds: int
) -> list[tuple[int, int, int]]:
    """(step after `begin`, orders, paid in fen), by the time of payment. One query."""
    return query(IN_TIME, session, begin=begin, step=step_seconds)


def sold_during(
    session: LiveSession, spans: Iterable[tuple[datetime, datetime, int]]
) -> list[During]:
    """What was sold of a pack from one moment up to another, for each (begin, end, pack id).

    One query, however many there are.
    """
    wanted = list(spans)
    if not wanted:
        return []
    begins, ends, products = (list(column) for column in zip(*wanted, strict=True))
    rows = query(DURING, session, begins=begins, ends=ends, products=products)
    found = {place: During(*sums) for place, *sums in rows}
    return [found.get(place, During()) for place in range(1, len(wanted) + 1)]
