"""Imports of one export by several processes: at once, and after one was killed half way."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum

from catalog.models import Product
from cooperatives.ledger.models import Posting
from deploy.embedded.places import ROOT
from livestream.platforms.models import PlatformLine
from storefront.books.runner import check_database
from storefront.order.models import Order
from tests.support import chain
from tests.support.platform_export import row, write_export
from tests.support.servers import wait_for

# More than two batches.
ROWS = 450


def begin(environment: dict[str, str], path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "manage.py", "import_platform_orders", str(path), "--json"]
    command += ["--platform", "douyin", "--shop", "山里的店"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(importing: "subprocess.Popen[str]") -> dict[str, Any]:
    out, errors = importing.communicate(timeout=120)
    assert importing.returncode == 0, errors
    return json.loads(out)


def faults() -> list[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        return [result.detail for result in check_database(cursor) if not result.ok]


def on_platform() -> int:
    posted = Posting.objects.filter(account__kind="platform")
    return posted.aggregate(fen=Sum("amount_fen"))["fen"]


def test_one_is_killed_half_way_and_two_at_once_finish_it_exactly(server_environment, tmp_path):
    # given an export of more than two batches, a tenth of it given back
    chain.make_grove("A", grams=500_000)
    rows = [
        row(n, state="已关闭", after="退款成功") if n % 10 == 0 else row(n)
        for n in range(1, ROWS + 1)
    ]
    path = write_export(tmp_path, Product.objects.get().upc, *rows)

    # when one process is killed while it imports
    killed = begin(server_environment, path)
    wait_for(PlatformLine.objects.exists, 180, "the first batch")
    killed.kill()
    killed.communicate()
    before = PlatformLine.objects.count()
    assert 0 < before < ROWS
    assert faults() == []

    # and then two import the file at once
    answers = [said(each) for each in [begin(server_environment, path) for _ in range(2)]]

    # then every sub-order is there once, whoever kept it
    assert PlatformLine.objects.count() == Order.objects.count() == ROWS
    assert sum(answer["imported"] for answer in answers) == ROWS - before
    assert sum(answer["unchanged"] for answer in answers) == ROWS + before
    assert {answer["updated"] for answer in answers} == {0}
    assert [answer["net_fen"] for answer in answers] == [(ROWS - ROWS // 10) * 3000] * 2
    assert on_platform() == (ROWS - ROWS // 10) * 3000
    assert faults() == []
