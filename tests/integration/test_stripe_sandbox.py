"""What the sandbox promises beyond Stripe's interface: faults, webhooks, keys, its journal."""

import concurrent.futures
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.support.sandbox import Sandbox, bank_answers, running_sandbox
from tests.support.stripe_backends import PAYMENT, connect, counts, pay
from tests.support.webhook_sink import Sink, webhook_sink

PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    """An empty sandbox without faults and webhooks."""
    shared.reset()
    yield shared
    for endpoint in shared.control("GET", "webhooks")["webhooks"]:
        shared.remove_webhook(endpoint["id"])


@pytest.fixture
def sink(sandbox: Sandbox) -> Iterator[Sink]:
    with webhook_sink(sandbox.webhook_secret) as listening:
        sandbox.add_webhook(listening.url)
        yield listening


def browser(sandbox: Sandbox, method: str, path: str, **form: str) -> tuple[int, str]:
    """A call with the publishable key, as a page makes it."""
    data = urllib.parse.urlencode({"key": sandbox.publishable_key, **form})
    address = sandbox.url + path + ("?" + data if method == "GET" else "")
    request = urllib.request.Request(
        address, method=method, data=None if method == "GET" else data.encode()
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_500_and_a_429_do_nothing_and_stop_by_count(sandbox: Sandbox) -> None:
    client = connect(sandbox)
    sandbox.fault(kind="500", path="/v1/payment_intents")
    sandbox.fault(kind="429", path="/v1/payment_intents")
    with pytest.raises(stripe.APIError) as broken:
        client.v1.payment_intents.create(PAYMENT)
    assert broken.value.http_status == 500
    with pytest.raises(stripe.RateLimitError) as limited:
        client.v1.payment_intents.create(PAYMENT)
    assert limited.value.http_status == 429
    assert counts(sandbox)["payment_intent"] == 0
    client.v1.payment_intents.create(PAYMENT)
    assert counts(sandbox)["payment_intent"] == 1
    assert sandbox.faults()["injected"] == {"500": 1, "429": 1}


def test_a_fault_strikes_only_its_path_and_its_method(sandbox: Sandbox) -> None:
    client = connect(sandbox)
    sandbox.fault(kind="500", path="/v1/refunds*", method="POST", count=None)
    intent = pay(client)
    assert client.v1.refunds.list().data == []
    with pytest.raises(stripe.APIError):
        client.v1.refunds.create({"payment_intent": intent.id})
    sandbox.clear_faults()
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 5000


def test_a_fault_by_chance_is_the_same_for_the_same_seed(sandbox: Sandbox) -> None:
    def struck() -> list[bool]:
        sandbox.clear_faults()
        sandbox.fault(kind="500", probability=0.5, seed=7)
        result = []
        for _ in range(12):
            try:
                connect(sandbox).v1.balance.retrieve()
                result.append(False)
            except stripe.APIError:
                result.append(True)
        return result

    first = struck()
    assert struck() == first
    assert 0 < sum(first) < 12


@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_lost_answer_and_its_retry_by_the_same_key_make_one_intent(
    sandbox: Sandbox, when: str, made: int
) -> None:
    client = connect(sandbox, timeout=0.5)
    options: Any = {"idempotency_key": "attempt-1"}
    sandbox.fault(kind="timeout", when=when, path="/v1/payment_intents")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.payment_intents.create(PAYMENT, options)
    assert counts(sandbox)["payment_intent"] == made
    client.v1.payment_intents.create(PAYMENT, options)
    assert counts(sandbox)["payment_intent"] == 1


def test_a_500_after_the_deed_leaves_the_payment_done(sandbox: Sandbox) -> None:
    client = connect(sandbox)
    params: Any = {**PAYMENT, "payment_method": "pm_card_visa"}
    intent = client.v1.payment_intents.create(params)
    sandbox.fault(kind="500", when="after", path="*/confirm")
    with pytest.raises(stripe.APIError):
        client.v1.payment_intents.confirm(intent.id)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"


def test_a_key_in_flight_is_a_409(sandbox: Sandbox) -> None:
    options: Any = {"idempotency_key": "twice"}
    sandbox.fault(kind="slow", seconds=1.0, path="/v1/payment_intents")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        slow = pool.submit(connect(sandbox).v1.payment_intents.create, PAYMENT, options)
        while sandbox.faults()["injected"] != {"slow": 1}:
            time.sleep(0.01)
        with pytest.raises(stripe.StripeError) as refusal:
            connect(sandbox).v1.payment_intents.create(PAYMENT, options)
        assert refusal.value.http_status == 409
        intent = slow.result()
    assert counts(sandbox)["payment_intent"] == 1
    again = connect(sandbox).v1.payment_intents.create(PAYMENT, options)
    assert again.id == intent.id


def test_many_requests_with_one_key_make_one_payment(sandbox: Sandbox) -> None:
    body: Any = {**PAYMENT, "payment_method": "pm_card_visa", "confirm": True}
    options: Any = {"idempotency_key": "stampede"}

    def once(number: int) -> str:
        return connect(sandbox).v1.payment_intents.create(body, options).id

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(once, range(32)))
    assert len(ids) == 1
    assert counts(sandbox)["charge"] == 1


