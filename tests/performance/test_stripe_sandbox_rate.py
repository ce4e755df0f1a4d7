"""The sandbox must not be what slows a test of races or a demo."""

import asyncio
from pathlib import Path

from tests.performance.bench_stripe_sandbox import TARGET, fill, measure


def test_a_second_of_one_core_is_enough_for_300_payments(tmp_path: Path) -> None:
    """By CPU time, so that what else runs here does not count; `make bench` does 100,000."""
    fill(tmp_path / "journal.jsonl", 5_000)
    rate = asyncio.run(measure(tmp_path / "journal.jsonl", 600, "after 5,000", []))
    assert rate.by_cpu >= TARGET
