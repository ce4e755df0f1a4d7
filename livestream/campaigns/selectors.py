"""Figures of campaigns, in the words of the money ladder: placed → paid → net → credited.

Goods only, without freight, in fen. Each order line belongs to one campaign or to none, so the
figures of all campaigns and of "none" add up to the site's. An order with lines of two campaigns
counts as an order of both.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from catalog.numbers import largest_remainder
from livestream.campaigns.models import Campaign, CampaignCost, LinkTouch, TrackedLink

CODE = re.compile(r"[A-Za-z0-9-]{1,24}")


@dataclass(frozen=True)
class Figures:
    """What was sold: orders, lines and grams ordered; then the ladder in fen."""

    orders: int = 0
    lines: int = 0
    grams: int = 0
    placed_fen: int = 0
    paid_fen: int = 0
    net_fen: int = 0
    # To households, pending and available: their part of the sales pools that it was packed from.
    credited_fen: int = 0


@dataclass(frozen=True)
class SiteFigures:
    """Figures of each campaign (or session) by its id, those of none, and the site's."""

    site: Figures
    none: Figures
    each: dict[int, Figures] = field(default_factory=dict)
    # Of each, the sales pools that credit households for what it sold.
    pools: dict[int, list[int]] = field(default_factory=dict)

    def of(self, key: int) -> Figures:
        """One's figures; zeros when nothing was sold."""
        return self.each.get(key, Figures())


@dataclass(frozen=True)
class Progress:
    """How far a campaign is towards one goal: "grams", "paid" or "households"."""

    name: str
    done: int
    goal: int

    @property
    def percent(self) -> int:
        """Whole percent, never rounded up: 100 means reached."""
        return self.done * 100 // self.goal

    @property
    def drawn(self) -> int:
        """The bar's length out of `goal`."""
        return max(0, min(self.done, self.goal))


@dataclass(frozen=True)
class Costs:
    """What a campaign cost, in fen, row by row and in all."""

    rows: Sequence[CampaignCost]
    total_fen: int


@dataclass(frozen=True)
class LinkFigures:
    """A tracked link: how often it was followed, and what it sold."""

    link: TrackedLink | None
    touches: int
    figures: Figures


# Who sold something: (campaign id, live session id), 0 for none.
Seller = tuple[int, int]
NOBODY: Seller = (0, 0)
# The attribution that counts is the one that none replaces.
CURRENT = """
    WITH current AS (
        SELECT a.order_line_id, a.campaign_id, a.evidence ->> 'link' AS link,
               (a.evidence ->> 'session')::bigint AS session_id
        FROM campaigns_lineattribution a
        WHERE NOT EXISTS (SELECT 1 FROM campaigns_lineattribution b WHERE b.replaces_id = a.id)
    )
"""
SOLD = """
    SELECT {by}, grouping({by}) AS whole, count(DISTINCT ol.order_id), count(DISTINCT ol.id),
           sum(cl.ordered_grams)::bigint, sum(cl.net_fen)::bigint, sum(cl.refunded_fen)::bigint
    FROM routing_consignmentline cl
    JOIN order_line ol ON ol.id = cl.order_line_id
    LEFT JOIN current ON current.order_line_id = ol.id
    {where}
    GROUP BY GROUPING SETS (({by}), ())
"""
# What came in, as the ledger has it: the sale's credits of `sales`, line by line.
PAID = """
    SELECT {by}, -sum(p.amount_fen)::bigint
    FROM ledger_posting p
    JOIN ledger_transaction t ON t.id = p.transaction_id AND t.kind = 'sale'
    JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'sales'
    JOIN routing_consignmentline cl ON cl.id = p.consignment_line_id
    LEFT JOIN current ON current.order_line_id = cl.order_line_id
    {where}
    GROUP BY {by}
"""
# Each campaign's and session's money in each sales pool: now, and as it was packed (before
# refunds).
IN_POOLS = """
    SELECT a.sales_pool_id, current.campaign_id, current.session_id, -sum(p.amount_fen)::bigint,
           -sum(p.amount_fen) FILTER (WHERE t.kind <> 'refund_decided')::bigint
    FROM ledger_posting p
    JOIN ledger_transaction t ON t.id = p.transaction_id
    JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'pool'
    JOIN routing_consignmentline cl ON cl.id = p.consignment_line_id
    LEFT JOIN current ON current.order_line_id = cl.order_line_id
    WHERE %(pools)s::bigint[] IS NULL OR a.sales_pool_id = ANY(%(pools)s)
    GROUP BY a.sales_pool_id, current.campaign_id, current.session_id
"""
CREDITED = """
    SELECT p.sales_pool_id, -sum(p.amount_fen)::bigint
    FROM ledger_posting p
    JOIN ledger_account a ON a.id = p.account_id AND a.kind IN ('pending', 'available')
    WHERE p.sales_pool_id IS NOT NULL
      AND (%(pools)s::bigint[] IS NULL OR p.sales_pool_id = ANY(%(pools)s))
    GROUP BY p.sales_pool_id
"""
# Households with something credited in these sales pools.
HOUSEHOLDS = """
    SELECT count(*) FROM (
        SELECT a.household_id
        FROM ledger_posting p
        JOIN ledger_account a ON a.id = p.account_id AND a.kind IN ('pending', 'available')
        WHERE p.sales_pool_id = ANY(%s)
        GROUP BY a.household_id HAVING sum(p.amount_fen) < 0
    ) credited
"""


