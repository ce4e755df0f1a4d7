"""The cooperative's side of a refund: how much of what, out of which money, and the grams.

DESIGN §6: a refund is cut by largest remainder over what remains unrefunded, first on the line's
consignment lines, then on each one's pools. §3: parts always add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from catalog.clock import now
from catalog.numbers import largest_remainder
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.selectors import line_balances
from cooperatives.ledger.services import AccountKey, Leg, accounts, post
from cooperatives.partner.models import StockMove
from cooperatives.partner.stock import OpenPool, lock_pools
from cooperatives.routing.drawing import draw_waiting, put_back
from cooperatives.routing.models import Consignment, ConsignmentEvent, ConsignmentLine
from cooperatives.routing.sources import give_back

State = Consignment.State
Cause = StockMove.Cause


class CannotRefund(ValueError):
    """A refund that can't be; the text says why and what would be right."""


class Wish(Protocol):
    """What to give back of a consignment line; both None means all that remains."""

    @property
    def line_id(self) -> int: ...
    @property
    def packs(self) -> int | None: ...
    @property
    def amount_fen(self) -> int | None: ...


@dataclass(frozen=True)
class Cut:
    """One part of a refund: a line's, or a consignment's freight (line_id None)."""

    consignment_id: int
    line_id: int | None
    amount_fen: int
    packs: int = 0
    grams: int = 0


def cut(
    consignments: Mapping[int, Consignment], wishes: Sequence[Wish], *, freight: bool
) -> list[Cut]:
    """Turn wishes into amounts, in fen. `consignments` are the order's, locked.

    With `freight`, what remains of the freight of the consignments concerned goes with it.
    Raises CannotRefund.
    """
    lines = {
        line.pk: line for line in ConsignmentLine.objects.filter(consignment_id__in=consignments)
    }
    if len({wish.line_id for wish in wishes}) != len(wishes):
        raise CannotRefund(_("Each line can stand only once in a refund."))
    cuts = []
    for wish in wishes:
        if wish.line_id not in lines:
            raise CannotRefund(_("This line belongs to another order."))
        cuts.append(_cut_line(lines[wish.line_id], wish))
    concerned = {item.consignment_id for item in cuts} or (set(consignments) if freight else set())
    for pk in sorted(concerned) if freight else ():
        left = consignments[pk].freight_fen - consignments[pk].freight_refunded_fen
        if left:
            cuts.append(Cut(pk, None, left))
    return cuts


def _cut_line(line: ConsignmentLine, wish: Wish) -> Cut:
    money, packs = line.net_fen - line.refunded_fen, line.packs - line.cancelled_packs
    if wish.amount_fen is not None:
        if not 0 < wish.amount_fen <= money:
            raise CannotRefund(
                _("Between 1 and %(left)s fen can be refunded here, not %(asked)s.")
                % {"left": money, "asked": wish.amount_fen}
            )
        return Cut(line.consignment_id, line.pk, wish.amount_fen)
    asked = packs if wish.packs is None else wish.packs
    if not 0 <= asked <= packs or (wish.packs is not None and asked == 0):
        raise CannotRefund(
            _("Between 1 and %(left)s packs can be refunded here, not %(asked)s.")
            % {"left": packs, "asked": asked}
        )
    if not packs:
        return Cut(line.consignment_id, line.pk, money)
    return Cut(
        line.consignment_id, line.pk, money * asked // packs, asked, _grams(line, asked, packs)
    )


def _grams(line: ConsignmentLine, asked: int, packs: int) -> int:
    """Grams of `asked` of the `packs` that remain: to pack, or in the box.

    A box's packs weigh the same, cut by floors as they are refunded one after the other. Packs
    that were written off are out of it, too, so `returned_grams` would not do.
    """
    if line.packed_grams is None:
        return (line.ordered_grams - line.cancelled_grams) * asked // packs
    in_box = line.packs - line.cancelled_grams * line.packs // line.ordered_grams
    gone = in_box - packs
    before = line.packed_grams * gone // in_box
    return line.packed_grams * (gone + asked) // in_box - before