def test_events_of_payment_refusal_cancellation_and_refund_arrive_signed(
    sandbox: Sandbox, sink: Sink
) -> None:
    client = connect(sandbox)
    intent = pay(client)
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    with pytest.raises(stripe.CardError):
        pay(client, "pm_card_chargeDeclined")
    waits = pay(client, "pm_card_threeDSecure2Required")
    client.v1.payment_intents.cancel(waits.id)
    expected = [
        *PAID,
        "refund.created",
        "charge.refunded",
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.canceled",
    ]
    sink.wait(lambda: len(sink.received) == len(expected))
    assert sorted(sink.types()) == sorted(expected)
    listed = client.v1.events.list({"limit": 100}).data
    assert [event.type for event in reversed(listed)] == expected
    # An event is a snapshot: the first one still shows the intent as it was.
    created = next(e for e in sink.received if e.data.object["id"] == intent.id)
    assert client.v1.events.retrieve(listed[-1].id).data.object["status"] != "succeeded"
    assert created.request is not None
    assert sandbox.state()["webhooks"] == {"delivered": 11, "failed": 0, "pending": 0}


def test_a_webhook_is_retried_until_it_is_taken(sandbox: Sandbox, sink: Sink) -> None:
    sink.answers = [500, 302, 404]
    intent = connect(sandbox).v1.payment_intents.create(PAYMENT)
    sink.wait(lambda: len(sink.received) == 1)
    assert sink.attempts == 4
    assert sink.received[0].data.object["id"] == intent.id
    event = connect(sandbox).v1.events.list().data[0]
    assert (event.id, event.pending_webhooks) == (sink.received[0].id, 0)


def test_several_endpoints_get_what_they_asked_for(sandbox: Sandbox, sink: Sink) -> None:
    with webhook_sink(sandbox.webhook_secret) as second:
        sandbox.add_webhook(second.url, ["payment_intent.succeeded"])
        pay(connect(sandbox))
        sink.wait(lambda: len(sink.received) == 3)
        second.wait(lambda: len(second.received) == 1)
        assert second.types() == ["payment_intent.succeeded"]


def test_a_webhook_can_come_twice_late_or_never(sandbox: Sandbox, sink: Sink) -> None:
    client = connect(sandbox)
    sandbox.fault(kind="webhook_duplicate", path="payment_intent.succeeded")
    sandbox.fault(kind="webhook_delay", path="charge.succeeded", seconds=0.4)
    sandbox.fault(kind="webhook_drop", path="payment_intent.created")
    begun = time.monotonic()
    pay(client)
    sink.wait(lambda: len(sink.received) == 3)
    assert time.monotonic() - begun >= 0.4
    assert sink.types() == [
        "payment_intent.succeeded",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]
    assert sink.received[0].id == sink.received[1].id
    lost = client.v1.events.list({"type": "payment_intent.created"}).data[0]
    sandbox.resend(lost.id)
    sink.wait(lambda: len(sink.received) == 4)
    assert sink.received[-1].id == lost.id