def _rows(sql: str, params: Sequence[Any] | dict[str, Any] = ()) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def find_link(code: str) -> TrackedLink | None:
    """The tracked link of a code, printed or said, in any case; with campaign, page, produce."""
    if not CODE.fullmatch(code):
        return None
    links = TrackedLink.objects.select_related("campaign__page", "produce")
    return links.filter(Q(code=code) | Q(spoken=code.upper())).first()


def _cut_pool(credited_fen: int, money: dict[Seller, tuple[int, int]]) -> dict[Seller, int]:
    """A pool's credits cut over sellers by their money in it, largest remainder.

    By what was packed where nothing of it is left: then the credits await their reversal.
    """
    for which in (0, 1):
        weights = {seller: max(0, fen[which]) for seller, fen in money.items()}
        if any(weights.values()):
            sign = -1 if credited_fen < 0 else 1
            parts = largest_remainder(abs(credited_fen), weights)
            return {seller: sign * part for seller, part in parts.items()}
    return {NOBODY: credited_fen}


def credits_by_seller(pools: Sequence[int] | None = None) -> dict[Seller, dict[int, int]]:
    """Household credits in fen by (campaign, session) and sales pool: of these pools, or of all.

    Each pool is cut once over all who sold of it, so that a campaign's are those of its sessions
    and of what no session sold. Two queries.
    """
    money: dict[int, dict[Seller, tuple[int, int]]] = defaultdict(dict)
    wanted = {"pools": None if pools is None else list(pools)}
    for sales_pool_id, campaign_id, session_id, now_fen, packed_fen in _rows(
        CURRENT + IN_POOLS, wanted
    ):
        money[sales_pool_id][campaign_id or 0, session_id or 0] = (now_fen, packed_fen or 0)
    credited: dict[Seller, dict[int, int]] = defaultdict(dict)
    for sales_pool_id, credited_fen in _rows(CREDITED, wanted):
        for seller, part in _cut_pool(credited_fen, money[sales_pool_id]).items():
            credited[seller][sales_pool_id] = part
    return credited


def _credited_by(place: int) -> dict[int, dict[int, int]]:
    """Household credits by campaign id (place 0) or session id (1), 0: none, and sales pool."""
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for seller, parts in credits_by_seller().items():
        for sales_pool_id, part in parts.items():
            found[seller[place]][sales_pool_id] += part
    return found


