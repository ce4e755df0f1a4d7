"""How much of what a refund gives back: amounts cut by floors over what remains (DESIGN §6).

Nothing is written here. A wish is turned into cuts; who bears a cut follows from what is lost:

- What comes back unharmed (packs not packed yet, packs put back into stock) is not lost, and
  neither is the freight of a parcel that is not sent yet: the cooperative's own sale is undone.
  Another who bore that freight would have paid for nothing if the parcel were cancelled later.
- All else is borne by whom staff chose. A carrier bears only what it was given to carry.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from cooperatives.routing.models import Consignment, ConsignmentLine

COOPERATIVE, PROGRAMME, CARRIER = "cooperative", "programme", "carrier"
BEARERS = (COOPERATIVE, PROGRAMME, CARRIER)


class CannotRefund(ValueError):
    """A refund that can't be; the text says why and what would be right."""


class Wish(Protocol):
    """What to give back of a consignment line; all three None means all that remains."""

    @property
    def line_id(self) -> int: ...
    @property
    def packs(self) -> int | None: ...
    @property
    def amount_fen(self) -> int | None: ...
    @property
    def short_grams(self) -> int | None: ...


@dataclass(frozen=True)
class Cut:
    """One part of a refund: a line's, or a consignment's freight (line_id None).

    `grams` go with `packs`; `short_grams` were missing in the box, and only their money goes.
    `back_fen` is what the programme had borne of packs that are cancelled now.
    """

    consignment_id: int
    line_id: int | None
    amount_fen: int
    packs: int = 0
    grams: int = 0
    short_grams: int = 0
    bearer: str = COOPERATIVE
    back_fen: int = 0


def cut(
    consignments: Mapping[int, Consignment],
    wishes: Sequence[Wish],
    *,
    freight: bool | Mapping[int, int],
    restock: bool = True,
    bearer: str = COOPERATIVE,
) -> list[Cut]:
    """Turn wishes into amounts, in fen. `consignments` are the order's, locked.

    `freight` True: what remains of the freight of the consignments concerned goes with it;
    or {consignment id: fen of its freight}. Raises CannotRefund.
    """
    if bearer not in BEARERS:
        raise CannotRefund(_("“%(bearer)s” can't bear a refund.") % {"bearer": bearer})
    lines = {
        line.pk: line for line in ConsignmentLine.objects.filter(consignment_id__in=consignments)
    }
    if len({wish.line_id for wish in wishes}) != len(wishes):
        raise CannotRefund(_("Each line can stand only once in a refund."))
    cuts = []
    for wish in wishes:
        if wish.line_id not in lines:
            raise CannotRefund(_("This line belongs to another order."))
        line = lines[wish.line_id]
        consignment = consignments[line.consignment_id]
        cuts.append(_cut_line(line, wish, _bearer_of_goods(consignment, bearer), restock))
    return cuts + _cut_freight(consignments, cuts, freight, bearer)


def _bearer_of_goods(consignment: Consignment, bearer: str) -> str:
    """Who bears what is lost of a parcel: a carrier has it only once it is on its way."""
    carried = consignment.shipped_at is not None
    return bearer if carried or bearer != CARRIER else COOPERATIVE


def _cut_freight(
    consignments: Mapping[int, Consignment],
    cuts: Sequence[Cut],
    freight: bool | Mapping[int, int],
    bearer: str,
) -> list[Cut]:
    """The freight that goes with it."""
    if freight is True:
        concerned = {item.consignment_id for item in cuts} or set(consignments)
        wanted = {pk: _freight_left(consignments[pk]) for pk in concerned}
    else:
        wanted = dict(freight or {})
    result = []
    for pk, fen in sorted(wanted.items()):
        if pk not in consignments or not 0 <= fen <= _freight_left(consignments[pk]):
            raise CannotRefund(_("More freight can't be refunded than was paid."))
        if fen:
            whose = bearer if consignments[pk].shipped_at else COOPERATIVE
            result.append(Cut(pk, None, fen, bearer=whose))
    return result


def _freight_left(consignment: Consignment) -> int:
    return consignment.freight_fen - consignment.freight_refunded_fen


def never_sent(
    consignments: Collection[Consignment], lines: Collection[ConsignmentLine], cuts: Sequence[Cut]
) -> set[int]:
    """The ids of the consignments that are not packed and of which `cuts` leave nothing to pack."""
    grams = {item.line_id: item.grams for item in cuts if item.line_id}
    to_pack = {
        line.consignment_id
        for line in lines
        if line.packed_grams is None and line.open_grams > grams.get(line.pk, 0)
    }
    waiting = (Consignment.State.PAID, Consignment.State.CANCELLED)
    return {one.pk for one in consignments if one.state in waiting and one.pk not in to_pack}