def test_webhooks_can_come_in_the_wrong_order(sandbox: Sandbox, sink: Sink) -> None:
    sandbox.fault(kind="webhook_reorder", seconds=0.2, count=3)
    pay(connect(sandbox))
    sink.wait(lambda: len(sink.received) == 3)
    assert sink.types() == PAID[::-1]
    sandbox.clear_faults()
    sandbox.fault(kind="webhook_reorder", seconds=0.2, count=3, seed=3)
    pay(connect(sandbox))
    sink.wait(lambda: len(sink.received) == 6)
    assert sorted(sink.types()[3:]) == sorted(PAID)


def test_a_challenge_is_passed_failed_or_overtaken(sandbox: Sandbox) -> None:
    client = connect(sandbox)

    def waiting() -> tuple[str, str]:
        intent = client.v1.payment_intents.create(
            {
                "amount": 5000,
                "currency": "cny",
                "payment_method": "pm_card_threeDSecure2Required",
                "confirm": True,
                "return_url": "https://example.org/back?order=1",
            }
        )
        assert intent.next_action is not None
        assert intent.next_action.redirect_to_url is not None
        return intent.id, str(intent.next_action.redirect_to_url.url)

    passed, url = waiting()
    bank_answers(url, "complete")
    intent = client.v1.payment_intents.retrieve(passed, {"expand": ["latest_charge"]})
    charge: Any = intent.latest_charge
    assert intent.status == "succeeded"
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"

    failed, url = waiting()
    bank_answers(url, "fail")
    intent = client.v1.payment_intents.retrieve(failed)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"

    overtaken, url = waiting()
    client.v1.payment_intents.cancel(overtaken)
    with pytest.raises(urllib.error.HTTPError) as gone:
        bank_answers(url, "complete")
    assert gone.value.code == 410
    assert client.v1.payment_intents.retrieve(overtaken).status == "canceled"
    assert counts(sandbox)["charge"] == 1


@pytest.mark.parametrize(
    ("card", "first", "last", "left"),
    [
        ("pm_card_pendingRefund", "pending", "succeeded", 0),
        ("pm_card_refundFail", "succeeded", "failed", 5000),
    ],
)
def test_a_refund_may_settle_later(
    sandbox: Sandbox, sink: Sink, card: str, first: str, last: str, left: int
) -> None:
    client = connect(sandbox)
    intent = pay(client, card)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == first
    sink.wait(lambda: "refund.updated" in sink.types())
    assert client.v1.refunds.retrieve(refund.id).status == last
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert charge.amount - charge.amount_refunded == left


def test_a_page_may_confirm_its_own_intent_and_nothing_else(sandbox: Sandbox) -> None:
    params: Any = {**PAYMENT, "metadata": {"a": "secret"}}
    intent = connect(sandbox).v1.payment_intents.create(params)
    other = connect(sandbox).v1.payment_intents.create(PAYMENT)
    path = f"/v1/payment_intents/{intent.id}"
    before = counts(sandbox)
    for method, address, form in (
        ("GET", path, {}),
        ("GET", path, {"client_secret": str(other.client_secret)}),
        ("POST", path + "/confirm", {"client_secret": str(other.client_secret)}),
        ("POST", path + "/cancel", {"client_secret": str(intent.client_secret)}),
        ("POST", path, {"amount": "400"}),
        ("GET", "/v1/payment_intents", {}),
        ("POST", "/v1/refunds", {"payment_intent": intent.id}),
        ("GET", "/v1/events", {}),
    ):
        assert browser(sandbox, method, address, **form)[0] in (400, 401, 404), address
    untouched = connect(sandbox).v1.payment_intents.retrieve(intent.id)
    assert (untouched.status, untouched.amount) == ("requires_payment_method", 5000)
    assert counts(sandbox) == before

    secret = str(intent.client_secret)
    status, shown = browser(sandbox, "GET", path, client_secret=secret)
    assert status == 200
    assert "a secret" not in shown and "metadata" not in shown
    status, _ = browser(
        sandbox, "POST", path + "/confirm", client_secret=secret, payment_method="pm_card_visa"
    )
    assert status == 200
    assert connect(sandbox).v1.payment_intents.retrieve(intent.id).status == "succeeded"
