"""A payment's discounts: frozen in its snapshot, and written into its order from there."""

from collections.abc import Sequence
from typing import Any

from oscar.core.loading import get_model

from catalog.models import in_language
from catalog.numbers import to_yuan
from cooperatives.routing.sources import Source
from storefront.discounts.pricing import Discount, GiftPart

OrderDiscount = get_model("order", "OrderDiscount")
OrderLineDiscount = get_model("order", "OrderLineDiscount")
VoucherApplication = get_model("voucher", "VoucherApplication")


def freeze(
    discounts: Sequence[Discount], gifts: Sequence[GiftPart], buyer: Sequence[str]
) -> dict[str, Any]:
    """The snapshot's part: what is taken off, by whom and where; what gift vouchers pay."""
    return {
        "discounts": [
            {
                "terms": each.terms_id,
                "version": each.version,
                "offer": each.offer_id,
                "name_zh": each.name_zh,
                "name_en": each.name_en,
                "voucher": each.voucher_id,
                "code": each.code,
                "funder": each.funder,
                "source": list(each.source) if each.source else None,
                "campaign": each.campaign_id,
                "per_buyer": each.per_buyer,
                "fen": each.fen,
                "parts": sorted([part, fen] for part, fen in each.parts.items()),
                "lines": sorted([line, fen] for line, fen in each.lines.items()),
            }
            for each in discounts
        ],
        "gifts": [{"gift": each.gift_id, "ending": each.ending, "fen": each.fen} for each in gifts],
        "buyer": list(buyer),
    }


def sources_in(row: dict) -> tuple[Source, ...]:
    """Who else paid of a part or a freight of a snapshot."""
    return tuple(Source(*each) for each in row.get("sources", ()))


def gift_fen(snapshot: dict) -> int:
    """What gift vouchers pay of a payment."""
    return sum(row["fen"] for row in snapshot.get("gifts", ()))


def due_of_line(snapshot: dict, line: int) -> int:
    """What the buyer owes for a line, by card and gift voucher together: after all discounts."""
    row = snapshot["lines"][line]
    off = sum(
        fen
        for each in snapshot.get("discounts", ())
        for place, fen in each["lines"]
        if place == line
    )
    return row["unit_fen"] * row["packs"] - off


def coupons_of(snapshot: dict, line: int) -> list[dict[str, Any]]:
    """The campaigns' coupons that a line was discounted by, the largest first."""
    found = [
        (-fen, each["terms"], {"code": each["code"], "campaign": each["campaign"]})
        for each in snapshot.get("discounts", ())
        for place, fen in each["lines"]
        if place == line and each["campaign"] is not None and each["code"]
    ]
    return [
        {"terms": terms, **coupon} for _fen, terms, coupon in sorted(found, key=lambda row: row[:2])
    ]


def _snapshot_of(order: Any) -> dict:
    attempt = getattr(order, "payment_attempt", None)
    return attempt.snapshot if attempt is not None else {}


def shown_discounts(order: Any) -> list[tuple[str, int]]:
    """What was taken off an order, in the page's language: (name, fen)."""
    rows = _snapshot_of(order).get("discounts", ())
    return [(in_language(row["name_zh"], row["name_en"]), row["fen"]) for row in rows]


def shown_gifts(order: Any) -> list[tuple[str, int]]:
    """What gift vouchers paid of an order: (the code's ending, fen)."""
    return [(row["ending"], row["fen"]) for row in _snapshot_of(order).get("gifts", ())]


def write(order: Any, lines: Sequence[Any], snapshot: dict) -> None:
    """Oscar's rows of an order's discounts, from its snapshot: never priced again."""
    rows = snapshot.get("discounts", ())
    if not rows:
        return
    made = OrderDiscount.objects.bulk_create(
        OrderDiscount(
            order=order,
            offer_id=row["offer"],
            offer_name=row["name_zh"],
            voucher_id=row["voucher"],
            voucher_code=row["code"],
            frequency=1,
            amount=to_yuan(row["fen"]),
        )
        for row in rows
    )
    OrderLineDiscount.objects.bulk_create(
        OrderLineDiscount(
            line=lines[place], order_discount=discount, is_incl_tax=True, amount=to_yuan(fen)
        )
        for row, discount in zip(rows, made, strict=True)
        for place, fen in row["lines"]
    )
    VoucherApplication.objects.bulk_create(
        VoucherApplication(voucher_id=row["voucher"], order=order, user_id=order.user_id)
        for row in rows
        if row["voucher"] is not None
    )
