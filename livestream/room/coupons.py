"""Coupons that a desk hands out in a room (发券). Which there are, the shop's discounts say.

A room only shows a voucher: limits and budget are counted at placement, as for every other one.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Coupon:
    """A voucher that can be handed out. `left`: uses that are not taken; None without a limit."""

    code: str
    name_zh: str
    name_en: str
    left: int | None

    @property
    def shown(self) -> dict[str, str]:
        """As a room's viewers are told of it."""
        return {"code": self.code, "zh": self.name_zh, "en": self.name_en or self.name_zh}


class Coupons(Protocol):
    """What the shop's discounts offer to a room."""

    def for_campaign(self, campaign_id: int) -> list[Coupon]:
        """The vouchers with a code that can be used now: the campaign's, and those of none."""


_bound: list[Coupons] = []


def bind(coupons: Coupons) -> None:
    """Bind the implementation, once at start-up."""
    _bound[:] = [coupons]


def for_campaign(campaign_id: int) -> list[Coupon]:
    """What a desk may hand out in a session of a campaign."""
    return [one for bound in _bound for one in bound.for_campaign(campaign_id)]
