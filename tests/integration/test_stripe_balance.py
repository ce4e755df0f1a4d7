"""The sandbox's money beyond payments: fees, payouts, disputes, late payments, the dashboard."""

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import stripe

from tests.support.sandbox import Sandbox, running_sandbox
from tests.support.stripe_backends import connect, counts, pay

Client = stripe.StripeClient


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.reset()
    return shared


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return connect(sandbox)


def lines(client: Client, **filters: Any) -> list[tuple[str, str, int, int, int]]:
    """Balance transactions, oldest first: type, reporting category, amount, fee, net."""
    listed = client.v1.balance_transactions.list({"limit": 100, **filters}).data
    return [(t.type, t.reporting_category, t.amount, t.fee, t.net) for t in reversed(listed)]


def types(client: Client) -> list[str]:
    return [e.type for e in reversed(client.v1.events.list({"limit": 100}).data)]


def held(client: Client) -> int:
    """What the account holds, available or not."""
    shown = client.v1.balance.retrieve()
    return sum(part.amount for part in [*shown.available, *shown.pending])


def wait(fulfilled: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not fulfilled():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_every_movement_has_its_transaction_and_an_automatic_payout_takes_them_all(
    sandbox: Sandbox, client: Client
) -> None:
    intent = pay(client)  # ¥50.00: 3.4 % are ¥1.70, and ¥2.35
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1200})
    paid = [("charge", "charge", 5000, 405, 4595), ("refund", "refund", -1200, 0, -1200)]
    assert lines(client) == paid
    assert held(client) == 3395
    assert lines(client, source=str(intent.latest_charge)) == paid[:1]
    assert lines(client, source=refund.id) == paid[1:]
    assert lines(client, type="refund") == paid[1:]

    payout = sandbox.pay_out()
    assert (payout["amount"], payout["status"], payout["automatic"]) == (3395, "paid", True)
    assert lines(client, payout=payout["id"]) == [*paid, ("payout", "payout", -3395, 0, -3395)]
    assert held(client) == 0
    charged = client.v1.charges.retrieve(
        str(intent.latest_charge), {"expand": ["balance_transaction"]}
    )
    fee: Any = charged.balance_transaction
    assert (fee.status, fee.fee_details[0].amount) == ("available", 405)

    pay(client)
    failed = sandbox.pay_out(fail=True)
    assert (failed["amount"], failed["status"], failed["failure_code"]) == (
        4595,
        "failed",
        "account_closed",
    )
    assert lines(client, source=failed["id"]) == [
        ("payout", "payout", -4595, 0, -4595),
        ("payout_failure", "payout_reversal", 4595, 0, 4595),
    ]
    assert held(client) == 4595
    again = sandbox.pay_out()
    assert lines(client, payout=again["id"]) == [
        ("payout_failure", "payout_reversal", 4595, 0, 4595),
        ("payout", "payout", -4595, 0, -4595),
    ]
    late = sandbox.control("POST", f"payouts/{again['id']}/fail", {})
    assert (late["status"], held(client)) == ("failed", 4595)
    assert [name for name in types(client) if name.startswith("payout.")] == [
        "payout.created",
        "payout.paid",
        "payout.created",
        "payout.failed",
        "payout.created",
        "payout.paid",
        "payout.failed",
    ]
    statuses = [p.status for p in client.v1.payouts.list({"limit": 2, "status": "failed"}).data]
    assert statuses == ["failed", "failed"]
    sandbox.pay_out()
    with pytest.raises(AssertionError, match="nothing to pay out"):
        sandbox.pay_out()


def test_a_payout_asked_for_takes_only_what_is_available(sandbox: Sandbox, client: Client) -> None:
    pay(client)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payouts.create({"amount": 1000, "currency": "cny"})
    assert refusal.value.code == "balance_insufficient"
    assert counts(sandbox)["payout"] == 0
    pay(client, "pm_card_bypassPending")
    payout = client.v1.payouts.create({"amount": 1000, "currency": "cny"})
    assert (payout.status, payout.automatic) == ("pending", False)
    with pytest.raises(stripe.InvalidRequestError, match="automatic"):
        client.v1.balance_transactions.list({"payout": payout.id})
    wait(lambda: client.v1.payouts.retrieve(payout.id).status == "paid")
    # By hand even what is pending; the automatic one afterwards takes the rest.
    assert sandbox.pay_out(amount=2000)["automatic"] is False
    with pytest.raises(AssertionError, match="insufficient"):
        sandbox.pay_out(amount=6191)
    assert sandbox.pay_out()["amount"] == 2 * 4595 - 3000
    assert held(client) == 0


