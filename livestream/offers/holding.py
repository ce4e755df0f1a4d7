"""What a payment takes of flash prices and of limits per buyer: held, then sold, or released.

Each counter is one conditional UPDATE. Order: by item, flash price before its buyers' counts before
the item's; after the discounts (storefront.discounts.holding) and before the stock pools.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from catalog.buyer_counts import BuyerCounts
from catalog.clock import now
from livestream.offers.models import FlashPrice, RoomHold
from livestream.offers.selectors import RoomLine

State = RoomHold.State
FLASH_COUNTS = BuyerCounts("live_offers_flashcount", "flash_id", "packs")
ITEM_COUNTS = BuyerCounts("live_offers_itemcount", "item_id", "packs")


class RoomGone(Exception):
    """A flash price has too little left, or a buyer had as many packs as one may have."""


HOLD = """
UPDATE live_offers_flashprice SET held = held + %(packs)s
 WHERE id = %(flash)s AND ended_at IS NULL AND begins_at <= %(now)s AND ends_at > %(now)s
   AND held + sold + %(packs)s <= quantity
"""
# Paid late, after it was released: that its time is over by now does not matter.
TAKE = """
UPDATE live_offers_flashprice SET sold = sold + %(packs)s
 WHERE id = %(flash)s AND held + sold + %(packs)s <= quantity
"""


def _changed(sql: str, **values: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount == 1


def freeze(lines: Mapping[int, RoomLine]) -> list[dict[str, Any]]:
    """A payment's lines from a room, for its snapshot: what each costs and counts for."""
    return [
        {
            "line": index,
            "session": line.session_id,
            "item": line.item_id,
            "packs": line.packs,
            "limit": line.limit,
            "flash": line.flash.pk if line.flash else None,
            "flash_limit": line.flash.per_buyer if line.flash else None,
            "unit_fen": line.unit_fen,
            "full_fen": line.full_fen,
        }
        for index, line in sorted(lines.items())
    ]


def flashes_of(snapshot: Mapping[str, Any]) -> dict[int, dict[str, int]]:
    """{index of the line: the flash price that it is sold at}, as the evidence of its sale."""
    return {
        row["line"]: {name: row[name] for name in ("flash", "unit_fen", "full_fen")}
        for row in snapshot.get("room", ())
        if row["flash"]
    }


def hold(attempt_uuid: UUID, rows: Sequence[dict[str, Any]], buyer: Sequence[str]) -> None:
    """Hold what a payment's lines take of flash prices and limits. `rows` as `freeze` made them.

    Must run in the transaction that reserves the goods, which is rolled back on RoomGone.
    """
    moment = now()
    holds = [
        RoomHold(
            attempt_id=attempt_uuid,
            line=row["line"],
            item_id=row["item"],
            flash_id=row["flash"],
            packs=row["packs"],
            item_most=row["limit"],
            flash_most=row["flash_limit"],
            buyer=list(buyer) if row["limit"] or row["flash_limit"] else [],
            created_at=moment,
        )
        for row in rows
        if row["limit"] or row["flash"]
    ]
    for each in sorted(holds, key=lambda each: (each.item_id, each.flash_id or 0, each.line)):
        if each.flash_id and not _changed(HOLD, flash=each.flash_id, packs=each.packs, now=moment):
            raise RoomGone(f"flash price {each.flash_id} has too little left")
        _count(each)
    RoomHold.objects.bulk_create(holds)


def _count(each: RoomHold) -> None:
    """Count a line for its buyer. Raises RoomGone."""
    if (
        each.flash_id
        and each.flash_most
        and not FLASH_COUNTS.take(each.flash_id, each.buyer, each.packs, each.flash_most)
    ):
        raise RoomGone(f"flash price {each.flash_id}: the buyer had as many as one may have")
    if each.item_most and not ITEM_COUNTS.take(
        each.item_id, each.buyer, each.packs, each.item_most
    ):
        raise RoomGone(f"item {each.item_id}: the buyer had as many as one may have")


def _in_order(attempt_uuid: UUID) -> list[RoomHold]:
    return list(RoomHold.objects.filter(attempt_id=attempt_uuid).order_by("item", "flash", "line"))


def _leave(each: RoomHold, state: str, for_state: str) -> bool:
    return bool(RoomHold.objects.filter(pk=each.pk, state=state).update(state=for_state))


@transaction.atomic
def release(attempt_uuid: UUID) -> None:
    """Give back what a payment held. Doing it twice gives back once."""
    for each in _in_order(attempt_uuid):
        if not _leave(each, State.HELD, State.RELEASED):
            continue
        if each.flash_id:
            FlashPrice.objects.filter(pk=each.flash_id).update(held=F("held") - each.packs)
        if each.flash_id and each.flash_most:
            FLASH_COUNTS.give_back(each.flash_id, each.buyer, each.packs)
        if each.item_most:
            ITEM_COUNTS.give_back(each.item_id, each.buyer, each.packs)


def consume(attempt_uuid: UUID) -> None:
    """Sell what a payment held: its order is being placed. Raises RoomGone.

    What was released meanwhile (the payment came late) is taken again if there is some left. Must
    run in the placement's transaction, which is rolled back on RoomGone.
    """
    for each in _in_order(attempt_uuid):
        if _leave(each, State.HELD, State.SOLD):
            if each.flash_id:
                FlashPrice.objects.filter(pk=each.flash_id).update(
                    held=F("held") - each.packs, sold=F("sold") + each.packs
                )
        elif _leave(each, State.RELEASED, State.SOLD):
            if each.flash_id and not _changed(TAKE, flash=each.flash_id, packs=each.packs):
                raise RoomGone(f"flash price {each.flash_id} has too little left")
            _count(each)
