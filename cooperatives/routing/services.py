"""The life of a consignment: made at placement, packed, shipped, delivered, and each step undone.

Locks: the consignment, then its pools (cooperatives.partner.stock).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.clock import now
from cooperatives.ledger.models import Account, Posting, Transaction
from cooperatives.ledger.services import AccountKey, Leg, accounts, post
from cooperatives.partner.models import StockMove
from cooperatives.partner.stock import lock_pools
from cooperatives.ports import messages
from cooperatives.routing.cuts import refunded_from_box
from cooperatives.routing.drawing import draw, draw_waiting, take_back
from cooperatives.routing.models import (
    Consignment,
    ConsignmentEvent,
    ConsignmentLine,
    LineSource,
)
from cooperatives.routing.refunding import BEARER_ACCOUNTS
from cooperatives.routing.sources import Source, debits, record

State = Consignment.State
Cause = StockMove.Cause
# More than this is a slip of the finger, not a heavy box.
MAX_LINE_GRAMS = 50_000_000


class WrongState(Exception):
    """The step does not fit the consignment as it is. The text is for the person who tried."""


class BadGrams(ValueError):
    """Packed grams that can't be. `line_id` says where."""

    def __init__(self, line_id: int, text: str):
        super().__init__(text)
        self.line_id = line_id


@dataclass(frozen=True)
class NewLine:
    """A consignment line to be made. `net_fen`: what it sold for.

    `sources` are what others than the buyer paid of it.
    """

    order_line_id: int
    product_id: int
    partner_id: int
    pool_id: int
    packs: int
    grams: int
    net_fen: int
    return_days: int
    ship_within_hours: int
    sources: tuple[Source, ...] = ()


def create_consignments(
    order_id: int,
    order_number: str,
    lines: Sequence[NewLine],
    freight: Mapping[int, int],
    paid_at: datetime,
    *,
    freight_sources: Mapping[int, Sequence[Source]] | None = None,
    paid_account: str = Account.Kind.STRIPE,
) -> list[Consignment]:
    """One consignment per cooperative with its lines and the sale's postings.

    `freight` is {cooperative id: fen}, `freight_sources` what others than the buyer paid of it.
    `paid_account` is where the buyer's own money lies: stripe, or bank or cash. Part of the
    placement's transaction; stock is the caller's (it comes last). Numbers are the order's with
    -1, -2 … by cooperative id.
    """
    partner_ids = sorted({line.partner_id for line in lines})
    consignments = Consignment.objects.bulk_create(
        Consignment(
            order_id=order_id,
            partner_id=partner_id,
            number=f"{order_number}-{place}",
            freight_fen=freight.get(partner_id, 0),
            paid_at=paid_at,
            ship_by=paid_at
            + timedelta(
                hours=min(ln.ship_within_hours for ln in lines if ln.partner_id == partner_id)
            ),
        )
        for place, partner_id in enumerate(partner_ids, start=1)
    )
    by_partner = {consignment.partner_id: consignment for consignment in consignments}
    made = ConsignmentLine.objects.bulk_create(
        ConsignmentLine(
            consignment=by_partner[line.partner_id],
            order_line_id=line.order_line_id,
            product_id=line.product_id,
            pool_id=line.pool_id,
            packs=line.packs,
            ordered_grams=line.grams,
            billed_grams=line.grams,
            net_fen=line.net_fen,
            return_days=line.return_days,
        )
        for line in lines
    )
    ConsignmentEvent.objects.bulk_create(
        ConsignmentEvent(consignment=consignment, state=State.PAID, created_at=paid_at)
        for consignment in consignments
    )
    paid_by = _write_sources(by_partner, lines, made, freight_sources or {})
    # All at once and in one order: two first sales must not wait for each other's new accounts.
    accounts(
        [AccountKey(paid_account)]
        + [leg.account for leg in debits(paid_by)]
        + [AccountKey(Account.Kind.SALES, partner_id) for partner_id in partner_ids]
        + [AccountKey(Account.Kind.FREIGHT, partner_id) for partner_id in partner_ids]
    )
    for consignment in consignments:
        _book_sale(
            consignment,
            [line for line in made if line.consignment_id == consignment.pk],
            debits(row for row in paid_by if row.consignment_id == consignment.pk),
            paid_account,
        )
    return consignments


