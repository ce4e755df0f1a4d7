"""Every write to the events of a room: what a desk does, and undoes."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from catalog.clock import now
from livestream.offers import services as offers
from livestream.offers.selectors import running
from livestream.room import chat, coupons, wire
from livestream.room.models import ShelfEvent
from livestream.room.selectors import room_state
from livestream.sessions.models import LiveSession, SessionEvent, ShelfItem, State
from livestream.sessions.services import lock_session, milliseconds_into

Kind = ShelfEvent.Kind
# While it is so, a desk can do something.
RUN = (State.SCHEDULED, State.LIVE, State.PAUSED)
# What an undo takes back. Money and states have buttons of their own.
UNDOABLE = (Kind.PIN, Kind.ORDER, Kind.NOTICE, Kind.CHAT, Kind.COUPON)
LONGEST_NOTICE = 200
SLOWEST = 600


class CannotDo(Exception):
    """Nothing was done at the desk; the message says why, in the reader's language."""


@transaction.atomic
def record(
    session: LiveSession,
    kind: str,
    data: dict[str, Any],
    actor: Any,
    undoes: ShelfEvent | None = None,
) -> ShelfEvent:
    """Write down that something happened in a session's room, and tell its viewers after commit.

    Within the caller's transaction, under the lock of the session's row. `data`: see ShelfEvent.
    """
    row = lock_session(session.pk)
    last = ShelfEvent.objects.filter(session=row).aggregate(last=Max("sequence"))["last"] or 0
    moment = now()
    if row.started_at is not None:
        # A clock that was set back: nothing happened before the beginning.
        moment = max(moment, row.started_at)
    event = ShelfEvent.objects.create(
        session=row,
        sequence=last + 1,
        at=moment,
        offset_ms=milliseconds_into(row, moment),
        kind=kind,
        data=data,
        actor=actor,
        undoes=undoes,
    )
    transaction.on_commit(lambda: tell(row.pk))
    return event


def record_move(session: LiveSession, move: SessionEvent) -> None:
    """Write down that a session went from one state to another."""
    record(session, Kind.STATE, {"state": str(move.to_state)}, move.actor)


def tell(session_id: int) -> None:
    """Tell the viewers of a session what its room is like now."""
    state = room_state(session_id)
    wire.put_state(session_id, state.sequence, state.plain())


def _running(session_id: int) -> LiveSession:
    """The session under its lock, if a desk can do something to it. Raises CannotDo."""
    session = lock_session(session_id)
    if session.state not in RUN:
        raise CannotDo(
            _("It is “%(state)s”: nothing can be done at the desk.")
            % {"state": session.get_state_display()}
        )
    return session


@transaction.atomic
def pin(session_id: int, item_id: int | None, actor: Any) -> ShelfEvent:
    """Show an item as the one that is spoken of (讲解中); None: none is. Raises CannotDo."""
    session = _running(session_id)
    if item_id is not None and not session.shelf.filter(pk=item_id).exists():
        raise CannotDo(_("It does not lie on this shelf."))
    return record(session, Kind.PIN, {"item": item_id}, actor)


@transaction.atomic
def reorder(session_id: int, item_ids: Iterable[int], actor: Any, seen: int) -> ShelfEvent:
    """Lay the shelf in another order: all its items, each once.

    `seen`: the last event that the desk knew of. If the order was changed since, it would undo
    another desk's work unseen. Raises CannotDo.
    """
    session, order = _running(session_id), list(item_ids)
    if sorted(order) != sorted(
        ShelfItem.objects.filter(session=session).values_list("pk", flat=True)
    ):
        raise CannotDo(_("The shelf is another one. Look again."))
    changed = session.shelf_events.filter(sequence__gt=seen)
    if changed.filter(kind=Kind.ORDER).exists() or changed.filter(undoes__kind="order").exists():
        raise CannotDo(_("Someone else has just changed the order. Look again."))
    return record(session, Kind.ORDER, {"items": order}, actor)


@transaction.atomic
def notice(session_id: int, text: str, actor: Any) -> ShelfEvent:
    """Show a notice (公告) above the chat; an empty one takes it away. Raises CannotDo."""
    text = chat.one_line(text)
    if len(text) > LONGEST_NOTICE:
        raise CannotDo(_("A notice has %(most)d letters at most.") % {"most": LONGEST_NOTICE})
    return record(_running(session_id), Kind.NOTICE, {"text": text}, actor)


