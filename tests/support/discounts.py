"""Offers and gift vouchers for tests, made through the services."""

import itertools
from datetime import timedelta
from typing import Any

from oscar.core.loading import get_model

from catalog.clock import now
from storefront.discounts import gifts
from storefront.discounts.models import Gift, Host, Terms
from storefront.discounts.services import OfferWish, save_offer

Voucher = get_model("voucher", "Voucher")
_numbers = itertools.count(1)
DAY = timedelta(days=1)


def offer(code: str = "", *, funder: str = "programme", **more: Any) -> Terms:
    """An offer of these weeks: ¥5 off unless said; automatic without a code."""
    number = next(_numbers)
    wish: dict[str, Any] = {
        "name_zh": f"优惠{number}",
        "name_en": f"Offer {number}",
        "starts_at": now() - DAY,
        "ends_at": now() + 60 * DAY,
        "funder": funder,
        "code": code,
    }
    if not {"bps", "amount_fen"} & more.keys():
        more["amount_fen"] = 500
    return save_offer(OfferWish(**{**wish, **more}))


def host(name: str = "Host") -> Host:
    return Host.objects.get_or_create(name=name)[0]


def gift(
    amount_fen: int,
    *,
    days: int = 30,
    funder: str = "programme",
    reference: str = "",
    code: str = "",
) -> Gift:
    """A gift voucher, of a code that nobody knows unless said."""
    return gifts.issue(
        gifts.NewGift(
            amount_fen=amount_fen,
            valid_until=now() + days * DAY,
            funder=funder,
            reference=reference,
        ),
        code=code,
    )[0]


def put_in(basket: Any, *codes: str, cards: tuple[Gift, ...] = ()) -> Any:
    """Vouchers by code, and gift vouchers, into a basket."""
    basket.vouchers.add(*Voucher.objects.filter(code__in=codes))
    basket.gifts.add(*cards)
    return basket
