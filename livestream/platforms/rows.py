"""What one row of an export says: a sale, an order that was never paid, or why it is refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from livestream.platforms.layouts import Layout
from livestream.platforms.tables import Line, read_table

CHINA = ZoneInfo("Asia/Shanghai")
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")
AMOUNT = re.compile(r"[¥￥]?\s*(-?[\d,]+(?:\.\d{1,2})?)\s*元?")
# The longest that platforms have is 24 digits.
ID = re.compile(r"[0-9A-Za-z_-]{1,24}")
# Of a pack nobody buys more at once; ¥1,000,000.00.
MOST_PACKS = 100_000
MOST_FEN = 100_000_000


class BadRow(Exception):
    """A row that cannot be used, in words that name the column."""


@dataclass(frozen=True)
class PlatformRow:
    """One sub-order: packs of one product. Money in fen."""

    number: int
    order: str
    part: str
    sku: str
    title: str
    quantity: int
    amount_fen: int
    refunded_fen: int
    # The platform is still deciding about a refund.
    pending: bool
    paid: bool
    ordered_at: datetime | None
    paid_at: datetime | None
    state: str
    source: str
    host: str
    shipped: bool
    carrier: str
    waybill: str

    @property
    def is_gift(self) -> bool:
        """Paid with nothing: it takes goods and credits nobody."""
        return self.paid and self.amount_fen == 0

    @property
    def is_refunded(self) -> bool:
        """All of it was given back."""
        return self.paid and self.amount_fen > 0 and self.refunded_fen == self.amount_fen


@dataclass(frozen=True)
class Refused:
    """A row that nothing is done with, and why."""

    number: int
    reason: str


def read_rows(path: Path, layout: Layout) -> Iterator[PlatformRow | Refused]:
    """Every row of an export, in its order. Raises BadFile, also in the middle."""
    for line in read_table(path, layout.needed, layout.ids):
        try:
            yield _row(line, layout)
        except BadRow as error:
            yield Refused(line.number, str(error))


def _row(line: Line, layout: Layout) -> PlatformRow:
    state = _known(line, layout.state, layout.states)
    paid_at = time_of(line, layout.paid_at)
    amount = fen_of(line, layout.amount)
    refunded, pending = _refund(line, layout, amount)
    return PlatformRow(
        number=line.number,
        order=id_of(line, layout.order),
        part=_part(line, layout),
        sku=line.get(layout.sku),
        title=line.get(layout.title),
        quantity=_quantity(line, layout.quantity),
        amount_fen=amount,
        refunded_fen=refunded,
        pending=pending,
        paid=paid_at is not None if layout.paid_at else state not in layout.unpaid or refunded > 0,
        ordered_at=time_of(line, layout.ordered_at),
        paid_at=paid_at,
        state=state,
        source=line.get(layout.source),
        host=line.get(layout.host),
        shipped=bool(line.get(layout.shipped_at) or line.get(layout.waybill)),
        carrier=line.get(layout.carrier),
        waybill=line.get(layout.waybill),
    )


def _refund(line: Line, layout: Layout, amount: int) -> tuple[int, bool]:
    """(what was given back in fen, whether the platform is still deciding)."""
    if not layout.after_sale:
        said = line.get(layout.refund)
        return (0 if said == "无退款申请" else fen_of(line, layout.refund)), False
    states = layout.refunded | layout.not_refunded | layout.pending
    after = _known(line, layout.after_sale, states)
    given = fen_of(line, layout.refund) if layout.refund else 0
    if given > amount:
        raise BadRow(
            _("“%(column)s” is more than “%(amount)s”.")
            % {"column": layout.refund, "amount": layout.amount}
        )
    if after in layout.refunded:
        return given or amount, False
    return given, after in layout.pending


def _part(line: Line, layout: Layout) -> str:
    """What tells it from other rows of its order; a merchant's code is looked for in our packs."""
    if not layout.part:
        return ""
    return (_filled if layout.part == layout.sku else id_of)(line, layout.part)


def id_of(line: Line, column: str) -> str:
    """The number of an order or sub-order. Raises BadRow."""
    text = _filled(line, column)
    if not ID.fullmatch(text):
        raise BadRow(
            _("“%(column)s” says “%(text)s”: a number of at most 24 digits is needed.")
            % {"column": column, "text": text[:40]}
        )
    return text


def _filled(line: Line, column: str) -> str:
    text = line.get(column)
    if not text:
        raise BadRow(_("“%(column)s” is empty.") % {"column": column})
    return text


def _known(line: Line, column: str, states: frozenset[str]) -> str:
    text = line.get(column)
    if text not in states:
        raise BadRow(
            _("“%(column)s” says “%(text)s”. Known are: %(states)s.")
            % {
                "column": column,
                "text": text,
                "states": "、".join(sorted(state for state in states if state)),
            }
        )
    return text


def _quantity(line: Line, column: str) -> int:
    text = _filled(line, column)
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= MOST_PACKS:
        raise BadRow(
            _("“%(column)s” says “%(text)s”: a whole number from 1 on is needed.")
            % {"column": column, "text": text}
        )
    return int(text)


def fen_of(line: Line, column: str, least: int = 0) -> int:
    """An amount of yuan, such as "¥1,234.50" or "0元", in fen. Nothing is none. Raises BadRow."""
    text = line.get(column)
    if not text:
        return 0
    match = AMOUNT.fullmatch(text)
    try:
        fen = int(Decimal(match[1].replace(",", "")) * 100) if match else None
    except InvalidOperation:
        fen = None
    if fen is None or not least <= fen <= MOST_FEN:
        raise BadRow(
            _("“%(column)s” says “%(text)s”: an amount of yuan such as 12.50 is needed.")
            % {"column": column, "text": text}
        )
    return fen


def time_of(line: Line, column: str) -> datetime | None:
    """A moment by the platform's clock; None where there is none. Raises BadRow."""
    text = line.get(column)
    if not text:
        return None
    for shape in TIMES:
        try:
            return datetime.strptime(text, shape).replace(tzinfo=CHINA)
        except ValueError:
            continue
    raise BadRow(
        _("“%(column)s” says “%(text)s”: a time such as 2026-07-01 20:15:00 is needed.")
        % {"column": column, "text": text}
    )
