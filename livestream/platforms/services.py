"""Keeping what another platform's export says: each sub-order is a fact, imported once.

A file is read whole before anything is written. Then what is new is kept in batches, and what is
known row by row, each in one transaction and under the shop's lock: whoever is killed half way
starts again and ends with the same. The same row again changes nothing; a newer one moves the sale
on (sent, delivered, given back), and never changes what was sold.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.clock import now
from catalog.models import Product
from cooperatives.ports import CannotGiveBack, SaleElsewhere, sales
from cooperatives.routing import services as routing
from cooperatives.routing.models import Consignment
from cooperatives.routing.route import standing
from livestream.platforms.layouts import LAYOUTS, Layout
from livestream.platforms.models import PlatformLine, PlatformShop
from livestream.platforms.rows import PlatformRow, Refused
from livestream.platforms.selectors import Figures, figures_json, figures_of, usable_rows
from livestream.sessions.models import LiveSession, SessionChannel

Row = TypeVar("Row")
BATCH = 200
State = Consignment.State
NOBODY_SELLS = gettext_lazy("No cooperative sells this pack at its price.")
# What an export says of a sub-order, but what was given back of it.
SAID = (
    "sku",
    "quantity",
    "amount_fen",
    "state",
    "pending",
    "ordered_at",
    "paid_at",
    "source",
    "host",
    "shipped",
    "waybill",
)
# Carriers' names and waybills, of any length there.
LONGEST = 64


@dataclass
class Imported:
    """What an import did, beside what the file says. `unattributed`: sold, and by no session."""

    figures: Figures
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    attributed: int = 0
    unattributed: int = 0

    def as_json(self) -> dict[str, Any]:
        """What the file says and what was done, for machines."""
        kept = ("imported", "updated", "unchanged", "attributed", "unattributed")
        return figures_json(self.figures) | {name: getattr(self, name) for name in kept}


class Contradicts(Exception):
    """A row says something else than what was imported, in words."""


def import_orders(
    path: Path,
    platform: str,
    shop_name: str,
    *,
    session: LiveSession | None = None,
    progress: Callable[[int, int], None] = lambda done, rows: None,
) -> Imported:
    """Import an export; rows that can't be are refused one by one. Raises BadFile: nothing is kept.

    `session` narrows down which live session a sale may belong to; else every session that was
    shown in this shop's account then. `progress` is called with the rows done and all rows.
    """
    rows = figures_of(path, platform).rows
    shop = PlatformShop.objects.get_or_create(platform=platform, name=shop_name)[0]
    done = Imported(Figures())
    importing = _Importing(shop, LAYOUTS[platform], _windows(shop, session), done)
    for batch in in_batches(usable_rows(path, platform, done.figures)):
        for row in importing.keep_new(batch):
            importing.follow(row)
        progress(done.figures.rows, rows)
    done.figures.by_sku = dict(sorted(done.figures.by_sku.items()))
    return done


def in_batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in lists of BATCH, the last one shorter."""
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _windows(shop: PlatformShop, session: LiveSession | None) -> list[SessionChannel]:
    """The channels whose time may say which session sold something; none of a rehearsal."""
    shown = SessionChannel.objects.filter(
        platform=shop.platform, session__rehearsal=False, session__started_at__isnull=False
    )
    shown = shown.filter(session=session) if session else shown.filter(account=shop.name)
    return list(shown.select_related("session__campaign"))


@dataclass(frozen=True)
class _Importing:
    """One import under way: whose, and what it has done so far."""

    shop: PlatformShop
    layout: Layout
    windows: Sequence[SessionChannel]
    done: Imported

    def _lock(self) -> None:
        """Of two imports for one shop the second waits: each sees what the other kept."""
        PlatformShop.objects.select_for_update().get(pk=self.shop.pk)

    @transaction.atomic
    def keep_new(self, rows: Sequence[PlatformRow]) -> list[PlatformRow]:
        """Keep the rows of sub-orders that are new, together; gives those of known ones."""
        self._lock()
        numbers = {row.order for row in rows}
        there = PlatformLine.objects.filter(shop=self.shop, order_number__in=numbers)
        known = set(there.values_list("order_number", "part"))
        sellable = _sellable(row.sku for row in rows)
        fresh = []
        for row in rows:
            if (row.order, row.part) in known:
                continue
            if row.paid and row.sku not in sellable:
                self._refuse(row, str(NOBODY_SELLS))
            else:
                fresh.append((row, _new_line(self.shop, row)))
        PlatformLine.objects.bulk_create(line for _, line in fresh)
        sold = [(row, line) for row, line in fresh if row.paid]
        self._sell(sold)
        for row, line in sold:
            _move_on(line, row, self.layout)
        self.done.imported += len(fresh)
        return [row for row in rows if (row.order, row.part) in known]

    def follow(self, row: PlatformRow) -> None:
        """Do what a row of a known sub-order says is new.

        In a transaction of its own: it locks a payment and a consignment before their pools.
        """
        try:
            with transaction.atomic():
                self._lock()
                line = PlatformLine.objects.select_related("shop", "order").get(
                    shop=self.shop, order_number=row.order, part=row.part
                )
                if not _differs(line, row):
                    self.done.unchanged += 1
                    return
                if row.paid and line.order is None:
                    if row.sku not in _sellable([row.sku]):
                        raise Contradicts(NOBODY_SELLS)
                    self._sell([(row, line)])
                _move_on(line, row, self.layout)
        except Contradicts as error:
            self._refuse(row, str(error))
        else:
            self.done.updated += 1

    def _refuse(self, row: PlatformRow, reason: str) -> None:
        """Refuse a row that usable_rows() has counted."""
        grams = Product.objects.values_list("net_grams", flat=True).get(upc=row.sku)
        self.done.figures.count(row, grams, sign=-1)
        self.done.figures.refuse(Refused(row.number, reason))

    def _sell(self, sold: Sequence[tuple[PlatformRow, PlatformLine]]) -> None:
        """Make orders of paid sub-orders, and say which session sold each."""
        if not sold:
            return
        codes = {row.sku for row, _ in sold}
        packs = dict(Product.objects.filter(upc__in=codes).values_list("upc", "pk"))
        for row, line in sold:
            # Until it was paid it could say otherwise.
            line.sku, line.quantity, line.amount_fen = row.sku, row.quantity, row.amount_fen
            line.session = _session(self.windows, row, self.layout)
        orders = sales().record([_sale(line, packs[line.sku]) for _row, line in sold])
        for (_row, line), order in zip(sold, orders, strict=True):
            line.order = order
            if line.session is None:
                self.done.unattributed += 1
            else:
                self.done.attributed += 1