def _write_sources(
    by_partner: Mapping[int, Consignment],
    wanted: Sequence[NewLine],
    made: Sequence[ConsignmentLine],
    freight: Mapping[int, Sequence[Source]],
) -> list[LineSource]:
    """Who paid what, of the lines and freights that the buyer did not pay alone."""
    rows = []
    for partner_id, consignment in sorted(by_partner.items()):
        sold = [
            (line.pk, line.net_fen, new.sources)
            for new, line in zip(wanted, made, strict=True)
            if line.consignment_id == consignment.pk
        ]
        own_freight = (None, consignment.freight_fen, freight.get(partner_id, ()))
        rows += record(consignment.pk, [*sold, own_freight])
    return LineSource.objects.bulk_create(rows) if rows else []


def _book_sale(
    consignment: Consignment, lines: list[ConsignmentLine], others: list[Leg], paid_account: str
) -> None:
    """What was paid, by whom; the cooperative's sales and freight stand against it."""
    partner_id = consignment.partner_id
    total = sum(line.net_fen for line in lines) + consignment.freight_fen
    buyer = total - sum(leg.amount_fen for leg in others)
    legs = [Leg(AccountKey(paid_account), buyer), *others]
    legs += [
        Leg(AccountKey(Account.Kind.SALES, partner_id), -line.net_fen, line.pk) for line in lines
    ]
    legs.append(Leg(AccountKey(Account.Kind.FREIGHT, partner_id), -consignment.freight_fen))
    post(Transaction.Kind.SALE, "consignment", str(consignment.pk), legs, partner_id=partner_id)


def lock_consignment(consignment_id: int, *allowed: str) -> Consignment:
    """Lock a consignment that is in one of the allowed states. Raises WrongState."""
    consignment = Consignment.objects.select_for_update(no_key=True).get(pk=consignment_id)
    if allowed and consignment.state not in allowed:
        raise WrongState(
            _("Consignment %(number)s is “%(state)s” now: this step does not fit any more.")
            % {"number": consignment.number, "state": consignment.get_state_display()}
        )
    return consignment


def _enter(consignment: Consignment, state: str, actor, undone: bool = False) -> ConsignmentEvent:
    consignment.state = state
    consignment.save()
    event = ConsignmentEvent.objects.create(
        consignment=consignment, state=state, undone=undone, actor=actor, created_at=now()
    )
    if not undone:
        messages().consignment_changed(consignment.pk, state)
    return event


@transaction.atomic
def pack(consignment_id: int, packed_grams: Mapping[int, int], actor=None) -> Consignment:
    """Pack a consignment: draw lots, best-before first, and move its money to their sales pools.

    `packed_grams` is {line id: grams in the box}; a line left out was packed as ordered. What
    lots do not cover is undrawn until the next ones arrive. Raises WrongState, BadGrams.
    """
    consignment = lock_consignment(consignment_id, State.PAID)
    lines = [line for line in consignment.lines.order_by("pk") if line.open_grams]
    known = {line.pk for line in lines}
    for line_id, grams in packed_grams.items():
        if line_id not in known:
            raise BadGrams(line_id, _("This line is not to be packed."))
        if not 0 < grams <= MAX_LINE_GRAMS:
            raise BadGrams(line_id, _("The weight must be a whole number of grams above 0."))
    consignment.packed_at = now()
    event = _enter(consignment, State.PACKED, actor)
    opened = lock_pools(line.pool_id for line in lines)
    for line in lines:
        # Read again under the pool's lock: a fact may have made it short meanwhile.
        line.refresh_from_db()
        before = line.allocated_grams
        line.packed_grams = packed_grams.get(line.pk, line.open_grams)
        line.short_grams = 0
        reference = f"event:{event.pk}/line:{line.pk}"
        draw(opened[line.pool_id], line, Cause.PACKED, before, reference)
    for open_pool in opened.values():
        open_pool.close(f"event:{event.pk}")
    return consignment