@pytest.mark.parametrize(
    ("evidence", "status", "account"),
    [("winning_evidence", "won", 4595), ("losing_evidence", "lost", 4595 - 5000 - 8500)],
)
def test_a_dispute_takes_the_money_until_the_evidence_decides(
    client: Client, evidence: str, status: str, account: int
) -> None:
    intent = pay(client, "pm_card_createDisputeProductNotReceived")
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.disputed, charge.amount_refunded) == (True, 0)
    dispute = client.v1.disputes.list({"charge": charge.id}).data[0]
    assert (dispute.amount, dispute.reason, dispute.status, dispute.payment_intent) == (
        5000,
        "product_not_received",
        "needs_response",
        intent.id,
    )
    assert lines(client)[1:] == [("adjustment", "dispute", -5000, 8500, -13500)]
    assert held(client) == 4595 - 13500
    with pytest.raises(stripe.InvalidRequestError, match="no files"):
        client.v1.disputes.update(dispute.id, {"evidence": {"receipt": "file_1"}})
    client.v1.disputes.update(dispute.id, {"evidence": {"shipping_carrier": "SF"}, "submit": False})
    sent = client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": evidence}})
    assert (sent.status, sent.evidence.shipping_carrier) == ("under_review", "SF")
    assert sent.evidence_details.submission_count == 1
    for repeat in (
        lambda: client.v1.disputes.update(dispute.id, {"evidence": {"customer_name": "B"}}),
        lambda: client.v1.disputes.close(dispute.id),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="under_review"):
            repeat()
    wait(lambda: client.v1.disputes.retrieve(dispute.id).status == status)
    assert held(client) == account
    closing = ["charge.dispute.updated"] * 2 + ["charge.dispute.closed"]
    if status == "won":
        closing.append("charge.dispute.funds_reinstated")
        assert lines(client, source=dispute.id)[1:] == [
            ("adjustment", "dispute_reversal", 5000, -8500, 13500)
        ]
        assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 5000
    else:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.refunds.create({"payment_intent": intent.id})
        assert refusal.value.code == "charge_disputed"
        assert lines(client, type="refund") == []
    happened = [name for name in types(client) if "dispute" in name]
    assert happened == ["charge.dispute.created", "charge.dispute.funds_withdrawn", *closing]


def test_a_bank_may_dispute_a_part_and_decide_by_itself(sandbox: Sandbox, client: Client) -> None:
    intent = pay(client)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    for wrong in ({"amount": 5001}, {"amount": "10"}, {"reason": "mood"}, {"colour": "red"}):
        with pytest.raises(AssertionError):
            sandbox.dispute(intent.id, **wrong)
    assert counts(sandbox)["dispute"] == 0
    dispute = sandbox.dispute(intent.id)
    assert (dispute["amount"], dispute["reason"]) == (4000, "fraudulent")
    with pytest.raises(AssertionError, match="disputed before"):
        sandbox.control("POST", "disputes", {"charge": intent.latest_charge, "amount": 1})
    closed = sandbox.close_dispute(dispute["id"], "won")
    assert closed["status"] == "won"
    assert [t["net"] for t in closed["balance_transactions"]] == [-12500, 12500]
    with pytest.raises(AssertionError, match="already closed"):
        sandbox.close_dispute(dispute["id"], "lost")


