"""Who paid for a consignment's lines and freight, and who gets it back (DESIGN §6).

A line sold for its `net_fen`: the shelf price less what its own cooperative gives as a discount.
Others may have paid a part of that: a gift voucher's balance, the programme, a host.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from catalog.numbers import largest_remainder
from cooperatives.ledger.models import Account
from cooperatives.ledger.services import AccountKey, Leg
from cooperatives.ports import gifts
from cooperatives.routing.models import Consignment, LineSource

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


def give_back(
    consignment: Consignment, parts: Sequence[tuple[int | None, int]], reference: str
) -> list[Leg]:
    """The credit legs of a refund of `parts`, as (line id, or None for freight; fen).

    Each part is cut by largest remainder over what remains of its sources; what was the buyer's
    money stands on `refund_due` until it is paid, a gift voucher's goes onto its balance again.
    `reference` names the refund and its consignment. The consignment is locked, and so are the
    balances (`lock_balances`).
    """
    rows: Mapping[int | None, list[LineSource]] = defaultdict(list)
    for row in LineSource.objects.filter(consignment=consignment).order_by("pk"):
        rows[row.consignment_line_id].append(row)
    due, sums, balances = 0, defaultdict(int), defaultdict(int)
    changed = []
    for line_id, fen in parts:
        if not rows[line_id]:
            due += fen
            continue
        cut = largest_remainder(fen, {row.pk: row.left for row in rows[line_id]})
        for row in rows[line_id]:
            part = cut[row.pk]
            row.refunded_fen += part
            changed.append(row)
            if row.kind == Kind.BUYER:
                due += part
                continue
            sums[row.kind] += part
            if row.kind == Kind.GIFT:
                balances[row.reference] += part
    LineSource.objects.bulk_update(changed, ["refunded_fen"])
    for gift_id, fen in sorted(balances.items()):
        if fen:
            gifts().give_back(gift_id, fen, reference)
    legs = [Leg(AccountKey(ACCOUNTS[Kind(kind)]), -fen) for kind, fen in sorted(sums.items())]
    return [Leg(AccountKey(Account.Kind.REFUND_DUE), -due), *legs]