def _cut_line(line: ConsignmentLine, wish: Wish, bearer: str, restock: bool) -> Cut:
    money, packs = line.net_fen - line.refunded_fen, line.packs - line.cancelled_packs
    asked = [one for one in (wish.packs, wish.amount_fen, wish.short_grams) if one is not None]
    if len(asked) > 1:
        raise CannotRefund(_("Give packs, an amount or missing grams, not several."))
    if wish.amount_fen is not None:
        if not 0 < wish.amount_fen <= money:
            raise CannotRefund(
                _("Between 1 and %(left)s fen can be refunded here, not %(asked)s.")
                % {"left": money, "asked": wish.amount_fen}
            )
        return Cut(line.consignment_id, line.pk, wish.amount_fen, bearer=bearer)
    if wish.short_grams is not None:
        return _cut_weight(line, wish.short_grams, bearer)
    return _cut_packs(line, packs if wish.packs is None else wish.packs, wish, bearer, restock)


def _cut_packs(line: ConsignmentLine, asked: int, wish: Wish, bearer: str, restock: bool) -> Cut:
    """Packs at their part of what remains of the line's money."""
    money, packs = line.net_fen - line.refunded_fen, line.packs - line.cancelled_packs
    if not 0 <= asked <= packs or (wish.packs is not None and asked == 0):
        raise CannotRefund(
            _("Between 1 and %(left)s packs can be refunded here, not %(asked)s.")
            % {"left": packs, "asked": asked}
        )
    if not packs:
        return Cut(line.consignment_id, line.pk, money, bearer=bearer)
    unpacked = line.packed_grams is None
    return Cut(
        line.consignment_id,
        line.pk,
        money * asked // packs,
        asked,
        _grams(line, asked, packs),
        bearer=COOPERATIVE if unpacked or restock else bearer,
        back_fen=line.borne_elsewhere_fen * asked // packs if unpacked else 0,
    )


def _boxed(line: ConsignmentLine) -> int:
    """How many packs were put into the box: those that were not cancelled before."""
    return line.packs - line.cancelled_grams * line.packs // line.ordered_grams


def refunded_from_box(line: ConsignmentLine) -> bool:
    """Whether packs of a packed line, or grams missing in its box, were refunded."""
    gone = _boxed(line) > line.packs - line.cancelled_packs
    return gone or line.billed_grams < line.ordered_grams


def _grams(line: ConsignmentLine, asked: int, packs: int) -> int:
    """Grams of `asked` of the `packs` that remain: to pack, or in the box.

    A box's packs weigh the same, cut by floors as they are refunded one after the other. Packs
    that were written off are out of it, too, so `returned_grams` would not do.
    """
    if line.packed_grams is None:
        return (line.ordered_grams - line.cancelled_grams) * asked // packs
    in_box = _boxed(line)
    gone = in_box - packs
    before = line.packed_grams * gone // in_box
    return line.packed_grams * (gone + asked) // in_box - before


def _kept(line: ConsignmentLine) -> int:
    """Grams of the box that the buyer keeps: without those of packs that were refunded."""
    in_box, packs = _boxed(line), line.packs - line.cancelled_packs
    return (line.packed_grams or 0) - (line.packed_grams or 0) * (in_box - packs) // in_box


def short_of(line: ConsignmentLine) -> int:
    """Grams that are missing in a line's box and not refunded yet; 0 before it is packed.

    What was missing is spread evenly over the box's packs; refunded packs take their part along.
    """
    if line.packed_grams is None or line.packs == line.cancelled_packs:
        return 0
    missing = line.ordered_grams - line.cancelled_grams - line.packed_grams
    spread = missing * (line.packs - line.cancelled_packs) // _boxed(line)
    return max(0, spread - (line.ordered_grams - line.billed_grams))


def short_fen(line: ConsignmentLine, grams: int) -> int:
    """The money of `grams` of those that are missing: their part of what is billed and remains."""
    billed = _kept(line) + short_of(line)
    return (line.net_fen - line.refunded_fen) * grams // billed if grams else 0


def _cut_weight(line: ConsignmentLine, asked: int, bearer: str) -> Cut:
    missing = short_of(line)
    if not 0 < asked <= missing:
        raise CannotRefund(
            _("%(missing)s g are missing in this line's box and not refunded yet, not %(asked)s.")
            % {"missing": missing, "asked": asked}
        )
    fen = short_fen(line, asked)
    return Cut(line.consignment_id, line.pk, fen, short_grams=asked, bearer=bearer)
