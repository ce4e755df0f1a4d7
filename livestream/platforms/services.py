"""Keeping what another platform's export says: each sub-order is a fact, imported once.

A file is read whole before anything is written. Then batches of rows, each in one transaction and
under the shop's lock: whoever is killed half way starts again and ends with the same. The same row
again changes nothing; a newer one moves the sale on (sent, delivered, given back), and never
changes what was sold.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.clock import now
from catalog.models import Product
from cooperatives.ports import NobodySells, SaleElsewhere, sales
from cooperatives.routing import services as routing
from cooperatives.routing.models import Consignment
from cooperatives.routing.route import standing
from livestream.platforms.layouts import LAYOUTS, Layout
from livestream.platforms.models import PlatformLine, PlatformShop
from livestream.platforms.rows import PlatformRow, Refused
from livestream.platforms.selectors import Figures, figures_json, figures_of, usable_rows
from livestream.sessions.models import LiveSession, SessionChannel

BATCH = 200
State = Consignment.State
Key = tuple[str, str]
# What an export says of a sub-order, but what was given back of it.
SAID = ("sku", "quantity", "amount_fen", "state", "pending", "ordered_at", "paid_at")
ALSO_SAID = ("source", "host", "shipped", "waybill")
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

    def refuse(self, row: PlatformRow, reason: str) -> None:
        """Count a row that contradicts what was imported before."""
        self.figures.refuse(Refused(row.number, reason))


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
    windows = _windows(shop, session)
    for batch in _batches(usable_rows(path, platform, done.figures)):
        with transaction.atomic():
            _import_batch(shop, windows, batch, done)
        progress(done.figures.rows, rows)
    done.figures.by_sku = dict(sorted(done.figures.by_sku.items()))
    return done


def _batches(rows: Iterator[PlatformRow]) -> Iterator[list[PlatformRow]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _windows(shop: PlatformShop, session: LiveSession | None) -> list[SessionChannel]:
    """The channels whose time may say which session sold something; none of a rehearsal."""
    shown = SessionChannel.objects.filter(
        platform=shop.platform, session__rehearsal=False, session__started_at__isnull=False
    )
    shown = shown.filter(session=session) if session else shown.filter(account=shop.name)
    return list(shown.select_related("session__campaign"))


def _import_batch(
    shop: PlatformShop,
    windows: Sequence[SessionChannel],
    rows: Sequence[PlatformRow],
    done: Imported,
) -> None:
    PlatformShop.objects.select_for_update().get(pk=shop.pk)
    numbers = {row.order for row in rows}
    known: dict[Key, PlatformLine] = {
        (line.order_number, line.part): line
        for line in PlatformLine.objects.filter(shop=shop, order_number__in=numbers)
    }
    layout = LAYOUTS[shop.platform]
    fresh = []
    for row in rows:
        line = known.get((row.order, row.part))
        try:
            with transaction.atomic():
                if line is None:
                    fresh.append((row, _new_line(shop, row)))
                elif not _differs(line, row):
                    done.unchanged += 1
                else:
                    if row.paid and line.order_id is None:
                        _sell(shop, windows, [(row, line)], done)
                    _move_on(line, row, layout)
                    done.updated += 1
        except (Contradicts, NobodySells, ValueError) as error:
            _uncount(done, row)
            done.refuse(row, _reason(error))
    _keep_fresh(shop, windows, fresh, layout, done)


def _uncount(done: Imported, row: PlatformRow) -> None:
    """Take back what usable_rows() counted of a row that is refused after all."""
    grams = Product.objects.values_list("net_grams", flat=True).get(upc=row.sku)
    done.figures.count(row, grams, sign=-1)


def _reason(error: Exception) -> str:
    if isinstance(error, NobodySells):
        return _("No cooperative sells this pack at its price.")
    return str(error)


def _keep_fresh(
    shop: PlatformShop,
    windows: Sequence[SessionChannel],
    fresh: Sequence[tuple[PlatformRow, PlatformLine]],
    layout: Layout,
    done: Imported,
) -> None:
    """Write the sub-orders that were not known, together; then what became of each since."""
    sellable = _sellable(row.sku for row, _ in fresh if row.paid)
    kept = []
    for row, line in fresh:
        if row.paid and row.sku not in sellable:
            _uncount(done, row)
            done.refuse(row, _("No cooperative sells this pack at its price."))
        else:
            kept.append((row, line))
    PlatformLine.objects.bulk_create(line for _, line in kept)
    _sell(shop, windows, [(row, line) for row, line in kept if row.paid], done)
    for row, line in kept:
        if line.order_id is not None:
            _move_on(line, row, layout)
    done.imported += len(kept)


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
    if line.order_id is not None:
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
    return tuple(getattr(line, name) for name in SAID + ALSO_SAID)


def _sell(
    shop: PlatformShop,
    windows: Sequence[SessionChannel],
    sold: Sequence[tuple[PlatformRow, PlatformLine]],
    done: Imported,
) -> None:
    """Make orders of paid sub-orders, and say which session sold each."""
    if not sold:
        return
    packs = dict(
        Product.objects.filter(upc__in={row.sku for row, _ in sold}).values_list("upc", "pk")
    )
    for row, line in sold:
        # Until it was paid it could say otherwise.
        line.sku, line.quantity, line.amount_fen = row.sku, row.quantity, row.amount_fen
        line.session = _session(shop, windows, row)
    orders = sales().record([_sale(line, packs[line.sku]) for _row, line in sold])
    for (_row, line), order_id in zip(sold, orders, strict=True):
        line.order_id = order_id
        if line.session is None:
            done.unattributed += 1
        else:
            done.attributed += 1
    PlatformLine.objects.bulk_update(
        (line for _row, line in sold), ["order", "session", "sku", "quantity", "amount_fen"]
    )


def _sale(line: PlatformLine, product_id: int) -> SaleElsewhere:
    shop, named = line.shop, line.part
    if not named or named == line.sku:
        named = f"{line.order_number}-{line.part}".strip("-")
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
    shop: PlatformShop, windows: Sequence[SessionChannel], row: PlatformRow
) -> LiveSession | None:
    """The one session whose time it was sold in, unless the platform says it was no live sale."""
    layout = LAYOUTS[shop.platform]
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
    """Follow a sub-order to where its newest row says it is. Raises ValueError, in words."""
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
            given = sales().give_back(line.order.pk, None if all_of_it else more, reference)
            if given != more:
                raise ValueError(
                    _("The export gives back %(more)d fen, of which %(given)d are left.")
                    % {"more": more, "given": given}
                )
            line.refunded_fen = row.refunded_fen
    line.save()


def _send(order: Any, line: PlatformLine, row: PlatformRow, layout: Layout) -> None:
    """Pack, send and deliver what the platform says has left, as far as it is not yet."""
    delivered = row.state in layout.delivered
    if not (row.shipped or delivered):
        return
    for consignment in Consignment.objects.filter(order=order):
        if consignment.state == State.PAID:
            consignment = routing.pack(consignment.pk, {})
        if consignment.state == State.PACKED:
            consignment = routing.ship(consignment.pk, row.carrier[:LONGEST], line.waybill)
        if consignment.state == State.SHIPPED and delivered:
            routing.deliver(consignment.pk)