def apply(
    reference: str,
    consignments: Mapping[int, Consignment],
    cuts: Sequence[Cut],
    *,
    restock: bool,
    actor=None,
) -> None:
    """Book a refund's cuts in the ledger, then move the grams. `reference` names the refund.

    The pools are locked first: a lot that arrives draws for these lines under its pool's lock,
    and takes their money from where _book() would otherwise still see it.
    """
    # Before the pools: the first refund of all makes it, and others may wait for it.
    accounts([AccountKey(Account.Kind.REFUND_DUE)])
    lines = ConsignmentLine.objects.in_bulk([item.line_id for item in cuts if item.line_id])
    opened = lock_pools(line.pool_id for line in lines.values())
    for consignment_id in sorted({item.consignment_id for item in cuts}):
        mine = [item for item in cuts if item.consignment_id == consignment_id]
        _book(reference, consignments[consignment_id], mine)
    _move_grams(reference, opened, lines, cuts, restock)
    for consignment_id in {item.consignment_id for item in cuts}:
        _cancel_if_empty(consignments[consignment_id], actor)


def _book(reference: str, consignment: Consignment, cuts: Sequence[Cut]) -> None:
    """Who bears it: `sales` for what is not packed or drawn, else the sales pools, by balance."""
    partner_id = consignment.partner_id
    balances = line_balances(item.line_id for item in cuts if item.line_id)
    legs = []
    for item in cuts:
        if item.line_id is None:
            legs.append(Leg(AccountKey(Account.Kind.FREIGHT, partner_id), item.amount_fen))
            consignment.freight_refunded_fen += item.amount_fen
            consignment.save(update_fields=["freight_refunded_fen"])
            continue
        # 0 stands for `sales`, so that the keys sort.
        held = {pool_id or 0: fen for pool_id, fen in balances.get(item.line_id, {}).items()}
        parts = largest_remainder(item.amount_fen, held)
        for pool_id, part in parts.items():
            kind = Account.Kind.POOL if pool_id else Account.Kind.SALES
            key = AccountKey(kind, partner_id, sales_pool_id=pool_id or None)
            legs.append(Leg(key, part, item.line_id, pool_id or None))
    legs += give_back(consignment, [(item.line_id, item.amount_fen) for item in cuts])
    post(
        Transaction.Kind.REFUND_DECIDED,
        "refund",
        f"{reference}:{consignment.pk}",
        legs,
        partner_id=partner_id,
    )


def _move_grams(
    reference: str,
    opened: Mapping[int, OpenPool],
    lines: Mapping[int, ConsignmentLine],
    cuts: Sequence[Cut],
    restock: bool,
) -> None:
    for item in cuts:
        if item.line_id is None:
            continue
        line = lines[item.line_id]
        line.refresh_from_db()
        open_pool, before = opened[line.pool_id], line.allocated_grams
        line.refunded_fen += item.amount_fen
        line.cancelled_packs += item.packs
        mark = f"refund:{reference}/line:{line.pk}"
        if line.packed_grams is None:
            line.cancelled_grams += item.grams
            line.short_grams = min(line.short_grams, line.open_grams)
            open_pool.move(Cause.CANCELLED, mark, allocated=line.allocated_grams - before)
        elif restock and item.grams:
            put_back(open_pool, line, item.grams, before, mark)
        line.save()
    for open_pool in opened.values():
        # What came back to the lots covers what was packed without one.
        draw_waiting(open_pool)
        open_pool.close(f"refund:{reference}")


def _cancel_if_empty(consignment: Consignment, actor) -> None:
    """A consignment with nothing left to pack is cancelled."""
    if consignment.state != State.PAID:
        return
    if any(line.open_grams for line in consignment.lines.all()):
        return
    consignment.state = State.CANCELLED
    consignment.save(update_fields=["state"])
    ConsignmentEvent.objects.create(
        consignment=consignment,
        state=State.CANCELLED,
        actor=actor,
        created_at=now(),
    )
