"""A platform's export as rows of text by the names of their columns, whatever file it is.

Exports come as CSV in UTF-8 or GB18030 and as XLSX, with columns in any order and more of them in
each version; some have a line above the header. Numbers of orders are text of up to 24 digits.
"""

import codecs
import csv
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

# Pinduoduo's header may be the second row.
HEADER_WITHIN = 5
MOST_UNPACKED = 1_000_000_000
LONGEST_CELL = 100_000
BLOCK = 1 << 20
# What a spreadsheet makes of a long number.
ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
# A spreadsheet knows fifteen digits.
DIGITS_KNOWN = 15


class BadFile(Exception):
    """Nothing of a file can be used, in words for the one who gave it."""


@dataclass(frozen=True)
class Line:
    """A row below the header: its number in the file, from 1, and {column: text}."""

    number: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        """The cell's text; "" where it is empty, says "-", or there is no such column."""
        text = self.cells.get(column, "")
        return "" if text == "-" else text


def read_table(path: Path, needed: Collection[str], ids: Collection[str]) -> Iterator[Line]:
    """The lines of an export that has the `needed` columns, `ids` among them.

    Raises BadFile, also in the middle: what is read must not be used before the end.
    """
    rows = _sheet(path) if zipfile.is_zipfile(path) else _text(path)
    first = list(islice(rows, HEADER_WITHIN))
    at = next((i for i, row in enumerate(first) if set(needed) <= set(row)), None)
    if at is None:
        raise BadFile(_no_header(first, needed))
    header = first[at]
    known = 0
    precise = False
    for number, row in enumerate(chain(first[at + 1 :], rows), start=at + 2):
        if not any(row):
            continue
        line = Line(number, {name: text for name, text in zip(header, row, strict=False) if name})
        for column in ids:
            text = line.get(column)
            if ROUNDED.fullmatch(text):
                raise BadFile(_spoiled(number, column, text))
            if text.isdecimal() and len(text) > DIGITS_KNOWN:
                known += 1
                precise = precise or text[DIGITS_KNOWN:].strip("0") != ""
        yield line
    # One such number may be chance.
    if known > 2 and not precise:
        raise BadFile(_spoiled(at + 2, ", ".join(ids), _("digits that are all 0 at the end")))


def _no_header(first: list[list[str]], needed: Collection[str]) -> str:
    best = max(first, key=lambda row: len(set(needed) & set(row)), default=[])
    missing = [name for name in needed if name not in best]
    return _(
        "There is no header with the columns that this platform's exports have. Missing: "
        "%(missing)s. Choose the platform that the file is from, and export it once more."
    ) % {"missing": "、".join(missing)}


def _spoiled(number: int, column: str, text: str) -> str:
    return _(
        "Row %(number)d, “%(column)s”: %(text)s. A spreadsheet has opened and saved this file and "
        "rounded the order numbers. Nothing is imported: take the file as the platform gave it."
    ) % {"number": number, "column": column, "text": text}


def _clean(text: str) -> str:
    """A cell without what keeps a spreadsheet from reading it as a number."""
    text = text.strip().strip("\ufeff").strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'").strip()


def _text(path: Path) -> Iterator[list[str]]:
    encoding = _encoding(path)
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        head = file.readline()
        file.seek(0)
        delimiter = "\t" if head.count("\t") > head.count(",") else ","
        try:
            for row in csv.reader(file, delimiter=delimiter):
                yield [_clean(cell) for cell in row]
        except csv.Error as error:
            raise BadFile(_("This is no CSV file: %(error)s.") % {"error": error}) from error


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is, else GB18030, which has GBK in it. Raises BadFile."""
    with path.open("rb") as file:
        start = file.read(3)
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise BadFile(_("The file is neither a spreadsheet nor text in UTF-8, GB18030 or GBK."))


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK):
                # What is binary decodes as GB18030 more often than one would think.
                if "\0" in decoder.decode(block):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _sheet(path: Path) -> Iterator[list[str]]:
    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
            raise BadFile(_("The spreadsheet is too large. Export fewer days at a time."))
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, OSError, ValueError) as error:
        raise BadFile(
            _("This spreadsheet cannot be read: %(error)s.") % {"error": error}
        ) from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield [_shown(cell) for cell in row]
    finally:
        book.close()


def _shown(cell: Any) -> str:
    """A cell's value as text. A number with more digits than a spreadsheet knows shows that."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if abs(cell) >= 10**DIGITS_KNOWN:
            return f"{cell:.5E}"
        return str(int(cell)) if cell == int(cell) else repr(cell)
    return _clean(str(cell))
