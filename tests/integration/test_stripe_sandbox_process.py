"""The sandbox as a process: what outlives a crash, and that it does not outlive its parent."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.sandbox import ROOT, WEBHOOK_SECRET, running_sandbox
from tests.support.stripe_backends import connect, counts, pay
from tests.support.webhook_sink import webhook_sink


def test_payments_keys_and_undelivered_events_survive_a_crash(tmp_path: Path) -> None:
    options: Any = {"idempotency_key": "kept"}
    with webhook_sink(WEBHOOK_SECRET) as sink:
        sink.answers = [500] * 1000
        with running_sandbox(tmp_path, sink.url) as sandbox:
            client = connect(sandbox)
            intent = pay(client)
            refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, options)
            sandbox.stop(kill=True)
        with (tmp_path / "stripe_sandbox.jsonl").open("a") as journal:
            journal.write('["payment_intent","pi_cut_sho')
        sink.answers = []
        assert sink.received == []
        with running_sandbox(tmp_path, sink.url) as sandbox:
            client = connect(sandbox)
            assert client.v1.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()
            charge = client.v1.charges.retrieve(str(intent.latest_charge))
            assert charge.amount_refunded == 100
            again = client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, options)
            assert again.id == refund.id
            assert client.v1.events.list({"limit": 100}).data[-1].type == "payment_intent.created"
            # At least once each: an answer may come too late for one that was delivered.
            sink.wait(lambda: len({event.id for event in sink.received}) == 5)
            pay(client)
        with running_sandbox(tmp_path) as sandbox:
            assert counts(sandbox)["charge"] == 2


def test_the_first_endpoint_enables_what_the_command_line_names() -> None:
    with webhook_sink(WEBHOOK_SECRET) as sink:
        named = ("charge.succeeded", "refund.*")
        with running_sandbox(None, sink.url, webhook_events=named) as sandbox:
            client = connect(sandbox)
            intent = pay(client)
            client.v1.refunds.create({"payment_intent": intent.id})
            # Deliveries overtake one another, and one tried again comes twice.
            sink.wait(lambda: {"charge.succeeded", "refund.created"} <= set(sink.types()))
            sink.wait(lambda: sandbox.state()["webhooks"]["pending"] == 0)
    assert set(sink.types()) <= {"charge.succeeded", "refund.created", "refund.updated"}


def test_two_sandboxes_do_not_share_a_journal(tmp_path: Path) -> None:
    with running_sandbox(tmp_path), pytest.raises(RuntimeError, match="in use by another"):
        running_sandbox(tmp_path).__enter__()


def test_the_sandbox_ends_with_whoever_started_it(tmp_path: Path) -> None:
    script = (
        "from tests.support.sandbox import start_sandbox\n"
        "sandbox = start_sandbox()\n"
        "print(sandbox.process.pid, flush=True)\n"
        "input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    os.kill(pid, 0)
    parent.kill()
    parent.communicate()
    end = time.monotonic() + 10
    while time.monotonic() < end and _alive(pid):
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    """Whether it still runs (a process that ended and that nobody has asked about does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        if sys.platform == "linux":
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    return state != "Z"