def _sellable(codes: Iterable[str]) -> set[str]:
    packs = dict(Product.objects.filter(upc__in=set(codes)).values_list("pk", "upc"))
    sellers = standing(packs)
    return {code for pk, code in packs.items() if sellers.sold(pk)}


def _new_line(shop: PlatformShop, row: PlatformRow) -> PlatformLine:
    moment = now()
    line = PlatformLine(
        shop=shop,
        order_number=row.order,
        part=row.part,
        sku=row.sku,
        quantity=row.quantity,
        amount_fen=row.amount_fen,
        imported_at=moment,
        changed_at=moment,
    )
    _say(line, row)
    return line


def _say(line: PlatformLine, row: PlatformRow) -> None:
    """What a newer export may say otherwise."""
    line.state, line.pending = row.state, row.pending
    line.ordered_at, line.paid_at = row.ordered_at, row.paid_at
    line.source, line.host = row.source[:80], row.host[:80]
    line.shipped, line.waybill = row.shipped, row.waybill[:LONGEST]


def _differs(line: PlatformLine, row: PlatformRow) -> bool:
    """Whether a row says anything else than its line. Raises Contradicts."""
    sold = (line.sku, line.quantity, line.amount_fen)
    if line.order is not None:
        if sold != (row.sku, row.quantity, row.amount_fen):
            raise Contradicts(
                _("Imported before as %(quantity)d × %(sku)s for %(fen)d fen: that can't change.")
                % {"quantity": line.quantity, "sku": line.sku, "fen": line.amount_fen}
            )
        if not row.paid:
            raise Contradicts(_("Imported before as paid: that can't change."))
        if row.refunded_fen < line.refunded_fen:
            raise Contradicts(
                _("Imported before with %(fen)d fen given back: it can't be less.")
                % {"fen": line.refunded_fen}
            )
    return _said(line) != _said(_new_line(line.shop, row)) or (
        line.refunded_fen != row.refunded_fen
    )


def _said(line: PlatformLine) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in SAID)


def _sale(line: PlatformLine, product_id: int) -> SaleElsewhere:
    shop, named = line.shop, line.part or line.order_number
    if named == line.sku:
        named = f"{line.order_number}-{line.pk}"
    source = f"platform:{shop.platform}"
    return SaleElsewhere(
        key=f"{shop.platform}:{shop.name}:{line.order_number}:{line.part}",
        number=f"{shop.platform[:2].upper()}{shop.pk}-{named}",
        product_id=product_id,
        packs=line.quantity,
        paid_fen=line.amount_fen,
        seller=str(shop),
        note=named,
        source=f"{source}:{line.session_id}" if line.session_id else source,
    )


def _session(
    windows: Sequence[SessionChannel], row: PlatformRow, layout: Layout
) -> LiveSession | None:
    """The one session whose time it was sold in, unless the platform says it was no live sale."""
    at = row.paid_at or row.ordered_at
    if at is None or row.source not in layout.live | layout.unknown:
        return None
    found = {
        shown.session_id: shown.session
        for shown in windows
        if shown.starts_at <= at <= shown.ends_at
    }
    if len(found) != 1:
        return None
    session = next(iter(found.values()))
    return session if now() < session.campaign.frozen_from else None


def _move_on(line: PlatformLine, row: PlatformRow, layout: Layout) -> None:
    """Follow a sub-order to where its newest row says it is. Raises Contradicts."""
    _say(line, row)
    line.changed_at = now()
    if line.order is None:
        line.sku, line.quantity, line.amount_fen = row.sku, row.quantity, row.amount_fen
    else:
        _send(line.order, line, row, layout)
        more = row.refunded_fen - line.refunded_fen
        if more:
            all_of_it = row.refunded_fen == row.amount_fen
            reference = f"{line.shop.platform}:{line.part or line.order_number}"
            try:
                sales().give_back(line.order.pk, None if all_of_it else more, reference)
            except CannotGiveBack as refusal:
                raise Contradicts(str(refusal)) from refusal
            line.refunded_fen = row.refunded_fen
    line.save()


def _send(order: Any, line: PlatformLine, row: PlatformRow, layout: Layout) -> None:
    """Pack, send and deliver what the platform says has left, as far as it is not yet."""
    delivered = row.state in layout.delivered
    if not (row.shipped or delivered):
        return
    # Locked: a packer at the cooperative may be at the same step.
    for consignment in Consignment.objects.select_for_update(no_key=True).filter(order=order):
        if consignment.state == State.PAID:
            consignment = routing.pack(consignment.pk, {})
        if consignment.state == State.PACKED:
            consignment = routing.ship(consignment.pk, row.carrier[:LONGEST], line.waybill)
        if consignment.state == State.SHIPPED and delivered:
            routing.deliver(consignment.pk)
