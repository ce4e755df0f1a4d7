"""The report of a live session: its figures, what it sold in every way of looking at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.clock import now
from catalog.numbers import to_yuan
from livestream.campaigns.selectors import Costs, costs_of, figures_of
from livestream.figures.audience import audience_of
from livestream.figures.definitions import FIGURES, Counts, Figure, Unit
from livestream.figures.pools import Pools, pools_of
from livestream.figures.sales import Sold, Sums, sold_in, unsettled_in
from livestream.figures.timeline import Timeline, timeline
from livestream.sessions.models import LiveSession


@dataclass(frozen=True)
class Shown:
    """A figure as it is shown: its value (yuan, rate or number; None: not counted) and as text."""

    figure: Figure
    value: Decimal | int | None
    text: str


@dataclass(frozen=True)
class Report:
    """All of a session's report. `costs` and `campaign_net_fen` are the whole campaign's."""

    session: LiveSession
    sold: Sold
    pools: Pools
    figures: Sequence[Shown]
    timeline: Timeline | None
    costs: Costs
    campaign_net_fen: int
    # Of its net what other platforms have not paid yet.
    unsettled_fen: int

    @property
    def settled_fen(self) -> int:
        """What the payment service and the other platforms have paid of its net."""
        return self.sold.whole.net_fen - self.unsettled_fen

    @property
    def is_frozen(self) -> bool:
        """Whether nobody can credit its lines otherwise any more."""
        return now() >= self.session.campaign.frozen_from

    @property
    def after_costs_fen(self) -> int:
        """What the campaign brought in, net of refunds, less what it cost."""
        return self.campaign_net_fen - self.costs.total_fen


def counts_of(sums: Sums, **audience: int | None) -> Counts:
    """What was sold and who watched, as the definitions take it."""
    return Counts(
        paid_fen=sums.paid_fen,
        orders=sums.orders,
        buyers=sums.buyers,
        units=sums.packs,
        user_paid_fen=sums.user_paid_fen,
        hour_refunded_fen=sums.hour_refunded_fen,
        hour_refunded_orders=sums.hour_refunded_orders,
        refunded_fen=sums.refunded_fen,
        refunded_orders=sums.refunded_orders,
        **audience,
    )


def shown(figure: Figure, counts: Counts) -> Shown:
    """A figure of these counts, ready to be read."""
    value: Any = figure.work_out(counts)
    if value is None:
        return Shown(figure, None, "–")
    if figure.unit == Unit.RATE:
        return Shown(figure, value, f"{value * 100:.2f} %")
    if figure.unit == Unit.NUMBER:
        return Shown(figure, value, f"{value:,}")
    if figure.unit == Unit.FEN:
        value = to_yuan(value)
    return Shown(figure, value, f"¥{value:,.2f}")


def report_of(session: LiveSession) -> Report:
    """A session's report; `session` with its campaign. As many queries however much was sold."""
    sold = sold_in(session)
    whole = counts_of(sold.whole)
    in_room = counts_of(sold.own, **audience_of(session))
    return Report(
        session=session,
        sold=sold,
        pools=pools_of(session),
        figures=[shown(each, in_room if each.of_room else whole) for each in FIGURES],
        timeline=timeline(session),
        costs=costs_of(session.campaign_id),
        campaign_net_fen=figures_of(session.campaign_id).net_fen,
        unsettled_fen=unsettled_in(session),
    )
