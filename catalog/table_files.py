"""Tables that people hand over as CSV files: read strictly, with every fault named at its place.

A table says for each column which kind of cell it holds; `read_table` gives the rows and all the
faults, as `file:row: column: what, expected what` (row = line number in the file, header = 1).
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

WHOLE_FILE = "(file)"
WHOLE_ROW = "(row)"
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file, for the person who keeps it."""

    file: str
    row: int
    column: str
    what: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.column}: {self.what}, expected {self.expected}"


class TableFaults(Exception):
    """What is wrong in the files; nothing was written."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = list(faults)
        super().__init__("\n".join(map(str, self.faults)))


class Refused(ValueError):
    """A cell is not of its column's kind: `what` it is, and what was `expected`."""

    def __init__(self, what: str, expected: str):
        super().__init__(what, expected)
        self.what, self.expected = what, expected


Kind = Callable[[str], Any]


@dataclass(frozen=True)
class Table:
    """A file's name, its columns with their kinds, and the columns that name a row."""

    file: str
    columns: Mapping[str, Kind]
    key: tuple[str, ...]


@dataclass
class Row:
    """One row: the cells that are right, by column. `whole` means that all of them are.

    A row with too many or too few cells has them in `stray`, as nobody knows which is which.
    """

    file: str
    number: int
    cells: dict[str, Any] = field(default_factory=dict)
    whole: bool = True
    stray: list[str] = field(default_factory=list)

    def __getitem__(self, column: str) -> Any:
        return self.cells[column]

    def has(self, *columns: str) -> bool:
        """Whether all these cells are there and right."""
        return all(column in self.cells for column in columns)

    def fault(self, column: str, what: str, expected: str) -> Fault:
        """A fault at this row."""
        return Fault(self.file, self.number, column, what, expected)


@dataclass
class TableRead:
    """What a file holds. `columns` are those that its header has: none if it cannot be read."""

    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)


def shown(value: object) -> str:
    """A value in quotes, with what cannot be seen made visible, cut if it is very long."""
    text = str(value)
    cut = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    return repr(cut)


def whole(least: int, most: int, unit: str = "") -> Kind:
    """A whole number from `least` to `most`, in the digits 0–9."""
    expected = f"a whole number{f' of {unit}' if unit else ''} from {least} to {most}"

    def parse(cell: str) -> int:
        if not re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", cell):
            raise Refused(shown(cell), expected)
        if not least <= int(cell) <= most:
            raise Refused(cell, expected)
        return int(cell)

    return parse


def text(longest: int, optional: bool = False) -> Kind:
    """Text of at most `longest` characters."""
    expected = f"text of {'0' if optional else '1'} to {longest} characters"

    def parse(cell: str) -> str:
        if not cell and not optional:
            raise Refused("empty", expected)
        if len(cell) > longest:
            raise Refused(f"{shown(cell)} has {len(cell)} characters", expected)
        return cell

    return parse


