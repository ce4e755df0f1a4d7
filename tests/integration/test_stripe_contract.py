"""What the shop takes for granted of Stripe, put to each server that claims to speak its protocol.

The sandbox always; `localstripe`, somebody else's fake, for what that can (`backend`); Stripe
itself where STRIPE_TEST_API_KEY is set. `faithful` leaves `localstripe` out: it knows no
idempotency keys, no `automatic_payment_methods`, no refused refund, and no lists by time.
"""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.support.stripe_backends import Backend, started_on_demand

FIXTURES = json.loads(Path(__file__).parents[1].joinpath("data/stripe_fixtures.json").read_text())[
    "resources"
]
TEST_KEY = os.environ.get("STRIPE_TEST_API_KEY", "")
FAITHFUL = ["sandbox", *(["stripe"] if TEST_KEY else [])]
# By hand from Stripe's reference: fields that may be null although the sample has a value.
NULLABLE = {
    "payment_intent": {
        "automatic_payment_methods",
        "canceled_at",
        "last_payment_error",
        "next_action",
        "payment_method_configuration_details",
        "processing",
        "shipping",
        "transfer_data",
    },
    "charge": {
        "balance_transaction",
        "description",
        "payment_method",
        "shipping",
        "source",
        "transfer_data",
    },
    "refund": set(),
    "event": set(),
    "payment_method": set(),
    "balance_transaction": {"description"},
    "payout": set(),
    "dispute": set(),
    "balance": set(),
}


@pytest.fixture(scope="module")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Backend]]:
    with started_on_demand(tmp_path_factory.mktemp("stripe"), TEST_KEY) as backend:
        yield backend


@pytest.fixture(params=[*FAITHFUL, "localstripe"])
def backend(request: pytest.FixtureRequest, backends: Callable[[str], Backend]) -> Backend:
    return backends(request.param)


@pytest.fixture(params=FAITHFUL)
def faithful(request: pytest.FixtureRequest, backends: Callable[[str], Backend]) -> Backend:
    return backends(request.param)


def differences(kind: str, shown: dict[str, Any]) -> list[str]:
    """How an object's fields differ from those of Stripe's sample: missing, or of another type."""
    found = []
    for name, sample in FIXTURES[kind].items():
        if name not in shown:
            found.append(f"{name} is missing")
            continue
        ours = shown[name]
        if ours is None and sample is not None and name not in NULLABLE[kind]:
            found.append(f"{name} is null")
        if ours is not None and sample is not None and type(ours) is not type(sample):
            found.append(f"{name} is {ours!r}, in the sample {sample!r}")
    return found


def test_a_created_intent_waits_for_a_card(backend: Backend) -> None:
    intent = backend.intent(1250)
    assert intent.status == "requires_payment_method"
    assert (intent.amount, intent.currency) == (1250, "cny")
    assert intent.metadata["try"] == "1"
    assert intent.client_secret is not None
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert backend.client.v1.payment_intents.retrieve(intent.id).status == intent.status


def test_a_confirmed_good_card_succeeds_with_one_charge(backend: Backend) -> None:
    intent = backend.paid(5000)
    assert intent.status == "succeeded"
    charges = backend.client.v1.charges.list({"limit": 100}).data
    mine = [charge for charge in charges if charge.payment_intent == intent.id]
    assert [(c.amount, c.currency, c.status, c.paid) for c in mine] == [
        (5000, "cny", "succeeded", True)
    ]


def test_a_refused_card_raises_and_the_intent_wants_another(backend: Backend) -> None:
    intent = backend.intent(5000, "pm_card_chargeDeclined")
    with pytest.raises(stripe.CardError) as refusal:
        backend.client.v1.payment_intents.confirm(intent.id)
    assert refusal.value.http_status == 402
    assert refusal.value.code == "card_declined"
    after = backend.client.v1.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error is not None
    assert after.last_payment_error.code == "card_declined"


