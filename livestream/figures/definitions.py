"""The figures of a live session: each a pure function of counts, with its formula in words.

The words and formulas are those of Douyin's Compass, so that a team can lay its own screen beside
ours (FIELD_NOTES, "Live commerce"). People are counted once, times as often as they happened.
Money is integer fen, results are exact decimals rounded half up; nothing is a float.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.numbers import to_yuan

PER_VIEWS = 1000


@dataclass(frozen=True)
class Counts:
    """What was counted of a session. None: nobody counted it."""

    paid_fen: int
    orders: int
    buyers: int
    # Packs.
    units: int
    # Of what was paid, the buyers' own money: without gift vouchers and what others bear.
    user_paid_fen: int
    # Given back within an hour of the payment, and ever.
    hour_refunded_fen: int = 0
    hour_refunded_orders: int = 0
    refunded_fen: int = 0
    refunded_orders: int = 0
    # People who saw the room's entrance, and of them those who came in; then who watched, and how
    # often it was opened.
    exposures: int | None = None
    entries: int | None = None
    viewers: int | None = None
    views: int | None = None
    # People who saw a product, and of them those who opened one.
    exposed: int | None = None
    clickers: int | None = None
    # All viewers' time together, and how long the session was on air.
    watched_seconds: int | None = None
    seconds: int | None = None


class Unit(StrEnum):
    """What a figure is counted in."""

    RATE = "rate"
    FEN = "fen"
    YUAN = "yuan"
    NUMBER = "number"


@dataclass(frozen=True)
class Figure:
    """A figure's name, formula in words and unit, and how it is worked out."""

    code: str
    name: Any
    formula: Any
    unit: Unit
    work_out: Callable[[Counts], Decimal | int | None]
    # Of our own room alone: nobody counts who watched elsewhere.
    of_room: bool = False


def divided(part: Decimal | int | None, whole: int | None, places: int) -> Decimal | None:
    """part ÷ whole, rounded half up; None if one of them is not known or there is no whole."""
    if part is None or not whole:
        return None
    return (Decimal(part) / whole).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def rate(part: int | None, whole: int | None) -> Decimal | None:
    """A part of a whole with four places: 0.5002 is shown as 50.02 %."""
    return divided(part, whole, 4)


def yuan_each(fen: int, number: int | None, times: int = 1) -> Decimal | None:
    """Yuan for each of so many, or for each so many `times` of them, with two places."""
    return divided(to_yuan(fen) * times, number, 2)


def exposure_to_view(counts: Counts) -> Decimal | None:
    """曝光-观看率."""
    return rate(counts.entries, counts.exposures)


def click_rate(counts: Counts) -> Decimal | None:
    """商品点击率."""
    return rate(counts.clickers, counts.exposed)


def click_to_buy(counts: Counts) -> Decimal | None:
    """点击-成交率."""
    return rate(counts.buyers, counts.clickers)


def watch_to_buy(counts: Counts) -> Decimal | None:
    """观看-成交率, by people."""
    return rate(counts.buyers, counts.viewers)


def watch_to_buy_times(counts: Counts) -> Decimal | None:
    """观看-成交率, by times."""
    return rate(counts.orders, counts.views)


def hour_refund_rate(counts: Counts) -> Decimal | None:
    """1小时退款率, of the money."""
    return rate(counts.hour_refunded_fen, counts.paid_fen)


def refund_rate(counts: Counts) -> Decimal | None:
    """The true refund rate, of the money: every refund until now."""
    return rate(counts.refunded_fen, counts.paid_fen)


def hour_net_fen(counts: Counts) -> int:
    """净成交 as the platforms say it: only the first hour's refunds are taken off."""
    return counts.paid_fen - counts.hour_refunded_fen


def hour_net_orders(counts: Counts) -> int:
    """Orders without those that were refunded in the first hour."""
    return counts.orders - counts.hour_refunded_orders


def net_fen(counts: Counts) -> int:
    """What is left after every refund."""
    return counts.paid_fen - counts.refunded_fen


def gpm(counts: Counts) -> Decimal | None:
    """GPM, in yuan."""
    return yuan_each(counts.paid_fen, counts.views, PER_VIEWS)


def viewer_value(counts: Counts) -> Decimal | None:
    """UV价值, in yuan."""
    return yuan_each(counts.paid_fen, counts.viewers)


def per_buyer(counts: Counts) -> Decimal | None:
    """客单价, in yuan."""
    return yuan_each(counts.paid_fen, counts.buyers)


def per_unit(counts: Counts) -> Decimal | None:
    """件单价, in yuan."""
    return yuan_each(counts.paid_fen, counts.units)


def average_online(counts: Counts) -> Decimal | None:
    """平均在线: the mean over the time on air."""
    return divided(counts.watched_seconds, counts.seconds, 1)


FIGURES = (
    Figure(
        "exposure_to_view",
        _("Came in of those who saw the room"),
        _("entries ÷ exposures of the room"),
        Unit.RATE,
        exposure_to_view,
        of_room=True,
    ),
    Figure(
        "click_rate",
        _("Product click rate"),
        _("people who opened a product ÷ people who saw one"),
        Unit.RATE,
        click_rate,
        of_room=True,
    ),
    Figure(
        "click_to_buy",
        _("Bought of those who clicked"),
        _("buyers ÷ people who opened a product"),
        Unit.RATE,
        click_to_buy,
        of_room=True,
    ),
    Figure(
        "watch_to_buy",
        _("Bought of those who watched, people"),
        _("buyers ÷ viewers"),
        Unit.RATE,
        watch_to_buy,
        of_room=True,
    ),
    Figure(
        "watch_to_buy_times",
        _("Bought of those who watched, times"),
        _("orders ÷ views"),
        Unit.RATE,
        watch_to_buy_times,
        of_room=True,
    ),
    Figure(
        "hour_refund_rate",
        _("Refunded within an hour"),
        _("refunds decided within an hour of the payment ÷ paid"),
        Unit.RATE,
        hour_refund_rate,
    ),
    Figure(
        "refund_rate",
        _("Refunded in all"),
        _("all refunds decided until now ÷ paid"),
        Unit.RATE,
        refund_rate,
    ),
    Figure(
        "hour_net_fen",
        _("Net of the first hour's refunds"),
        _("paid − refunds decided within an hour: what other platforms call net"),
        Unit.FEN,
        hour_net_fen,
    ),
    Figure(
        "hour_net_orders",
        _("Orders without the first hour's refunds"),
        _("orders − orders with a refund within an hour of the payment"),
        Unit.NUMBER,
        hour_net_orders,
    ),
    Figure(
        "net_fen",
        _("Net of all refunds"),
        _("paid − all refunds decided until now"),
        Unit.FEN,
        net_fen,
    ),
    Figure(
        "gpm",
        _("Paid per 1,000 views (GPM)"),
        _("paid ÷ views × 1,000"),
        Unit.YUAN,
        gpm,
        of_room=True,
    ),
    Figure(
        "viewer_value",
        _("Paid per viewer (UV value)"),
        _("paid ÷ viewers, each counted once"),
        Unit.YUAN,
        viewer_value,
        of_room=True,
    ),
    Figure("per_buyer", _("Paid per buyer"), _("paid ÷ buyers"), Unit.YUAN, per_buyer),
    Figure("per_unit", _("Paid per pack"), _("paid ÷ packs"), Unit.YUAN, per_unit),
    Figure(
        "average_online",
        _("Viewers at a time"),
        _("all viewers' time together ÷ time on air"),
        Unit.NUMBER,
        average_online,
        of_room=True,
    ),
)