@transaction.atomic
def ship(consignment_id: int, carrier: str, waybill: str, actor=None) -> Consignment:
    """Hand a packed consignment to the carrier. Raises WrongState."""
    consignment = lock_consignment(consignment_id, State.PACKED)
    consignment.carrier, consignment.waybill = carrier, waybill
    consignment.shipped_at = now()
    _enter(consignment, State.SHIPPED, actor)
    return consignment


@transaction.atomic
def deliver(consignment_id: int, actor=None) -> Consignment:
    """The buyer has it; its return window begins. Raises WrongState."""
    consignment = lock_consignment(consignment_id, State.SHIPPED)
    consignment.delivered_at = now()
    _enter(consignment, State.DELIVERED, actor)
    return consignment


@transaction.atomic
def undo(consignment_id: int, actor=None) -> Consignment:
    """Take back the last step, a wrong tap. Raises WrongState once the next step depends on it.

    Until its credits are released: delivered → on its way; on its way → packed; packed → to pack
    unless something was refunded since.
    """
    consignment = lock_consignment(consignment_id, State.PACKED, State.SHIPPED, State.DELIVERED)
    # A parcel long on its way without complaint is released too.
    if consignment.lines.filter(released_at__isnull=False).exists():
        raise WrongState(_("Its credits are released: delivery can't be undone any more."))
    if consignment.state == State.DELIVERED:
        consignment.delivered_at = None
        _enter(consignment, State.SHIPPED, actor, undone=True)
    elif consignment.state == State.SHIPPED:
        consignment.shipped_at, consignment.carrier, consignment.waybill = None, "", ""
        _enter(consignment, State.PACKED, actor, undone=True)
    else:
        _unpack(consignment, actor)
    return consignment


def _unpack(consignment: Consignment, actor) -> None:
    lines = [ln for ln in consignment.lines.order_by("pk") if ln.packed_grams is not None]
    refunded = Posting.objects.filter(
        consignment_line__in=lines,
        transaction__kind=Transaction.Kind.REFUND_DECIDED,
        transaction__created_at__gte=consignment.packed_at,
    )
    # Freight that another bears, because the parcel was sent: it would pay for one never sent.
    freight = Posting.objects.filter(
        transaction__kind=Transaction.Kind.REFUND_DECIDED,
        transaction__source_type="refund",
        transaction__source_id__endswith=f":{consignment.pk}",
        account__kind__in=BEARER_ACCOUNTS.values(),
        consignment_line__isnull=True,
        amount_fen__gt=0,
    )
    # Packs whose money went back before have no posting of their own.
    if any(refunded_from_box(line) for line in lines) or refunded.exists() or freight.exists():
        raise WrongState(_("Something of it was refunded since: packing can't be undone."))
    consignment.packed_at = None
    event = _enter(consignment, State.PAID, actor, undone=True)
    opened = lock_pools(line.pool_id for line in lines)
    for line in lines:
        line.refresh_from_db()
        before = line.allocated_grams
        take_back(opened[line.pool_id], line, Cause.UNPACKED)
        line.packed_grams, line.short_grams = None, 0
        line.save(update_fields=["packed_grams", "drawn_grams", "short_grams"])
        opened[line.pool_id].move(
            Cause.UNPACKED,
            f"event:{event.pk}/line:{line.pk}",
            allocated=line.allocated_grams - before,
        )
    for open_pool in opened.values():
        # What was packed without a lot may have these: maybe no other ever comes.
        draw_waiting(open_pool)
        open_pool.close(f"event:{event.pk}")