def test_a_cancelled_intent_cannot_be_confirmed(backend: Backend) -> None:
    intent = backend.intent(5000, "pm_card_visa")
    assert backend.client.v1.payment_intents.cancel(intent.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        backend.client.v1.payment_intents.confirm(intent.id)
    assert backend.client.v1.payment_intents.retrieve(intent.id).status == "canceled"


def test_a_card_with_3d_secure_asks_for_an_action(backend: Backend) -> None:
    intent = backend.intent(5000, "pm_card_threeDSecure2Required")
    intent = backend.client.v1.payment_intents.confirm(intent.id)
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"


def test_partial_refunds_add_up_on_the_charge(backend: Backend) -> None:
    intent = backend.paid(5000)
    first = backend.client.v1.refunds.create({"payment_intent": intent.id, "amount": 1500})
    assert (first.amount, first.status, first.currency) == (1500, "succeeded", "cny")
    backend.client.v1.refunds.create({"payment_intent": intent.id, "amount": 3500})
    charge = backend.client.v1.charges.retrieve(str(first.charge))
    assert (charge.amount_refunded, charge.refunded) == (5000, True)


def test_an_unknown_object_is_a_404(backend: Backend) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        backend.client.v1.payment_intents.retrieve("pi_none")
    assert refusal.value.http_status == 404


def test_a_payment_leaves_its_events(backend: Backend) -> None:
    intent = backend.paid()
    events = backend.client.v1.events.list({"limit": 100}).data
    mine = {e.type for e in events if e.data.object["id"] == intent.id}
    assert "payment_intent.succeeded" in mine


def test_every_object_has_the_fields_of_stripes_sample(faithful: Backend) -> None:
    client = faithful.client.v1
    intent = faithful.paid()
    refund = client.refunds.create({"payment_intent": intent.id, "amount": 100})
    charge = client.charges.retrieve(str(intent.latest_charge))
    refused = faithful.intent(5000, "pm_card_chargeDeclined")
    with pytest.raises(stripe.CardError):
        client.payment_intents.confirm(refused.id)
    available = faithful.intent(5000, "pm_card_bypassPending")
    client.payment_intents.confirm(available.id)
    disputed = faithful.intent(5000, "pm_card_createDispute")
    client.payment_intents.confirm(disputed.id)
    dispute = faithful.dispute_of(disputed.id)
    shown: dict[str, Any] = {
        "payment_intent": intent,
        "charge": charge,
        "refund": refund,
        "event": client.events.list({"limit": 1}).data[0],
        "payment_method": client.payment_methods.retrieve(str(intent.payment_method)),
        "balance_transaction": client.balance_transactions.retrieve(
            str(charge.balance_transaction)
        ),
        "payout": client.payouts.create(
            {"amount": 100, "currency": "cny", "description": "by hand"}
        ),
        "dispute": dispute,
        "balance": client.balance.retrieve(),
    }
    assert set(shown) == set(FIXTURES)
    found = {kind: differences(kind, row.to_dict()) for kind, row in shown.items()}
    # Stripe itself leaves out what only old versions of its interface had.
    if faithful.name == "sandbox":
        assert found == {kind: [] for kind in FIXTURES}
    card = charge.payment_method_details
    assert card is not None
    missing = set(FIXTURES["charge"]["payment_method_details"]["card"]) - set(
        card.to_dict()["card"]
    )
    assert faithful.name != "sandbox" or missing == set()
    evidence = set(FIXTURES["dispute"]["evidence"])
    assert evidence <= set(dispute.evidence.to_dict())
    assert set(FIXTURES["dispute"]["evidence_details"]) <= set(dispute.evidence_details.to_dict())


def test_a_disputed_charge_takes_no_refund_and_can_be_given_up(faithful: Backend) -> None:
    client = faithful.client.v1
    intent = faithful.intent(5000, "pm_card_createDispute")
    client.payment_intents.confirm(intent.id)
    dispute = faithful.dispute_of(intent.id)
    assert (dispute.amount, dispute.reason, dispute.status) == (
        5000,
        "fraudulent",
        "needs_response",
    )
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_disputed"
    assert client.refunds.list({"payment_intent": intent.id}).data == []
    staged = client.disputes.update(
        dispute.id, {"evidence": {"customer_name": "A buyer"}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert client.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.disputes.close(dispute.id)
    withdrawal = client.disputes.retrieve(dispute.id).balance_transactions[0]
    assert (withdrawal.amount, withdrawal.reporting_category) == (-5000, "dispute")


def test_the_same_key_and_body_give_the_same_intent_once(faithful: Backend) -> None:
    params: Any = {"amount": 700, "currency": "cny", "metadata": {"a": "b"}}
    options: Any = {"idempotency_key": str(uuid.uuid4())}
    first = faithful.client.v1.payment_intents.create(params, options)
    second = faithful.client.v1.payment_intents.create(params, options)
    assert second.id == first.id
    assert second.client_secret == first.client_secret
    assert second.last_response is not None
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    newest = faithful.client.v1.payment_intents.list({"limit": 2}).data
    assert [intent.id for intent in newest].count(first.id) == 1


def test_the_same_key_with_another_body_or_path_is_refused(faithful: Backend) -> None:
    options: Any = {"idempotency_key": str(uuid.uuid4())}
    intent = faithful.client.v1.payment_intents.create({"amount": 700, "currency": "cny"}, options)
    with pytest.raises(stripe.IdempotencyError) as refusal:
        faithful.client.v1.payment_intents.create({"amount": 701, "currency": "cny"}, options)
    assert refusal.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        faithful.client.v1.payment_intents.cancel(intent.id, {}, options)
    untouched = faithful.client.v1.payment_intents.retrieve(intent.id)
    assert (untouched.amount, untouched.status) == (700, "requires_payment_method")


def test_a_key_replays_a_refused_card(faithful: Backend) -> None:
    intent = faithful.intent(5000, "pm_card_chargeDeclinedInsufficientFunds")
    options: Any = {"idempotency_key": str(uuid.uuid4())}
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            faithful.client.v1.payment_intents.confirm(intent.id, {}, options)
        assert refusal.value.error is not None
        assert refusal.value.error.decline_code == "insufficient_funds"
        inside = refusal.value.error.payment_intent
        assert inside is not None
        assert (inside.id, inside.status) == (intent.id, "requires_payment_method")
    assert len(faithful.client.v1.charges.list({"payment_intent": intent.id}).data) == 1


def test_confirming_or_cancelling_a_paid_intent_is_refused_with_the_intent(
    faithful: Backend,
) -> None:
    intent = faithful.paid()
    for action in (
        lambda: faithful.client.v1.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_visa"}
        ),
        lambda: faithful.client.v1.payment_intents.cancel(intent.id),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            action()
        assert refusal.value.code == "payment_intent_unexpected_state"
        assert refusal.value.error is not None
        assert refusal.value.error.payment_intent is not None
        assert refusal.value.error.payment_intent.status == "succeeded"
    assert len(faithful.client.v1.charges.list({"payment_intent": intent.id}).data) == 1


def test_a_refund_cannot_exceed_what_is_left(faithful: Backend) -> None:
    intent = faithful.paid(5000)
    refunds = faithful.client.v1.refunds
    refunds.create({"payment_intent": intent.id, "amount": 4000})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        refunds.create({"payment_intent": intent.id, "amount": 1001})
    assert refusal.value.param == "amount"
    assert [r.amount for r in refunds.list({"payment_intent": intent.id}).data] == [4000]
    refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as again:
        refunds.create({"payment_intent": intent.id})
    assert again.value.code == "charge_already_refunded"
    assert [r.amount for r in refunds.list({"payment_intent": intent.id}).data] == [1000, 4000]


def test_an_unpaid_intent_has_nothing_to_refund(faithful: Backend) -> None:
    intent = faithful.intent()
    with pytest.raises(stripe.InvalidRequestError):
        faithful.client.v1.refunds.create({"payment_intent": intent.id})
    assert faithful.client.v1.refunds.list({"payment_intent": intent.id}).data == []


def test_expansion_brings_the_charge_and_its_fee_in_one_answer(faithful: Backend) -> None:
    intent = faithful.paid(5000)
    shown = faithful.client.v1.payment_intents.retrieve(
        intent.id, {"expand": ["latest_charge.balance_transaction"]}
    )
    charge: Any = shown.latest_charge
    assert charge.id == intent.latest_charge
    transaction = charge.balance_transaction
    assert transaction.net == transaction.amount - transaction.fee
    assert transaction.fee > 0


def test_an_impossible_expansion_is_refused_before_anything_is_done(faithful: Backend) -> None:
    intent = faithful.intent(5000, "pm_card_visa")
    for path in ("colour", "latest_charge.colour", "latest_charge.refunds.colour"):
        with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
            faithful.client.v1.payment_intents.confirm(intent.id, {"expand": [path]})
    untouched = faithful.client.v1.payment_intents.retrieve(intent.id)
    assert (untouched.status, untouched.latest_charge) == ("requires_confirmation", None)
    paid = faithful.paid(5000)
    faithful.client.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
    listed = faithful.client.v1.payment_intents.list(
        {"limit": 1, "expand": ["data.latest_charge.refunds"]}
    )
    charge: Any = listed.data[0].latest_charge
    assert [refund.amount for refund in charge.refunds.data] == [100]


def test_lists_are_newest_first_and_paged_without_gaps(faithful: Backend) -> None:
    intents = faithful.client.v1.payment_intents
    made = [faithful.intent(1000 + n) for n in range(5)]
    first = intents.list({"limit": 2})
    assert [i.id for i in first.data] == [made[4].id, made[3].id]
    assert first.has_more is True
    second = intents.list({"limit": 2, "starting_after": made[3].id})
    assert [i.id for i in second.data] == [made[2].id, made[1].id]
    back = intents.list({"limit": 2, "ending_before": made[1].id})
    assert [i.id for i in back.data] == [made[3].id, made[2].id]
    walked = [i.id for i in intents.list({"limit": 2}).auto_paging_iter()][:5]
    assert walked == [i.id for i in reversed(made)]


def test_lists_by_time_include_both_ends(faithful: Backend) -> None:
    intent = faithful.intent()
    intents = faithful.client.v1.payment_intents

    def listed(**created: int) -> list[str]:
        params: Any = {"created": created, "limit": 100}
        return [i.id for i in intents.list(params).data]

    at = intent.created
    assert intent.id in listed(gte=at, lte=at)
    assert intent.id not in listed(gt=at)
    assert intent.id not in listed(lt=at)


def test_metadata_is_merged_and_unset_by_an_empty_value(faithful: Backend) -> None:
    intent = faithful.intent()

    def updated(metadata: dict[str, str]) -> dict[str, Any]:
        intents = faithful.client.v1.payment_intents
        return intents.update(intent.id, {"metadata": metadata}).metadata.to_dict()

    assert updated({"order": "100"}) == {"try": "1", "order": "100"}
    assert updated({"try": ""}) == {"order": "100"}


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"currency": "cny"}, "amount", "parameter_missing"),
        ({"amount": 100_000_000, "currency": "cny"}, "amount", "amount_too_large"),
        ({"amount": 1, "currency": "cny"}, "amount", "amount_too_small"),
        ({"amount": 5000, "currency": "cny", "colour": "red"}, "colour", "parameter_unknown"),
    ],
)
def test_a_faulty_parameter_is_named(faithful: Backend, params: Any, param: str, code: str) -> None:
    before = faithful.client.v1.payment_intents.list({"limit": 1}).data
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        faithful.client.v1.payment_intents.create(params)
    assert refusal.value.http_status == 400
    assert refusal.value.code == code
    assert code == "amount_too_small" or refusal.value.param == param
    after = faithful.client.v1.payment_intents.list({"limit": 1}).data
    assert [i.id for i in after] == [i.id for i in before]


