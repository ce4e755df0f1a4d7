"""`import_platform_orders --dry-run`: one evening's export, to the fen and the gram."""

import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cooperatives.households.village_files import load_villages
from tests.support.platform_export import EVENING, EXPECTED, VILLAGES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def said(path: Path, *options: str) -> str:
    out = StringIO()
    command = ["import_platform_orders", str(path), "--platform", "douyin", "--dry-run"]
    call_command(*command, *options, stdout=out)
    return out.getvalue()


def test_an_evenings_export_comes_to_what_it_must():
    load_villages(VILLAGES, date(2026, 11, 20))
    must = json.loads(EXPECTED.read_text())

    found = json.loads(said(EVENING, "--json"))

    refused = found.pop("refused_rows")
    assert found == {name: value for name, value in must.items() if name != "sub_orders"}
    assert len(refused) == must["unknown_sku"] == 9
    assert all("merchant code" in row["reason"] for row in refused)


def test_in_words_it_says_the_same():
    load_villages(VILLAGES, date(2026, 11, 20))

    lines = said(EVENING).splitlines()

    assert len(lines) == 9 + 2
    assert lines[-2] == "420 rows: 371 paid (4 gifts), 40 never paid, 9 refused"
    assert lines[-1].startswith("¥44386.90 paid − ¥3698.40 refunded = ¥40688.50; 541 packs")


def test_a_sub_order_twice_counts_once(tmp_path):
    load_villages(VILLAGES, date(2026, 11, 20))
    lines = EVENING.read_text(encoding="utf-8-sig").splitlines()
    twice = tmp_path / "twice.csv"
    twice.write_text("\n".join([*lines, lines[1]]))
    once = json.loads(said(EVENING, "--json"))

    found = json.loads(said(twice, "--json"))

    assert (found["rows"], found["refused"]) == (421, 10)
    assert found["gross_fen"] == once["gross_fen"]
    assert found["refused_rows"][-1]["row"] == 422


@pytest.mark.parametrize("content", ["", "订单号,数量\n1,2\n"])
def test_a_file_of_another_kind_is_refused_in_words(tmp_path, content):
    path = tmp_path / "other.csv"
    path.write_text(content)

    with pytest.raises(CommandError, match="Missing: 主订单编号"):
        said(path)


def test_a_file_that_is_not_there_is_told():
    with pytest.raises(CommandError, match="There is no file"):
        said(EVENING.with_name("nothing.csv"))
