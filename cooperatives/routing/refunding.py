"""A refund's cuts in the cooperative's books: out of which money, and the grams.

DESIGN §6: a refund is cut by largest remainder over what remains unrefunded, first on the line's
consignment lines, then on each one's pools. §3: parts always add up.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalog.clock import now
from catalog.numbers import largest_remainder
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.selectors import line_balances
from cooperatives.ledger.services import AccountKey, Leg, accounts, post
from cooperatives.partner.models import StockMove
from cooperatives.partner.stock import OpenPool, lock_pools
from cooperatives.routing.cuts import CARRIER, COOPERATIVE, PROGRAMME, Cut
from cooperatives.routing.drawing import draw_waiting, put_back
from cooperatives.routing.models import Consignment, ConsignmentEvent, ConsignmentLine
from cooperatives.routing.sources import give_back, lock_balances

State = Consignment.State
Cause = StockMove.Cause
# Where what others bear is booked.
BEARER_ACCOUNTS = {
    PROGRAMME: Account.Kind.PROGRAMME_EXPENSE,
    CARRIER: Account.Kind.CARRIER_CLAIM,
}


class GivenBack(NamedTuple):
    """Whose money a refund gives back, in fen: what the buyer paid, and gift balances."""

    buyer_fen: int
    gift_fen: int


def apply(
    reference: str,
    consignments: Mapping[int, Consignment],
    cuts: Sequence[Cut],
    *,
    restock: bool,
    actor=None,
    only_buyer: bool = False,
) -> GivenBack:
    """Book a refund's cuts in the ledger, then move the grams. `reference` names the refund.

    `only_buyer`: all of it is the buyer's own money, whoever else paid a part of the lines.
    The pools are locked first: a lot that arrives draws for these lines under its pool's lock,
    and takes their money from where _book() would otherwise still see it.
    """
    # Before the pools: the first refund of all makes it, and others may wait for it.
    bearers = {item.bearer for item in cuts} | {PROGRAMME for item in cuts if item.back_fen}
    accounts(
        AccountKey(kind)
        for kind in (
            Account.Kind.REFUND_DUE,
            *(BEARER_ACCOUNTS[one] for one in bearers & BEARER_ACCOUNTS.keys()),
        )
    )
    lock_balances(consignments)
    lines = ConsignmentLine.objects.in_bulk([item.line_id for item in cuts if item.line_id])
    opened = lock_pools(line.pool_id for line in lines.values())
    credits: list[Leg] = []
    for consignment_id in sorted({item.consignment_id for item in cuts}):
        mine = [item for item in cuts if item.consignment_id == consignment_id]
        credits += _book(reference, consignments[consignment_id], mine, only_buyer)
    _move_grams(reference, opened, lines, cuts, restock)
    for consignment_id in {item.consignment_id for item in cuts}:
        _cancel_if_empty(consignments[consignment_id], actor)
    return GivenBack(_sum(credits, Account.Kind.REFUND_DUE), _sum(credits, Account.Kind.GIFT))


def _sum(credits: Sequence[Leg], kind: str) -> int:
    return -sum(leg.amount_fen for leg in credits if leg.account.kind == kind)


def _book(
    reference: str, consignment: Consignment, cuts: Sequence[Cut], only_buyer: bool
) -> list[Leg]:
    """Debit who bears each cut, credit whose money it was. Gives the credits."""
    balances = line_balances(item.line_id for item in cuts if item.line_id)
    legs = []
    for item in cuts:
        legs += _borne_by(item, consignment.partner_id, balances)
        if item.line_id is None:
            consignment.freight_refunded_fen += item.amount_fen
            consignment.save(update_fields=["freight_refunded_fen"])
    parts = [(item.line_id, item.amount_fen) for item in cuts]
    name = f"refund:{reference}:{consignment.pk}"
    credits = give_back(consignment, parts, name, only_buyer=only_buyer)
    ours = any(leg.account.partner_id and leg.amount_fen for leg in legs)
    post(
        Transaction.Kind.REFUND_DECIDED,
        "refund",
        f"{reference}:{consignment.pk}",
        [*legs, *credits],
        # The ledger's rule: of a cooperative if a leg is, else of none.
        partner_id=consignment.partner_id if ours else None,
    )
    return credits


def _borne_by(
    item: Cut, partner_id: int, balances: Mapping[int, Mapping[int | None, int]]
) -> list[Leg]:
    """The debit legs of a cut.

    The cooperative bears it from where the line's money lies: `sales` for what is not packed or
    drawn, else the sales pools, by balance. What another bears stays there, and the households'
    credit with it; if the packs are cancelled after all, before they are packed, it goes back.
    """
    if item.bearer != COOPERATIVE:
        return [Leg(AccountKey(BEARER_ACCOUNTS[item.bearer]), item.amount_fen, item.line_id)]
    if item.line_id is None:
        return [Leg(AccountKey(Account.Kind.FREIGHT, partner_id), item.amount_fen)]
    # 0 stands for `sales`, so that the keys sort.
    held = {pool_id or 0: fen for pool_id, fen in balances.get(item.line_id, {}).items()}
    legs = []
    for pool_id, part in largest_remainder(item.amount_fen + item.back_fen, held).items():
        kind = Account.Kind.POOL if pool_id else Account.Kind.SALES
        key = AccountKey(kind, partner_id, sales_pool_id=pool_id or None)
        legs.append(Leg(key, part, item.line_id, pool_id or None))
    back = Leg(AccountKey(Account.Kind.PROGRAMME_EXPENSE), -item.back_fen, item.line_id)
    return [*legs, back]


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
        line.borne_elsewhere_fen -= item.back_fen
        if item.bearer != COOPERATIVE:
            line.borne_elsewhere_fen += item.amount_fen
        line.billed_grams -= item.short_grams
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