def test_a_server_confirming_with_redirects_allowed_must_say_where_to_return(
    faithful: Backend,
) -> None:
    intents = faithful.client.v1.payment_intents
    intent = intents.create(
        {"amount": 5000, "currency": "cny", "automatic_payment_methods": {"enabled": True}}
    )
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    confirmed = intents.confirm(
        intent.id, {"payment_method": "pm_card_visa", "return_url": "https://example.org/back"}
    )
    assert confirmed.status == "succeeded"


def test_a_card_that_paid_cannot_pay_another_intent(faithful: Backend) -> None:
    first, second = faithful.paid(), faithful.intent()
    with pytest.raises(stripe.InvalidRequestError):
        faithful.client.v1.payment_intents.confirm(
            second.id, {"payment_method": str(first.payment_method)}
        )
    assert faithful.client.v1.payment_intents.retrieve(second.id).latest_charge is None


def test_a_foreign_key_is_refused(faithful: Backend) -> None:
    intent = faithful.intent()
    with pytest.raises(stripe.AuthenticationError) as refusal:
        faithful.client.v1.payment_intents.cancel(
            intent.id, {}, {"api_key": "sk_test_somebody_else"}
        )
    assert refusal.value.http_status == 401
    untouched = faithful.client.v1.payment_intents.retrieve(intent.id)
    assert untouched.status == "requires_payment_method"
