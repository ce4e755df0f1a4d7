"""What other platforms have paid us, out of their settlement exports: each row is booked once.

A sub-order is settled for what was sold less what the platform gave back before; what it gives back
later comes as a row of its own. The platform's account is cleared of that, the bank has what came,
and the programme bears the rest: commission and fees. From the first row on the households' part of
it is held back no more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.clock import now
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post
from cooperatives.ports import sales
from livestream.platforms.models import PlatformLine, PlatformSettlement, PlatformShop
from livestream.platforms.rows import MOST_FEN, BadRow, Refused, fen_of, id_of, time_of
from livestream.platforms.services import Contradicts, in_batches
from livestream.platforms.tables import BadFile, read_table

# As Douyin names them; for another platform finance gives a file with the same names.
ORDER, PART, AT, KIND = "订单号", "子订单号", "结算时间", "结算单类型"
SETTLED, RETURNED = "结算金额", "结算前退款金额"
NEEDED, IDS = (ORDER, PART, AT, SETTLED, RETURNED), (ORDER, PART)


@dataclass(frozen=True)
class SettledRow:
    """One row: money in fen, `settled_fen` negative where the platform took it back."""

    number: int
    order: str
    part: str
    at: datetime
    kind: str
    settled_fen: int
    returned_fen: int


@dataclass
class Settled:
    """What a settlement came to: money in fen, of the rows that were booked."""

    rows: int = 0
    booked: int = 0
    unchanged: int = 0
    gross_fen: int = 0
    settled_fen: int = 0
    refused_rows: list[Refused] = field(default_factory=list)

    @property
    def cost_fen(self) -> int:
        """What the platform kept."""
        return self.gross_fen - self.settled_fen

    def as_json(self) -> dict[str, Any]:
        """For machines: refused rows as {row, reason}."""
        names = ("rows", "booked", "unchanged", "gross_fen", "settled_fen", "cost_fen")
        rows = [{"row": row.number, "reason": row.reason} for row in self.refused_rows]
        return {name: getattr(self, name) for name in names} | {"refused_rows": rows}


def read_settlement(path: Path) -> Iterator[SettledRow | Refused]:
    """Every row of a settlement export, in its order. Raises BadFile, also in the middle."""
    for line in read_table(path, NEEDED, IDS):
        try:
            at = time_of(line, AT)
            if at is None:
                raise BadRow(_("“%(column)s” is empty.") % {"column": AT})
            yield SettledRow(
                number=line.number,
                order=id_of(line, ORDER),
                part=id_of(line, PART),
                at=at,
                kind=line.get(KIND)[:40],
                settled_fen=fen_of(line, SETTLED, least=-MOST_FEN),
                returned_fen=fen_of(line, RETURNED),
            )
        except BadRow as error:
            yield Refused(line.number, str(error))


def settle_orders(
    path: Path,
    shop: PlatformShop,
    actor: Any = None,
    *,
    keep: bool = True,
    most_rows: int | None = None,
) -> Settled:
    """Book a settlement export; rows that can't be are refused one by one. Raises BadFile.

    The file is read whole first; one of more than `most_rows` is refused. Without `keep` nothing is
    booked: what it would come to is said.
    """
    rows = list(read_settlement(path))
    if most_rows is not None and len(rows) > most_rows:
        raise BadFile(
            _("More than %(most)d rows: export fewer days at a time.") % {"most": most_rows}
        )
    done = Settled(rows=len(rows))
    done.refused_rows += [row for row in rows if isinstance(row, Refused)]
    usable = [row for row in rows if isinstance(row, SettledRow)]
    with transaction.atomic():
        # Of two that settle one shop the second waits: each sees what the other booked.
        PlatformShop.objects.select_for_update().get(pk=shop.pk)
        for batch in in_batches(usable):
            _settle(shop, batch, actor, done)
        transaction.set_rollback(not keep)
    done.refused_rows.sort(key=lambda row: row.number)
    return done


def _settle(shop: PlatformShop, rows: Sequence[SettledRow], actor: Any, done: Settled) -> None:
    lines = _lines(shop, {row.order for row in rows})
    known = _settlements(lines.values())
    for row in rows:
        try:
            line = lines.get((row.order, row.part))
            if line is None:
                raise Contradicts(
                    _("No such sub-order was imported. Import the shop's export of orders first.")
                )
            settlement = _settlement(line, row, known[line.pk], actor)
        except Contradicts as refusal:
            done.refused_rows.append(Refused(row.number, str(refusal)))
            continue
        if settlement is None:
            done.unchanged += 1
            continue
        known[line.pk].append(settlement)
        _book(line, settlement)
        done.booked += 1
        done.gross_fen += settlement.gross_fen
        done.settled_fen += settlement.settled_fen


def _lines(shop: PlatformShop, numbers: set[str]) -> dict[tuple[str, str], PlatformLine]:
    rows = PlatformLine.objects.select_for_update(no_key=True)
    rows = rows.filter(shop=shop, order_number__in=numbers).order_by("pk")
    return {(line.order_number, line.part): line for line in rows}


def _settlements(lines: Iterable[PlatformLine]) -> dict[int, list[PlatformSettlement]]:
    found: dict[int, list[PlatformSettlement]] = {line.pk: [] for line in lines}
    for one in PlatformSettlement.objects.filter(line__in=found).order_by("pk"):
        found[one.line_id].append(one)
    return found


def _settlement(
    line: PlatformLine, row: SettledRow, known: Sequence[PlatformSettlement], actor: Any
) -> PlatformSettlement | None:
    """What a row says is new of a sub-order; None where nothing is. Raises Contradicts."""
    if line.order_id is None:
        raise Contradicts(
            _("It was not paid, as far as its export says. Import a newer one first.")
        )
    said = (row.settled_fen, row.returned_fen)
    for one in known:
        if (one.at, one.kind) == (row.at, row.kind):
            if (one.settled_fen, one.returned_fen) != said:
                raise Contradicts(
                    _("Booked before as %(fen)d fen: that can't change.") % {"fen": one.settled_fen}
                )
            return None
    gross = _gross(line, row, known)
    if not gross and not row.settled_fen:
        return None
    return PlatformSettlement(
        line=line,
        at=row.at,
        kind=row.kind,
        gross_fen=gross,
        settled_fen=row.settled_fen,
        returned_fen=row.returned_fen,
        actor=actor,
        booked_at=now(),
    )


def _gross(line: PlatformLine, row: SettledRow, known: Sequence[PlatformSettlement]) -> int:
    """What leaves the platform's account, in fen. Raises Contradicts."""
    newer = _("Import a newer export of orders first: it says what was given back.")
    if not known:
        if row.returned_fen > line.refunded_fen:
            raise Contradicts(
                _("%(there)d fen were given back before, we know of %(here)d.")
                % {"there": row.returned_fen, "here": line.refunded_fen}
                + " "
                + newer
            )
        return line.amount_fen - row.returned_fen
    still = line.amount_fen - line.refunded_fen - sum(one.gross_fen for one in known)
    # What it adds later may be more than was sold; what it takes back was given to the buyer.
    if row.settled_fen < 0 and not still:
        raise Contradicts(_("The platform took back what we don't know of.") + " " + newer)
    return still


def _book(line: PlatformLine, settlement: PlatformSettlement) -> None:
    """Write a settlement, post it, and let go of what waited for it."""
    settlement.save()
    cost = settlement.gross_fen - settlement.settled_fen
    post(
        Transaction.Kind.PLATFORM_SETTLED,
        "platform_settlement",
        str(settlement.pk),
        [
            Leg(AccountKey(Account.Kind.BANK), settlement.settled_fen),
            Leg(AccountKey(Account.Kind.PROGRAMME_EXPENSE), cost),
            Leg(AccountKey(Account.Kind.PLATFORM), -settlement.gross_fen),
        ],
    )
    if line.settled_at is None:
        line.settled_at = settlement.at
        line.save(update_fields=["settled_at"])
        assert line.order_id is not None
        sales().settled(line.order_id)
