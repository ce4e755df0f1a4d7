"""Exports of other platforms as files: encodings, headers, what a spreadsheet spoils."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from livestream.platforms.tables import BadFile, Line, read_table

pytestmark = pytest.mark.usefixtures("in_english")

COLUMNS = ("订单号", "商品数量", "备注")
ID = "6917000011000000001"


def read(path: Path) -> list[Line]:
    return list(read_table(path, COLUMNS[:2], COLUMNS[:1]))


def text_file(folder: Path, *rows: str, encoding: str = "utf-8", head: str = "") -> Path:
    path = folder / "export.csv"
    lines = [head] if head else []
    path.write_text("\r\n".join([*lines, ",".join(COLUMNS), *rows]), encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_an_export_is_read_in_the_encodings_of_platforms(tmp_path, encoding):
    path = text_file(tmp_path, f"\t{ID},2,香梨", encoding=encoding)

    (line,) = read(path)

    assert line == Line(2, {"订单号": ID, "商品数量": "2", "备注": "香梨"})


def test_cells_lose_what_kept_a_spreadsheet_from_rounding_them(tmp_path):
    path = text_file(tmp_path, f'"=""{ID}""",1,-', f"'{ID},-, x ", "", f"{ID}\t,3")

    lines = read(path)

    assert [line.get("订单号") for line in lines] == [ID] * 3
    assert [line.number for line in lines] == [2, 3, 5]
    assert [line.get("商品数量") for line in lines] == ["1", "", "3"]
    assert [line.get("备注") for line in lines] == ["", "x", ""]


def test_a_line_above_the_header_is_passed_over(tmp_path):
    path = text_file(tmp_path, f"{ID},2,", head="2026年7月订单,,")

    assert [line.number for line in read(path)] == [3]


def test_columns_may_stand_anywhere_and_be_tabbed(tmp_path):
    path = tmp_path / "export.txt"
    path.write_text(f"备注\t商品数量\t更多\t订单号\nx\t2\ty\t{ID}\n")

    (line,) = read(path)

    assert (line.get("订单号"), line.get("商品数量"), line.get("更多")) == (ID, "2", "y")


def test_a_spreadsheet_with_text_is_read(tmp_path):
    book = Workbook()
    book.active.append(COLUMNS)
    book.active.append([ID, 2, None])
    book.save(tmp_path / "export.xlsx")

    (line,) = read(tmp_path / "export.xlsx")

    assert line == Line(2, {"订单号": ID, "商品数量": "2", "备注": ""})


def test_a_file_without_its_columns_is_refused_and_says_which(tmp_path):
    (tmp_path / "export.csv").write_text("订单号,数量\n1,2\n")

    with pytest.raises(BadFile, match="商品数量"):
        read(tmp_path / "export.csv")


@pytest.mark.parametrize(
    "spoilt", [["6.917E+18"], ["6.91700001100000E+18"], [f"{n}6170000110000000" for n in (1, 2, 3)]]
)
def test_numbers_that_a_spreadsheet_has_rounded_refuse_the_whole_file(tmp_path, spoilt):
    path = text_file(tmp_path, *(f"{number},1," for number in spoilt))

    with pytest.raises(BadFile, match="订单号|order numbers"):
        read(path)


def test_numbers_in_a_spreadsheet_are_rounded_too(tmp_path):
    book = Workbook()
    book.active.append(COLUMNS)
    book.active.append([int(ID), 1, ""])
    book.save(tmp_path / "export.xlsx")

    with pytest.raises(BadFile):
        read(tmp_path / "export.xlsx")


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"\xff\xfe\x00", b"PK\x03\x04nonsense", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_export_is_refused(tmp_path, content):
    (tmp_path / "export.csv").write_bytes(content)

    with pytest.raises(BadFile):
        read(tmp_path / "export.csv")
