"""The report of a live session as a spreadsheet: yuan as numbers, text always as text."""

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from catalog.numbers import to_yuan
from livestream.figures.definitions import Unit
from livestream.figures.report import Report
from livestream.figures.sales import Row, Sums

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MONEY, RATE = "#,##0.00", "0.00%"
BOLD = Font(bold=True)


class Money(Decimal):
    """Yuan, to be written with two places."""


class Rate(Decimal):
    """A part of a whole, to be written as per cent."""


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> WriteOnlyCell:
    kind = MONEY if isinstance(value, Money) else RATE if isinstance(value, Rate) else None
    cell = WriteOnlyCell(sheet, Decimal(value) if kind else value)
    if kind:
        cell.number_format = kind
    if isinstance(value, str):
        # What a person typed is never a formula.
        cell.data_type = "s"
    if bold:
        cell.font = BOLD
    return cell


def _sheet(book: Workbook, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width = 32
    for letter in "BCDEFGHIJ":
        sheet.column_dimensions[letter].width = 16
    sheet.append([_cell(sheet, text, bold=True) for text in head])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _money(fen: int) -> Money:
    return Money(to_yuan(fen))


def _sums(sums: Sums) -> list[Any]:
    return [
        sums.orders,
        sums.packs,
        Decimal(sums.grams) / 1000,
        _money(sums.placed_fen),
        _money(sums.paid_fen),
        _money(sums.hour_refunded_fen),
        _money(sums.refunded_fen),
        _money(sums.net_fen),
    ]


def workbook(report: Report, *, pools: bool) -> bytes:
    """The report as XLSX, in the reader's language; sales pools only for those who may see them."""
    book = Workbook(write_only=True)
    _sheet(book, _("Summary"), [_("What"), _("Value"), _("How")], _summary(report))
    head = [
        *(_("Orders"), _("Packs"), _("Weight in kg"), _("Placed"), _("Paid")),
        *(_("Refunded within an hour"), _("Refunded in all"), _("Net of refunds")),
    ]
    for name, rows in (
        (_("Product"), report.sold.products),
        (_("County"), report.sold.counties),
        (_("Village"), report.sold.villages),
        (_("Cooperative"), report.sold.partners),
        (_("Channel"), report.sold.channels),
    ):
        _sheet(book, name, [name, *head], _with_whole(rows, report.sold.whole))
    if pools:
        _sheet(book, _("Sales pools"), _pool_head(), _pools(report))
    if report.timeline:
        head = [_("Minutes into the session"), _("Orders"), _("Paid")]
        steps = ([s.minutes, s.orders, _money(s.paid_fen)] for s in report.timeline.steps)
        _sheet(book, _("Timeline"), head, steps)
        head = [_("Shown"), _("Seconds into the session"), _("Seconds"), _("Orders"), _("Paid")]
        _sheet(book, _("What was shown"), head, _pins(report))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _with_whole(rows: Iterable[Row], whole: Sums) -> Iterable[list[Any]]:
    for row in rows:
        yield [row.name, *_sums(row.sums)]
    yield [_("In all"), *_sums(whole)]


def _summary(report: Report) -> Iterable[list[Any]]:
    whole = report.sold.whole
    yield [_("Session"), report.session.title, ""]
    yield [_("Campaign"), report.session.campaign.name, ""]
    yield [_("Orders"), whole.orders, ""]
    yield [_("Placed"), _money(whole.placed_fen), ""]
    yield [_("Paid"), _money(whole.paid_fen), ""]
    yield [_("Of that the buyers' own money"), _money(whole.user_paid_fen), ""]
    yield [_("Net of refunds"), _money(whole.net_fen), ""]
    yield [pgettext("ladder", "Settled by the platform"), _money(report.settled_fen), ""]
    yield [_("Credited to households"), _money(report.pools.credited_fen), ""]
    yield [_("Net of the whole campaign"), _money(report.campaign_net_fen), ""]
    yield [_("Costs of the whole campaign"), _money(report.costs.total_fen), ""]
    yield [_("Net of refunds less costs"), _money(report.after_costs_fen), ""]
    for each in report.figures:
        value: Any = each.value
        if value is None:
            value = "–"
        elif each.figure.unit == Unit.RATE:
            value = Rate(value)
        elif each.figure.unit in (Unit.FEN, Unit.YUAN):
            value = Money(value)
        yield [str(each.figure.name), value, str(each.figure.formula)]


def _pool_head() -> list[str]:
    return [
        *(_("Cooperative"), _("Produce"), _("From"), _("To"), _("Households")),
        *(_("Net of refunds"), _("Credited to households")),
    ]


def _pools(report: Report) -> Iterable[list[Any]]:
    for row in report.pools.rows:
        pool = row.pool
        named: list[Any] = [_("Groups of fewer than three households, together"), "", "", ""]
        if pool is not None:
            owner = pool.pool
            names = [owner.partner.display_name, owner.produce.name]
            named = [*names, pool.starts_on, pool.ends_on]
        yield [*named, row.households, _money(row.net_fen), _money(row.credited_fen)]


def _pins(report: Report) -> Iterable[list[Any]]:
    for pin in report.timeline.pins if report.timeline else ():
        name, begin = pin.item.pack.display_name, pin.offset_ms // 1000
        yield [name, begin, pin.seconds, pin.sold.orders, _money(pin.sold.paid_fen)]