def _figures(by: str, where: str = "", params: Sequence[Any] = ()) -> dict[Any, Figures]:
    """Figures by a column of the current attribution; the whole under the key "whole"."""
    paid = dict(_rows(CURRENT + PAID.format(by=by, where=where), params))
    found = {}
    for key, whole, orders, lines, grams, placed, refunded in _rows(
        CURRENT + SOLD.format(by=by, where=where), params
    ):
        came_in = sum(paid.values()) if whole else paid.get(key, 0)
        found["whole" if whole else key] = Figures(
            orders, lines, grams or 0, placed or 0, came_in, came_in - (refunded or 0)
        )
    return found


def _with_credit(figures: Figures, credited_fen: int) -> Figures:
    return Figures(**{**vars(figures), "credited_fen": credited_fen})


def site_figures() -> SiteFigures:
    """The figures of every campaign, of none, and of the site. Four queries."""
    return _all_figures("current.campaign_id", _credited_by(0))


def session_figures() -> SiteFigures:
    """The same by live session: what no session sold is `none`. Four queries."""
    return _all_figures("current.session_id", _credited_by(1))


def _all_figures(by: str, pools: dict[int, dict[int, int]]) -> SiteFigures:
    found = _figures(by)
    credited = {key: sum(parts.values()) for key, parts in pools.items()}
    whole = found.pop("whole")
    return SiteFigures(
        site=_with_credit(whole, sum(credited.values())),
        none=_with_credit(found.pop(None, Figures()), credited.get(0, 0)),
        each={key: _with_credit(value, credited.get(key, 0)) for key, value in found.items()},
        pools={
            key: [pool for pool, part in parts.items() if part > 0] for key, parts in pools.items()
        },
    )


def progress(campaign: Campaign, found: SiteFigures) -> list[Progress]:
    """How far a campaign is towards each goal that it has. One query."""
    figures = found.of(campaign.pk)
    [(households,)] = _rows(HOUSEHOLDS, [found.pools.get(campaign.pk, [])])
    goals = (
        ("grams", figures.grams, campaign.goal_grams),
        ("paid", figures.paid_fen, campaign.goal_paid_fen),
        ("households", households, campaign.goal_households),
    )
    return [Progress(name, done, goal) for name, done, goal in goals if goal is not None]


def figures_of(campaign_id: int) -> Figures:
    """One campaign's figures without its credits. Two queries."""
    return _figures("current.campaign_id", "WHERE current.campaign_id = %s", [campaign_id])["whole"]


def costs_of(campaign_id: int) -> Costs:
    """A campaign's costs with who entered them. One query."""
    rows = list(CampaignCost.objects.filter(campaign=campaign_id).select_related("entered_by"))
    return Costs(rows, sum(row.amount_fen for row in rows))


def links_of(campaign_id: int) -> QuerySet[TrackedLink]:
    """A campaign's tracked links, with the produce that they lead to. One query."""
    return TrackedLink.objects.filter(campaign=campaign_id).select_related("produce")


def link_figures(campaign_id: int) -> list[LinkFigures]:
    """Each link of a campaign: touches, orders, paid, net. Four queries; credits not cut so far.

    The last row, without a link, is what is credited to the campaign otherwise (by staff …).
    """
    found = _figures("current.link", "WHERE current.campaign_id = %s", [campaign_id])
    found.pop("whole")
    touches = dict(
        LinkTouch.objects.filter(link__campaign_id=campaign_id)
        .order_by()
        .values_list("link_id")
        .annotate(Count("id"))
    )
    rows = [
        LinkFigures(link, touches.get(link.pk, 0), found.pop(link.code, Figures()))
        for link in links_of(campaign_id)
    ]
    for figures in found.values():
        rows.append(LinkFigures(None, 0, figures))
    return rows