def code(longest: int) -> Kind:
    """A key of letters, digits and hyphens: fit for an address."""
    expected = f"1 to {longest} letters A–Z a–z, digits 0–9 and hyphens"

    def parse(cell: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", cell) or len(cell) > longest:
            raise Refused(shown(cell) if cell else "empty", expected)
        return cell

    return parse


def optional(kind: Kind) -> Kind:
    """A cell of a kind, or empty."""
    return lambda cell: kind(cell) if cell else ""


def pattern(form: str, expected: str) -> Kind:
    """Text that matches a regular expression as a whole."""

    def parse(cell: str) -> str:
        if not re.fullmatch(form, cell):
            raise Refused(shown(cell) if cell else "empty", expected)
        return cell

    return parse


def one_of(values: Iterable[str], expected: str = "") -> Kind:
    """One of some words."""
    allowed = list(values)

    def parse(cell: str) -> str:
        if cell not in allowed:
            raise Refused(
                shown(cell) if cell else "empty", expected or f"one of {', '.join(allowed)}"
            )
        return cell

    return parse


def day(not_after: Callable[[], date] | None = None) -> Kind:
    """A day as 2026-11-22, between 1900 and 2100, and not after a given one (read when parsing)."""

    def parse(cell: str) -> date:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            raise Refused(shown(cell) if cell else "empty", "a day as YYYY-MM-DD")
        try:
            value = date.fromisoformat(cell)
        except ValueError:
            raise Refused(f"{cell} is no day of the calendar", "a day as YYYY-MM-DD") from None
        if not EARLIEST <= value <= LATEST:
            raise Refused(cell, f"a day from {EARLIEST} to {LATEST}")
        if not_after is not None and value > not_after():
            raise Refused(f"{cell} lies in the future", f"a day up to {not_after()}")
        return value

    return parse


def read_table(directory: Path, table: Table) -> TableRead:
    """The rows of a file and everything that is wrong with it. A byte-order mark is tolerated."""
    read = TableRead()
    names = ",".join(table.columns)

    def whole_file(what: str, expected: str) -> TableRead:
        read.faults.append(Fault(table.file, 1, WHOLE_FILE, what, expected))
        return read

    try:
        content = (directory / table.file).read_bytes()
    except FileNotFoundError:
        return whole_file("missing", f"a CSV file with the columns {names}")
    except OSError as error:
        return whole_file(f"cannot be read ({error.strerror})", "a readable file")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return whole_file("UTF-16", "UTF-8")
    # Bytes that are not UTF-8 travel on as surrogates, so that they are reported cell by cell.
    decoded = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if not decoded.strip():
        return whole_file("empty", f"a header row {names} and rows below it")
    lines = _lines(decoded, table, read)
    header = next(lines, None)
    if header is None:
        return read
    read.columns = _columns(header[1], table, read)
    for number, cells in lines:
        _read_row(number, cells, header[1], table, read)
    if not read.rows and not read.faults:
        return whole_file("no row below the header", "at least one row")
    read.faults += _doubled(read.rows, table)
    return read


def _lines(decoded: str, table: Table, read: TableRead):
    """The lines that hold something, as (number of the first line, cells)."""
    reader = csv.reader(io.StringIO(decoded, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            read.faults.append(
                Fault(
                    table.file, number, WHOLE_ROW, f"not CSV ({error})", "commas and double quotes"
                )
            )
            continue
        if cells:
            yield number, cells


def _columns(header: list[str], table: Table, read: TableRead) -> list[str]:
    """The table's columns that the header has; what is missing, unknown or doubled is a fault."""
    names = ", ".join(table.columns)
    for column in table.columns:
        if column not in header:
            read.faults.append(
                Fault(table.file, 1, column, "missing column", f"the columns {names}")
            )
    for position, column in enumerate(header):
        if column in header[:position]:
            read.faults.append(Fault(table.file, 1, column, "doubled column", "each column once"))
        elif column not in table.columns:
            read.faults.append(
                Fault(table.file, 1, shown(column), "unknown column", f"the columns {names}")
            )
    return [column for column in table.columns if column in header]


def _read_row(
    number: int, cells: list[str], header: list[str], table: Table, read: TableRead
) -> None:
    row = Row(table.file, number)
    read.rows.append(row)
    if len(cells) != len(header):
        row.whole, row.stray = False, cells
        read.faults.append(
            row.fault(WHOLE_ROW, f"{len(cells)} cells", f"{len(header)}, as in the header")
        )
        return
    for column in read.columns:
        cell = cells[header.index(column)]
        try:
            _check_characters(cell)
            row.cells[column] = table.columns[column](cell)
        except Refused as refused:
            read.faults.append(row.fault(column, refused.what, refused.expected))
    row.whole = len(row.cells) == len(table.columns)


def _check_characters(cell: str) -> None:
    """Refuse what no cell may hold: foreign bytes, invisible characters, spaces at the ends."""
    if any("\udc80" <= character <= "\udcff" for character in cell):
        foreign = cell.encode("utf-8", "surrogateescape")
        raise Refused(f"bytes that are not UTF-8 {foreign[:LONGEST_SHOWN]!r}", "UTF-8 text")
    if any(unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"} for each in cell):
        raise Refused(f"control character in {cell[:LONGEST_SHOWN]!a}", "visible characters only")
    if cell != cell.strip():
        raise Refused(f"space around {shown(cell)}", "no space before or after it")


def _doubled(rows: list[Row], table: Table) -> list[Fault]:
    """A fault for each row whose key an earlier row has."""
    faults, first = [], {}
    for row in rows:
        if not row.has(*table.key):
            continue
        key = tuple(row[column] for column in table.key)
        if key in first:
            faults.append(
                row.fault(
                    "+".join(table.key),
                    f"{' '.join(map(str, key))} stands in row {first[key]} too",
                    f"each {' and '.join(table.key)} once",
                )
            )
        first.setdefault(key, row.number)
    return faults
