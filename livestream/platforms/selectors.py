"""What an export of another platform comes to."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Product
from livestream.platforms.layouts import LAYOUTS
from livestream.platforms.rows import PlatformRow, Refused, read_rows


@dataclass
class Figures:
    """Counts of rows and sums of what was paid: money in fen, weight in grams.

    `gross_fen` is of all paid rows, `refunded_fen` what was given back of it; `units`, `grams`
    and `by_sku` ({code: [units, fen kept]}) are of what was paid and not all given back, gifts
    included.
    """

    rows: int = 0
    paid: int = 0
    unpaid: int = 0
    refused: int = 0
    unknown_sku: int = 0
    gifts: int = 0
    gross_fen: int = 0
    refunded_fen: int = 0
    units: int = 0
    grams: int = 0
    by_sku: dict[str, list[int]] = field(default_factory=dict)
    refused_rows: list[Refused] = field(default_factory=list)

    @property
    def net_fen(self) -> int:
        """Paid less given back."""
        return self.gross_fen - self.refunded_fen

    def refuse(self, row: Refused) -> None:
        """Count a row that nothing is done with."""
        self.refused += 1
        self.refused_rows.append(row)

    def count(self, row: PlatformRow, net_grams: int, sign: int = 1) -> None:
        """Count a row of packs of so many grams each; `sign` -1 takes it back."""
        if not row.paid:
            self.unpaid += sign
            return
        self.paid += sign
        self.gifts += sign * row.is_gift
        self.gross_fen += sign * row.amount_fen
        self.refunded_fen += sign * row.refunded_fen
        if not row.is_refunded:
            of_sku = self.by_sku.setdefault(row.sku, [0, 0])
            for at, more in enumerate((row.quantity, row.amount_fen - row.refunded_fen)):
                of_sku[at] += sign * more
            self.units += sign * row.quantity
            self.grams += sign * row.quantity * net_grams


def figures_json(figures: Figures) -> dict[str, Any]:
    """The figures for machines: refused rows as {row, reason}."""
    rows = [{"row": row.number, "reason": row.reason} for row in figures.refused_rows]
    return asdict(figures) | {"net_fen": figures.net_fen, "refused_rows": rows}


def figures_of(path: Path, platform: str) -> Figures:
    """What an export says, without keeping any of it. Raises BadFile.

    Rows of which there are two, and those whose merchant code is no product's, are refused.
    """
    figures = Figures()
    for _row in usable_rows(path, platform, figures):
        pass
    figures.by_sku = dict(sorted(figures.by_sku.items()))
    return figures


def usable_rows(path: Path, platform: str, figures: Figures) -> Iterator[PlatformRow]:
    """The rows that say something of a pack of ours, each counted in `figures`, as are others."""
    seen = Counter[tuple[str, str]]()
    grams = dict(Product.objects.filter(net_grams__isnull=False).values_list("upc", "net_grams"))
    for row in _rows(path, platform, figures):
        seen[row.order, row.part] += 1
        if seen[row.order, row.part] > 1:
            figures.refuse(Refused(row.number, _("The file has this sub-order twice.")))
        elif row.sku not in grams:
            figures.unknown_sku += 1
            reason = _("No product has the merchant code “%(sku)s”.") % {"sku": row.sku}
            figures.refuse(Refused(row.number, reason))
        else:
            figures.count(row, grams[row.sku])
            yield row


def _rows(path: Path, platform: str, figures: Figures) -> Iterator[PlatformRow]:
    for row in read_rows(path, LAYOUTS[platform]):
        figures.rows += 1
        if isinstance(row, Refused):
            figures.refuse(row)
        else:
            yield row