@transaction.atomic
def set_chat(session_id: int, is_open: bool, slow_seconds: int, actor: Any) -> ShelfEvent:
    """Open or close the chat; with `slow_seconds` above 0 everybody waits so long between messages.

    Raises CannotDo.
    """
    if not 0 <= slow_seconds <= SLOWEST:
        raise CannotDo(_("From 0 to %(most)d seconds.") % {"most": SLOWEST})
    data = {"open": is_open, "slow_seconds": slow_seconds}
    return record(_running(session_id), Kind.CHAT, data, actor)


@transaction.atomic
def coupon(session_id: int, code: str, actor: Any) -> ShelfEvent:
    """Hand out a voucher (发券) to whoever taps it; no code: none any more. Raises CannotDo."""
    session, data = _running(session_id), {"code": ""}
    if code:
        found = {one.code: one for one in coupons.for_campaign(session.campaign_id)}
        if code not in found:
            raise CannotDo(_("There is no such voucher that can be used now. Look again."))
        if session.rehearsal:
            raise CannotDo(_("This is a rehearsal: nothing is given."))
        data = found[code].shown
    return record(session, Kind.COUPON, data, actor)


def price_of(text: str, full_fen: int) -> int:
    """The flash price that was typed, in fen: "19.9" yuan, "-20%", or "8.5折"; below a fen is cut.

    Raises CannotDo for anything else.
    """
    text = text.strip().replace("¥", "").replace("％", "%")
    found = re.fullmatch(r"(-?)(\d{1,6}(?:\.\d{1,2})?)(%|折|)", text)
    if found is None or (found[1] == "-") != (found[3] == "%"):
        raise CannotDo(_("Type a price such as 19.90, or -20%, or 8.5折."))
    number = Decimal(found[2])
    if found[3] == "%":
        number = full_fen * (100 - number) / 10_000
    elif found[3] == "折":
        number = full_fen * number / 1_000
    return int(number * 100)


@transaction.atomic
def begin_flash(
    session_id: int,
    item_id: int,
    price: str,
    *,
    seconds: int,
    quantity: int,
    per_buyer: int | None,
    actor: Any,
) -> ShelfEvent:
    """Offer so many packs of an item at a lower price for a while; `price` as `price_of` reads it.

    Raises CannotDo or CannotOffer.
    """
    session = _running(session_id)
    item = session.shelf.select_related("pack").filter(pk=item_id).first()
    if item is None:
        raise CannotDo(_("It does not lie on this shelf."))
    flash = offers.begin_flash(
        item,
        price_fen=price_of(price, item.pack.offer_fen),
        seconds=seconds,
        quantity=quantity,
        per_buyer=per_buyer,
        actor=actor,
    )
    data = {"flash": flash.pk, "item": item_id, "price_fen": flash.price_fen}
    return record(session, Kind.FLASH, data | {"quantity": quantity, "seconds": seconds}, actor)


@transaction.atomic
def end_flash(session_id: int, item_id: int, actor: Any) -> None:
    """End the flash price of an item that runs now; nothing where there is none."""
    session = lock_session(session_id)
    for flash in running(session.shelf.filter(pk=item_id).values_list("pk", flat=True), now()):
        offers.end_flash(flash, actor)
        record(session, Kind.FLASH_END, {"flash": flash.pk, "item": item_id}, actor)


def last_undoable(session: LiveSession) -> ShelfEvent | None:
    """The event that an undo would take back."""
    events = session.shelf_events.filter(kind__in=UNDOABLE, undone__isnull=True)
    return events.order_by("-sequence").first()


@transaction.atomic
def undo(session_id: int, actor: Any, seen: int) -> ShelfEvent:
    """Take back the last thing that was done and can be taken back.

    `seen`: the event that the desk means, by its sequence. Raises CannotDo if it is no longer the
    last one.
    """
    session = _running(session_id)
    last = last_undoable(session)
    if last is None or last.sequence != seen:
        raise CannotDo(_("Something else happened since. Look again."))
    return record(session, Kind.UNDO, {}, actor, undoes=last)
