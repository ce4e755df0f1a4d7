"""Each way in which the villages' files can be wrong, and the sentence that says so."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from catalog.clock import today
from cooperatives.households.village_files.checking import check, check_days
from cooperatives.households.village_files.importing import in_order
from cooperatives.households.village_files.reading import read_files
from cooperatives.households.village_files.tables import DELIVERIES
from tests.support.village_folder import FILES, spoil, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path)


def faults_of(folder: Path) -> list[str]:
    files, faults = read_files(folder)
    return [str(fault) for fault in in_order(faults + check(files))]


def test_files_without_fault_give_none(folder: Path) -> None:
    assert faults_of(folder) == []


def test_a_byte_order_mark_windows_line_ends_blank_lines_and_quotes_are_tolerated(
    folder: Path,
) -> None:
    for name, content in FILES.items():
        changed = "\ufeff" + content.replace("\n", "\r\n") + "\r\n"
        (folder / name).write_bytes(changed.encode())
    spoil(folder, "cooperatives.csv", "一村合作社", '"一村,合作社"')

    assert faults_of(folder) == []


def test_columns_may_stand_in_any_order(folder: Path) -> None:
    rows = [line.split(",") for line in FILES["deliveries.csv"].splitlines()]
    turned = "\n".join(",".join(reversed(row)) for row in rows)
    (folder / "deliveries.csv").write_text(turned)

    assert faults_of(folder) == []


WHOLE_GRAMS = "expected a whole number of grams from 1 to 1000000000"

ONE_FAULT = [
    # numbers
    ("deliveries.csv", ",10000,", ",-5,", f"deliveries.csv:2: grams: -5, {WHOLE_GRAMS}"),
    ("deliveries.csv", ",10000,", ",0,", f"deliveries.csv:2: grams: 0, {WHOLE_GRAMS}"),
    ("deliveries.csv", ",10000,", ",1.5,", f"deliveries.csv:2: grams: '1.5', {WHOLE_GRAMS}"),
    ("deliveries.csv", ",10000,", ",1e4,", f"deliveries.csv:2: grams: '1e4', {WHOLE_GRAMS}"),
    ("deliveries.csv", ",10000,", ",,", f"deliveries.csv:2: grams: '', {WHOLE_GRAMS}"),
    (
        "deliveries.csv",
        ",10000,",
        ",１００００,",
        f"deliveries.csv:2: grams: '１００００', {WHOLE_GRAMS}",
    ),
    (
        "deliveries.csv",
        ",10000,",
        ',"10,000",',
        f"deliveries.csv:2: grams: '10,000', {WHOLE_GRAMS}",
    ),
    (
        "deliveries.csv",
        ",10000,",
        ",1000000001,",
        f"deliveries.csv:2: grams: 1000000001, {WHOLE_GRAMS}",
    ),
    (
        "promises.csv",
        ",5000,1000",
        ",5000,-1",
        f"promises.csv:2: grams_per_day: -1, {WHOLE_GRAMS}",
    ),
    (
        "cooperatives.csv",
        ",800,200",
        ",10001,0",
        "cooperatives.csv:2: service_fee_bps: 10001, "
        "expected a whole number of basis points from 0 to 10000",
    ),
    (
        "cooperatives.csv",
        ",800,200",
        ",9000,1001",
        "cooperatives.csv:2: village_fund_bps: 1001 and the service fee's 9000 make 10001, "
        "expected at most 10000 together",
    ),
    (
        "products.csv",
        ",1,12,4,",
        ",0,12,4,",
        "products.csv:5: season_from: 0, expected a whole number from 1 to 12",
    ),
    (
        "products.csv",
        ",1,12,4,",
        ",1,13,4,",
        "products.csv:5: season_to: 13, expected a whole number from 1 to 12",
    ),
    (
        "products.csv",
        ",9600,",
        ",0,",
        "products.csv:5: price_fen: 0, expected a whole number of fen from 1 to 1000000000",
    ),
    # days
    (
        "deliveries.csv",
        "2026-01-05",
        "2026-02-30",
        "deliveries.csv:2: delivered_on: 2026-02-30 is no day of the calendar, "
        "expected a day as YYYY-MM-DD",
    ),
    (
        "deliveries.csv",
        "2026-01-05",
        "2026/01/05",
        "deliveries.csv:2: delivered_on: '2026/01/05', expected a day as YYYY-MM-DD",
    ),
    (
        "deliveries.csv",
        "2026-01-05",
        "0026-01-05",
        "deliveries.csv:2: delivered_on: 0026-01-05, expected a day from 1900-01-01 to 2100-12-31",
    ),
    (
        "deliveries.csv",
        "2026-01-05",
        "2019-07-19",
        "deliveries.csv:2: delivered_on: 2019-07-19, before A-ONE-001 joined, "
        "expected a day from 2019-07-20",
    ),
    (
        "promises.csv",
        "P,2026-01-09,2026-01-18",
        "P,2026-01-19,2026-01-18",
        "promises.csv:2: to: 2026-01-18 comes before from, expected a day from 2026-01-19",
    ),
    # words
    (
        "deliveries.csv",
        "10000,A",
        "10000,C",
        "deliveries.csv:2: grade: 'C', expected one of A, B",
    ),
    (
        "products.csv",
        "chilled",
        "warm",
        "products.csv:5: temperature: 'warm', expected one of ambient, chilled, frozen",
    ),
    (
        "cooperatives.csv",
        "陕西",
        "陕西省",
        "cooperatives.csv:4: province: '陕西省', expected a province's short name such as 广西",
    ),
    (
        "cooperatives.csv",
        "610426",
        "61042",
        "cooperatives.csv:4: county_code: '61042', expected six digits of GB/T 2260",
    ),
    # text
    (
        "cooperatives.csv",
        "远村合作社",
        "远" * 129,
        f"cooperatives.csv:4: name_zh: '{'远' * 60}…' has 129 characters, "
        "expected text of 1 to 128 characters",
    ),
    (
        "cooperatives.csv",
        "远村合作社",
        "",
        "cooperatives.csv:4: name_zh: empty, expected text of 1 to 128 characters",
    ),
    (
        "cooperatives.csv",
        "远村合作社",
        "远村\u200b合作社",
        "cooperatives.csv:4: name_zh: control character in '\\u8fdc\\u6751\\u200b\\u5408\\u4f5c"
        "\\u793e', expected visible characters only",
    ),
    (
        "cooperatives.csv",
        "远村合作社",
        '"远村\n合作社"',
        "cooperatives.csv:4: name_zh: control character in '\\u8fdc\\u6751\\n\\u5408\\u4f5c"
        "\\u793e', expected visible characters only",
    ),
    (
        "cooperatives.csv",
        "远村合作社",
        " 远村合作社",
        "cooperatives.csv:4: name_zh: space around ' 远村合作社', "
        "expected no space before or after it",
    ),
    (
        "deliveries.csv",
        "L1,",
        "L/1,",
        "deliveries.csv:2: lot: 'L/1', expected 1 to 64 letters A–Z a–z, digits 0–9 and hyphens",
    ),
    (
        "cooperatives.csv",
        "远村合作社",
        "远村合作社".encode("gbk"),
        "cooperatives.csv:4: name_zh: bytes that are not UTF-8 "
        f"{'远村合作社'.encode('gbk')!r}, expected UTF-8 text",
    ),
    # references
    (
        "deliveries.csv",
        "A-ONE-001",
        "A-ONE-009",
        "deliveries.csv:2: household: unknown A-ONE-009, expected a code of households.csv",
    ),
    (
        "households.csv",
        "A-ONE-001,A-ONE",
        "A-ONE-001,A-NONE",
        "households.csv:2: cooperative: unknown A-NONE, expected a code of cooperatives.csv",
    ),
    (
        "promises.csv",
        "001,N",
        "001,X",
        "promises.csv:3: produce: unknown X, expected a produce of products.csv",
    ),
    (
        "deliveries.csv",
        "B-FAR-001,N",
        "B-FAR-001,P",
        "deliveries.csv:4: produce: P is not sold by B-FAR, B-FAR-001's cooperative, "
        "expected a produce of B-FAR in products.csv",
    ),
    (
        "products.csv",
        "beef,",
        "fresh, good beef,",
        "products.csv:5: (row): 17 cells, expected 16, as in the header",
    ),
    # doubled keys
    (
        "deliveries.csv",
        "L2,",
        "L1,",
        "deliveries.csv:3: lot: L1 stands in row 2 too, expected each lot once",
    ),
    (
        "products.csv",
        "P-2,P,雪梨,snow pear,新鲜水果,9斤礼盒,4500",
        "P-1,P,雪梨,snow pear,新鲜水果,5斤装,2500",
        "products.csv:3: sku+cooperative: P-1 A-ONE stands in row 2 too, "
        "expected each sku and cooperative once",
    ),
    # rows that disagree
    (
        "products.csv",
        "2580,7,9,30",
        "2580,7,9,31",
        "products.csv:4: shelf_days: 31, but P has 30 in row 2, "
        "expected the same in all rows of one produce",
    ),
    (
        "products.csv",
        "2500,2580",
        "2400,2580",
        "products.csv:4: net_grams: 2400, but P-1 has 2500 in row 2, "
        "expected the same in all rows of one sku",
    ),
    (
        "products.csv",
        "9600,1,12,4,24,1,chilled,,B-FAR",
        "9600,1,12,4,24,1,chilled,,B-FAR\n"
        "P-1,P,雪梨,snow pear,新鲜水果,5斤装,2500,2580,7,9,30,48,1,ambient,,B-FAR",
        "products.csv:6: cooperative: B-FAR is of county 610426, A-ONE in row 2 of 450327, "
        "expected cooperatives of one county for P-1",
    ),
    # shape
    (
        "deliveries.csv",
        "10000,A",
        "10000,A,",
        "deliveries.csv:2: (row): 7 cells, expected 6, as in the header",
    ),
    (
        "deliveries.csv",
        "10000,A",
        "10000",
        "deliveries.csv:2: (row): 5 cells, expected 6, as in the header",
    ),
    (
        "households.csv",
        "A-ONE-001,A-ONE,一村,500,3",
        "A-ONE-001,A-ONE,一村,500,3,3",
        "households.csv:2: (row): 7 cells, expected 6, as in the header",
    ),
    (
        "promises.csv",
        "8000,500\n",
        '8000,"500\n',
        "promises.csv:3: (row): not CSV (unexpected end of data), "
        "expected commas and double quotes",
    ),
    (
        "deliveries.csv",
        ",grade",
        ",grade,grade",
        [
            "deliveries.csv:1: grade: doubled column, expected each column once",
            *(
                f"deliveries.csv:{row}: (row): 6 cells, expected 7, as in the header"
                for row in (2, 3, 4)
            ),
        ],
    ),
    (
        "deliveries.csv",
        ",grade",
        ",quality",
        [
            "deliveries.csv:1: grade: missing column, "
            "expected the columns lot, household, produce, delivered_on, grams, grade",
            "deliveries.csv:1: 'quality': unknown column, "
            "expected the columns lot, household, produce, delivered_on, grams, grade",
        ],
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), ONE_FAULT)
def test_a_fault_is_named_with_file_row_column_and_what_is_expected(
    folder: Path, file: str, old: str, new: str | bytes, expected: str | list[str]
) -> None:
    spoil(folder, file, old, new)

    assert faults_of(folder) == ([expected] if isinstance(expected, str) else expected)


def test_a_household_cannot_have_joined_tomorrow(folder: Path) -> None:
    tomorrow = today() + timedelta(days=1)
    spoil(folder, "households.csv", "2018-11-07", tomorrow.isoformat())

    assert (
        f"households.csv:4: joined_on: {tomorrow} lies in the future, "
        f"expected a day up to {today()}"
    ) in faults_of(folder)


def test_a_lot_cannot_have_been_delivered_tomorrow(folder: Path) -> None:
    files, _ = read_files(folder)

    faults = check_days(files[DELIVERIES].rows, timedelta(days=10), date(2026, 1, 16))

    assert [str(fault) for fault in faults] == [
        "deliveries.csv:4: delivered_on: 2026-01-07 lies in the future, "
        "expected a day up to 2026-01-06"
    ]


def test_a_missing_file_is_one_fault_and_its_references_are_not_blamed(folder: Path) -> None:
    (folder / "households.csv").unlink()

    assert faults_of(folder) == [
        "households.csv:1: (file): missing, expected a CSV file with the columns "
        "code,cooperative,village,shares,people,joined_on"
    ]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_a_fault(folder: Path, content: str) -> None:
    (folder / "promises.csv").write_text(content, encoding="utf-8")

    assert faults_of(folder) == [
        "promises.csv:1: (file): empty, expected a header row "
        "household,produce,from,to,grams,grams_per_day and rows below it"
    ]


def test_a_file_with_a_header_alone_is_a_fault(folder: Path) -> None:
    (folder / "promises.csv").write_text(FILES["promises.csv"].splitlines()[0])

    assert faults_of(folder) == [
        "promises.csv:1: (file): no row below the header, expected at least one row"
    ]


def test_utf_16_is_one_fault(folder: Path) -> None:
    (folder / "promises.csv").write_text(FILES["promises.csv"], encoding="utf-16")

    assert faults_of(folder) == ["promises.csv:1: (file): UTF-16, expected UTF-8"]


def test_a_missing_key_column_does_not_blame_the_rows_that_refer_to_it(folder: Path) -> None:
    spoil(folder, "cooperatives.csv", "code,name_zh", "id,name_zh")

    assert [fault.split(",")[0] for fault in faults_of(folder)] == [
        "cooperatives.csv:1: code: missing column",
        "cooperatives.csv:1: 'id': unknown column",
    ]


def test_all_faults_of_all_files_are_told_in_one_go(folder: Path) -> None:
    # A promise is doubled, a lot's grams are negative and its household unknown, a fee is a word.
    spoil(folder, "cooperatives.csv", ",600,", ",six,")
    spoil(folder, "deliveries.csv", "L2,A-TWO-001,P,2026-01-06,20000", "L2,A-X,P,2026-13-06,-1")
    spoil(
        folder,
        "promises.csv",
        "B-FAR-001,N,2026-01-09,2026-01-18,8000",
        "A-ONE-001,P,2026-01-09,2026-01-18,8000",
    )

    assert faults_of(folder) == [
        "cooperatives.csv:4: service_fee_bps: 'six', "
        "expected a whole number of basis points from 0 to 10000",
        "deliveries.csv:3: delivered_on: 2026-13-06 is no day of the calendar, "
        "expected a day as YYYY-MM-DD",
        f"deliveries.csv:3: grams: -1, {WHOLE_GRAMS}",
        "deliveries.csv:3: household: unknown A-X, expected a code of households.csv",
        "promises.csv:3: household+produce+from+to: A-ONE-001 P 2026-01-09 2026-01-18 "
        "stands in row 2 too, expected each household and produce and from and to once",
    ]