@pytest.mark.parametrize(
    ("ordered", "status", "last"),
    [
        ("succeeded", "succeeded", ["charge.succeeded", "payment_intent.succeeded"]),
        (
            "failed",
            "requires_payment_method",
            ["charge.failed", "payment_intent.payment_failed"],
        ),
    ],
)
def test_a_payment_may_stay_processing_and_end_late(
    sandbox: Sandbox,
    client: Client,
    ordered: Literal["succeeded", "failed"],
    status: str,
    last: list[str],
) -> None:
    intent = pay(client, "pm_card_processing")
    assert intent.status == "processing"
    for change in (client.v1.payment_intents.cancel, client.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            change(intent.id)
        assert refusal.value.code == "payment_intent_unexpected_state"
    assert lines(client) == []
    sandbox.settle(intent.id, ordered)
    assert client.v1.payment_intents.retrieve(intent.id).status == status
    assert types(client) == ["payment_intent.created", "payment_intent.processing", *last]
    with pytest.raises(AssertionError, match=status):
        sandbox.settle(intent.id, "succeeded")
    assert len(lines(client)) == (ordered == "succeeded")


def test_the_dashboard_pays_and_refunds_without_the_shop(sandbox: Sandbox, client: Client) -> None:
    made = sandbox.pay(7700)
    assert (made["status"], made["amount"], made["metadata"]) == ("succeeded", 7700, {})
    given = sandbox.refund(made["id"], amount=700)
    assert (given["amount"], given["status"], given["metadata"]) == (700, "succeeded", {})
    assert types(client)[-2:] == ["refund.created", "charge.refunded"]
    with pytest.raises(AssertionError, match="greater than unrefunded"):
        sandbox.refund(made["id"], amount=7001)
    with pytest.raises(AssertionError, match="not known here"):
        sandbox.control("POST", "wishes", {})
    assert [line[2] for line in lines(client)] == [7700, -700]


def test_a_refund_that_fails_brings_its_money_back(client: Client) -> None:
    intent = pay(client, "pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 2000})
    wait(lambda: client.v1.refunds.retrieve(refund.id).status == "failed")
    assert lines(client, source=refund.id) == [
        ("refund", "refund", -2000, 0, -2000),
        ("refund_failure", "refund_failure", 2000, 0, 2000),
    ]
    found = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    back: Any = found.failure_balance_transaction
    assert back.amount == 2000
    listed = client.v1.balance_transactions.list(
        {"expand": ["data.source.charge"], "type": "refund_failure"}
    )
    source: Any = listed.data[0].source
    assert source.charge.id == intent.latest_charge


def test_disputes_payouts_and_verdicts_survive_a_crash(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        client = connect(sandbox)
        pay(client, "pm_card_bypassPending")
        first = sandbox.pay_out()
        late = pay(client, "pm_card_processing")
        intent = pay(client, "pm_card_createDispute")
        dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
        client.v1.disputes.update(
            dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
        )
        before = [client.v1.payouts.retrieve(first["id"]).to_dict(), lines(client)]
        pay(client, "pm_card_bypassPending")
        asked = client.v1.payouts.create({"amount": 595, "currency": "cny"})
        sandbox.stop(kill=True)
    with running_sandbox(tmp_path) as sandbox:
        client = connect(sandbox)
        assert [client.v1.payouts.retrieve(first["id"]).to_dict(), lines(client)[:4]] == [
            before[0],
            before[1][:4],
        ]
        assert lines(client, payout=first["id"]) == before[1][:2]
        wait(lambda: client.v1.disputes.retrieve(dispute.id).status == "won")
        wait(lambda: client.v1.payouts.retrieve(asked.id).status == "paid")
        sandbox.settle(late.id, "succeeded")
        assert sandbox.pay_out()["amount"] == 3 * 4595 - 595
        assert held(client) == 0


def test_the_dashboard_page_shows_what_may_be_done_and_does_it(
    sandbox: Sandbox, client: Client
) -> None:
    intent = pay(client)
    late = pay(client, "pm_card_processing")

    def page(path: str = "", **form: str) -> str:
        data = urllib.parse.urlencode(form).encode() if path else None
        request = urllib.request.Request(f"{sandbox.url}/dashboard{path}", data=data)
        with urllib.request.urlopen(request, timeout=20) as response:
            shown: str = response.read().decode()
        return shown

    assert f"/dashboard/intents/{late.id}/settle" in page()
    page(f"/intents/{late.id}/settle", status="succeeded")
    assert "−CN¥43.10" in page("/disputes", charge=str(intent.latest_charge))
    dispute = client.v1.disputes.list().data[0]
    assert "won" in page(f"/disputes/{dispute.id}/close", status="won")
    page("/payouts", fail="true")
    assert [p.status for p in client.v1.payouts.list().data] == ["failed"]
    with pytest.raises(urllib.error.HTTPError) as refusal:
        page(f"/disputes/{dispute.id}/close", status="lost")
    assert refusal.value.code == 400
    assert "already closed" in refusal.value.read().decode()
    assert "None yet." not in page() and "Payouts" in page()
