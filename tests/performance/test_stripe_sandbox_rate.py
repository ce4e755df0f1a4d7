"""The sandbox must not be what slows a test of races or a demo."""

import asyncio
from pathlib import Path

from tests.performance.bench_stripe_sandbox import TARGET, fill, measure


def test_a_second_of_one_core_is_enough_for_300_payments(tmp_path: Path) -> None:
    """By CPU time, the best of three: what else runs here counts against it. The real size,
    100,000, is `make bench`.
    """
    journal = tmp_path / "journal.jsonl"
    fill(journal, 5_000)
    for _ in range(3):
        rate = asyncio.run(measure(journal, 600, "after 5,000", []))
        if rate.by_cpu >= TARGET:
            break
    assert rate.by_cpu >= TARGET
