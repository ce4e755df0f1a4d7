"""Who paid for a consignment's lines and freight, and who gets it back (DESIGN §6).

A line sold for its `net_fen`: the shelf price less what its own cooperative gives as a discount.
Others may have paid a part of that: a gift voucher's balance, the programme, a host.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from catalog.numbers import largest_remainder
from cooperatives.ledger.models import Account
from cooperatives.ledger.services import AccountKey, Leg
from cooperatives.ports import gifts
from cooperatives.routing.models import Consignment, ConsignmentLine, LineSource

Kind = LineSource.Kind
# Where a source's part is booked: at the sale as a debit, at a refund as a credit.
ACCOUNTS = {
    Kind.GIFT: Account.Kind.GIFT,
    Kind.PROGRAMME: Account.Kind.PROGRAMME_EXPENSE,
    Kind.HOST: Account.Kind.HOST,
}


class Source(NamedTuple):
    """A part of a line's or freight's money that somebody else than the buyer paid, in fen."""

    kind: str
    reference: int
    fen: int


def record(
    consignment_id: int, sold: Iterable[tuple[int | None, int, Sequence[Source]]]
) -> list[LineSource]:
    """The rows, not saved yet, of (line id or None for freight, what it sold for, its sources).

    None for what the buyer alone paid. Raises ValueError when sources exceed what was sold.
    """
    rows = []
    for line_id, fen, others in sold:
        if not others:
            continue
        buyer = fen - sum(source.fen for source in others)
        if buyer < 0:
            raise ValueError(f"line {line_id}: its sources exceed the {fen} fen it sold for")
        own = [Source(Kind.BUYER, 0, buyer)] if buyer else []
        rows += [
            LineSource(consignment_id=consignment_id, consignment_line_id=line_id, **each._asdict())
            for each in [*own, *others]
        ]
    return rows


def debits(rows: Iterable[LineSource]) -> list[Leg]:
    """The debit legs of a sale for what others than the buyer paid, one for each account."""
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.kind != Kind.BUYER:
            sums[row.kind] += row.fen
    return [Leg(AccountKey(ACCOUNTS[Kind(kind)]), fen) for kind, fen in sorted(sums.items())]


def lock_balances(consignment_ids: Iterable[int]) -> None:
    """Lock the gift balances that a refund of these consignments may fill again.

    Call it before the pools are locked: a payment holds balances first, then pools.
    """
    concerned = LineSource.objects.filter(consignment__in=list(consignment_ids), kind=Kind.GIFT)
    if ids := sorted(set(concerned.values_list("reference", flat=True))):
        gifts().lock(ids)


def _rows_of(consignment_ids: Iterable[int]) -> dict[tuple[int, int | None], list[LineSource]]:
    rows = defaultdict(list)
    found = LineSource.objects.filter(consignment__in=list(consignment_ids)).order_by("pk")
    for row in found:
        rows[row.consignment_id, row.consignment_line_id].append(row)
    return rows


def shares(parts: Iterable[tuple[int, int | None, int]]) -> dict[str, int]:
    """Whose money a refund would give back now, in fen by kind of source; nothing is written.

    `parts` are (consignment id, line id or None for freight, fen).
    """
    wanted = list(parts)
    rows = _rows_of({consignment_id for consignment_id, *_ in wanted})
    sums: dict[str, int] = defaultdict(int)
    for consignment_id, line_id, fen in wanted:
        own = rows.get((consignment_id, line_id))
        if own is None:
            sums[Kind.BUYER] += fen
            continue
        cut = largest_remainder(fen, {row.pk: row.left for row in own})
        for row in own:
            sums[row.kind] += cut[row.pk]
    return dict(sums)


def buyers_left(
    consignments: Iterable[Consignment], lines: Iterable[ConsignmentLine]
) -> dict[tuple[int, int | None], int]:
    """What remains of the buyer's own money in each line and freight (line None), in fen.

    Gives {(consignment id, line id or None): fen}.
    """
    held = list(consignments)
    left: dict[tuple[int, int | None], int] = {
        (one.pk, None): one.freight_fen - one.freight_refunded_fen for one in held
    }
    left |= {(line.consignment_id, line.pk): line.net_fen - line.refunded_fen for line in lines}
    for key, rows in _rows_of(one.pk for one in held).items():
        left[key] = sum(row.left for row in rows if row.kind == Kind.BUYER)
    return left


def give_back(
    consignment: Consignment,
    parts: Sequence[tuple[int | None, int]],
    reference: str,
    *,
    only_buyer: bool = False,
) -> list[Leg]:
    """The credit legs of a refund of `parts`, as (line id, or None for freight; fen).

    Each part is cut by largest remainder over what remains of its sources; what was the buyer's
    money stands on `refund_due` until it is paid, a gift voucher's goes onto its balance again.
    `reference` names the refund and its consignment. The consignment is locked, and so are the
    balances (`lock_balances`). `only_buyer`: the bank took the buyer's own money back (a dispute
    that was lost), and nobody else has anything of it, but of a part that goes back whole.
    """
    rows: dict[int | None, list[LineSource]] = defaultdict(list)
    for row in LineSource.objects.filter(consignment=consignment).order_by("pk"):
        rows[row.consignment_line_id].append(row)
    due = 0
    sums: dict[str, int] = defaultdict(int)
    balances: dict[int, int] = defaultdict(int)
    changed: dict[int, LineSource] = {}
    for line_id, fen in parts:
        if not rows[line_id]:
            due += fen
            continue
        whole = fen == sum(row.left for row in rows[line_id])
        taken = [r for r in rows[line_id] if r.kind == Kind.BUYER or whole or not only_buyer]
        cut = largest_remainder(fen, {row.pk: row.left for row in taken})
        for row in taken:
            part = cut[row.pk]
            row.refunded_fen += part
            changed[row.pk] = row
            if row.kind == Kind.BUYER:
                due += part
                continue
            sums[row.kind] += part
            if row.kind == Kind.GIFT:
                balances[row.reference] += part
    LineSource.objects.bulk_update(changed.values(), ["refunded_fen"])
    for gift_id, fen in sorted(balances.items()):
        if fen:
            gifts().give_back(gift_id, fen, reference)
    legs = [Leg(AccountKey(ACCOUNTS[Kind(kind)]), -fen) for kind, fen in sorted(sums.items())]
    return [Leg(AccountKey(Account.Kind.REFUND_DUE), -due), *legs]
