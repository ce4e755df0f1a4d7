"""What Stripe and the books tell differently: found, named, mended, explained; fees and payouts."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db.models import Sum
from django.urls import reverse

from catalog.clock import now
from cooperatives.ledger.models import Posting, Transaction
from cooperatives.routing.models import Consignment, ConsignmentLine
from storefront.accounts.roles import Role, seed_roles
from storefront.aftersales.models import Refund
from storefront.aftersales.sending import send
from storefront.aftersales.services import refund_order
from storefront.books.runner import verify
from storefront.order.models import Order
from storefront.payments import gateway
from storefront.payments.balance import sweep_balance
from storefront.payments.checks import webhook_secret
from storefront.payments.models import (
    BalanceMovement,
    BalanceSweep,
    Gap,
    PaymentAttempt,
    StrayPayment,
)
from storefront.payments.reconciling.resolve import CannotResolve, acknowledge, resolve
from storefront.payments.reconciling.run import reconcile_payments
from tests.support import chain

pytestmark = pytest.mark.django_db
TEN_MINUTES = 600
Kind, State = Gap.Kind, Gap.State


@pytest.fixture
def stripe(stripe: Any) -> Any:
    """The sandbox without what other tests paid there."""
    stripe.reset()
    return stripe


@pytest.fixture
def grove(db: None) -> chain.Grove:
    return chain.make_grove(grams=20_000)


@pytest.fixture
def finance(db: None) -> Any:
    user = get_user_model().objects.create_user(email="finance@example.org", password="words-9-x")
    user.is_staff = True
    user.save()
    user.groups.add(seed_roles()[Role.FINANCE])
    return user


def balance(kind: str) -> int:
    return Posting.objects.filter(account__kind=kind).aggregate(s=Sum("amount_fen"))["s"] or 0


def open_kinds() -> list[str]:
    return sorted(Gap.objects.filter(state=State.OPEN).values_list("kind", flat=True))


def faults() -> dict[str, str]:
    """What is wrong with the books, the mails aside: no worker sends them here."""
    found = {result.name: result.detail for result in verify() if not result.ok}
    found.pop("messages.outbox", None)
    return found


def fee(fen: int) -> int:
    """The sandbox's: 3.4 % rounded half up, and 235 fen."""
    return (fen * 34 + 500) // 1000 + 235


def test_fees_and_payouts_make_the_ledger_stripes_balance_to_the_fen(stripe, grove):
    order = chain.buy([(grove.pack, 1)])  # 2480 and 800 freight
    chain.buy([(grove.pack, 2)])  # 4960 and 1200
    send(refund_order(order.pk).pk)
    fees = fee(3280) + fee(6160)

    assert sweep_balance() == 3
    assert sweep_balance() == 0

    assert balance("programme_expense") == fees == 347 + 444
    assert balance("stripe") == gateway.balance_fen() == 6160 - fees
    # paid out, then sent back by the bank, then paid out again in part
    payout = stripe.control("POST", "payouts", {})
    sweep_balance()
    assert (balance("stripe"), balance("bank")) == (0, 6160 - fees)
    stripe.control("POST", f"payouts/{payout['id']}/fail", {})
    sweep_balance()
    assert (balance("stripe"), balance("bank")) == (6160 - fees, 0)
    stripe.control("POST", "payouts", {"amount": 1000})
    sweep_balance()
    assert (balance("stripe"), balance("bank")) == (5160 - fees, 1000)
    assert balance("stripe") == gateway.balance_fen()
    assert Transaction.objects.filter(kind="stripe_fee").count() == 2
    assert BalanceMovement.objects.count() == 6
    assert faults() == {}
    found = {result.name: result for result in verify()}
    assert (found["stripe.balance"].checked, found["stripe.balance"].pending) == (6, [])


def test_a_fee_that_is_not_booked_yet_is_queued_and_a_wrong_one_is_a_fault(stripe, grove):
    chain.buy([(grove.pack, 1)])
    found = {result.name: result for result in verify()}["stripe.balance"]
    assert (found.ok, found.waits, len(found.pending)) == (True, False, 2)
    sweep_balance()
    movement = BalanceMovement.objects.get()
    # Stripe says something else of it than was recorded
    with pytest.MonkeyPatch.context() as patch:
        other = gateway.Movement(movement.pk, "charge", 3280, 346, "ch_1", movement.created_at)
        patch.setattr(gateway, "list_movements", lambda since, until: iter([other]))
        found = {result.name: result for result in verify()}["stripe.balance"]
    assert "is not as Stripe lists it" in found.detail


def test_money_of_nobodys_is_given_back_whole(stripe, finance, set_clock):
    stripe.control("POST", "payments", {"amount": 4321})
    assert reconcile_payments().open_gaps == 0  # too fresh to say
    set_clock(TEN_MINUTES)

    report = reconcile_payments()

    assert (report.ok, report.open_gaps) == (False, 1)
    gap = Gap.objects.get()
    assert (gap.kind, gap.state, gap.details["fen"]) == (Kind.INTENT_UNKNOWN, State.OPEN, 4321)
    assert "stripe.payments" in faults()
    resolve(gap.pk, finance)
    resolve(gap.pk, finance)
    stray = StrayPayment.objects.get()
    assert (stray.amount_fen, stray.state, stray.decided_by) == (4321, "done", finance)
    [refund] = gateway.refunds_of(stray.pk)
    assert (refund.amount_fen, refund.status) == (4321, "succeeded")
    gap.refresh_from_db()
    assert (gap.state, gap.ended_by) == (State.CLOSED, finance)
    assert reconcile_payments().ok
    assert (balance("refund_due"), balance("stripe")) == (0, -fee(4321))
    assert gateway.balance_fen() == -fee(4321)
    assert faults() == {}


def test_money_of_nobodys_that_the_dashboard_gave_back_is_taken_in_with_that(
    stripe, finance, set_clock
):
    intent = stripe.control("POST", "payments", {"amount": 900})["id"]
    stripe.control("POST", "refunds", {"payment_intent": intent, "amount": 900})
    set_clock(TEN_MINUTES)
    reconcile_payments()
    assert open_kinds() == [Kind.INTENT_UNKNOWN, Kind.REFUND_UNKNOWN]

    resolve(Gap.objects.get(kind=Kind.REFUND_UNKNOWN).pk, finance)

    assert reconcile_payments().ok
    assert len(gateway.refunds_of(intent)) == 1
    assert StrayPayment.objects.get().state == "done"
    assert faults() == {}


def test_a_refund_from_the_dashboard_is_taken_into_the_books(stripe, grove, finance, set_clock):
    order = chain.buy([(grove.pack, 2)])  # 4960, freight 1200
    stripe.control(
        "POST", "refunds", {"payment_intent": order.payment_attempt.intent_id, "amount": 1000}
    )
    set_clock(TEN_MINUTES)
    reconcile_payments()
    gap = Gap.objects.get()
    assert (gap.kind, gap.details["order"]) == (Kind.REFUND_UNKNOWN, order.number)

    resolve(gap.pk, finance, bearer="programme")

    refund = Refund.objects.get()
    assert (refund.state, refund.amount_fen, refund.buyer_fen) == ("done", 1000, 1000)
    assert (refund.stripe_refund_id, refund.bearer) == (gap.details["refund"], "programme")
    # by largest remainder over 4960 and 1200
    assert ConsignmentLine.objects.get().refunded_fen == 805
    assert Consignment.objects.get().freight_refunded_fen == 195
    assert reconcile_payments().ok
    assert balance("refund_due") == 0
    assert balance("stripe") == gateway.balance_fen()
    assert faults() == {}


def test_a_refund_above_what_is_left_is_not_taken_in(stripe, grove, finance, set_clock):
    order = chain.buy([(grove.pack, 1)])
    stripe.control("POST", "refunds", {"payment_intent": order.payment_attempt.intent_id})
    # the same money is decided here meanwhile, and Stripe refuses it
    refused = refund_order(order.pk)
    set_clock(TEN_MINUTES)
    reconcile_payments()

    with pytest.raises(CannotResolve):
        resolve(Gap.objects.get().pk, finance)

    assert list(Refund.objects.all()) == [refused]
    assert open_kinds() == [Kind.REFUND_UNKNOWN]


def test_a_payment_whose_event_was_lost_is_finished(stripe, grove, finance, set_clock):
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    set_clock(TEN_MINUTES)
    reconcile_payments()
    gap = Gap.objects.get()
    assert (gap.kind, gap.details["payment"]) == (Kind.INTENT_UNPLACED, str(attempt.uuid))

    resolve(gap.pk, finance)

    assert Order.objects.get().payment_attempt == attempt
    assert reconcile_payments().ok


def test_a_gap_closes_by_itself_and_opens_again(stripe, grove, set_clock):
    order = chain.buy([(grove.pack, 1)])
    intent_id = order.payment_attempt.intent_id
    set_clock(TEN_MINUTES)
    # given that our row names another intent
    PaymentAttempt.objects.update(intent_id="pi_other")
    reconcile_payments()
    assert open_kinds() == [Kind.INTENT_UNKNOWN, Kind.ORDER_UNPAID]

    PaymentAttempt.objects.update(intent_id=intent_id)
    assert reconcile_payments().ok
    assert set(Gap.objects.values_list("state", flat=True)) == {State.CLOSED}

    PaymentAttempt.objects.update(intent_id="pi_other")
    assert reconcile_payments().open_gaps == 2
    assert Gap.objects.count() == 2


def test_another_amount_than_at_stripe_is_a_gap_that_no_button_mends(
    stripe, grove, finance, set_clock
):
    chain.buy([(grove.pack, 1)])
    set_clock(TEN_MINUTES)
    PaymentAttempt.objects.update(amount_fen=3281)
    reconcile_payments()
    gap = Gap.objects.get()
    assert (gap.kind, gap.details["fen"], gap.details["here_fen"]) == (
        Kind.AMOUNT_DIFFERS,
        3280,
        3281,
    )

    with pytest.raises(CannotResolve):
        resolve(gap.pk, finance)

    assert open_kinds() == [Kind.AMOUNT_DIFFERS]


def test_a_refund_that_failed_unheard_is_owed_again(stripe, grove, finance, set_clock):
    order = chain.buy([(grove.pack, 1)])
    refund = send(refund_order(order.pk).pk)
    failed = gateway.StripeRefund(
        refund.stripe_refund_id, "failed", 3280, order.payment_attempt.intent_id, str(refund.pk)
    )
    set_clock(TEN_MINUTES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway, "list_refunds", lambda since, until: iter([failed]))
        patch.setattr(gateway, "retrieve_refund", lambda pk: failed)
        reconcile_payments()
        gap = Gap.objects.get()
        assert (gap.kind, gap.details["status"]) == (Kind.REFUND_MISSING, "failed")
        resolve(gap.pk, finance)
        assert reconcile_payments().ok
    refund.refresh_from_db()
    assert (refund.state, balance("refund_due")) == ("failed", -3280)


def test_what_is_older_than_stripes_lists_is_looked_up_before_it_is_called_a_gap(
    stripe, grove, set_clock, monkeypatch
):
    order = chain.buy([(grove.pack, 1)])
    send(refund_order(order.pk).pk)
    set_clock(TEN_MINUTES)
    monkeypatch.setattr(gateway, "list_refunds", lambda since, until: iter(()))
    monkeypatch.setattr(gateway, "list_intents", lambda since, until: iter(()))

    assert reconcile_payments().ok


def test_a_movement_that_the_sweeps_missed_is_booked(stripe, grove, finance, set_clock):
    chain.buy([(grove.pack, 1)])
    BalanceSweep.objects.create(until=now() + timedelta(days=2))
    set_clock(TEN_MINUTES)
    reconcile_payments()
    gap = Gap.objects.get()
    assert (gap.kind, gap.details["fee_fen"]) == (Kind.MOVEMENT_UNBOOKED, 347)
    assert "stripe.balance" in faults()

    resolve(gap.pk, finance)

    assert balance("stripe") == gateway.balance_fen() == 3280 - 347
    assert reconcile_payments().ok
    assert faults() == {}


def test_an_explained_gap_counts_no_longer_and_opens_when_it_changes(stripe, finance, set_clock):
    stripe.control("POST", "payments", {"amount": 500})
    set_clock(TEN_MINUTES)
    reconcile_payments()
    gap = Gap.objects.get()
    with pytest.raises(CannotResolve):
        acknowledge(gap.pk, finance, "  ")

    acknowledge(gap.pk, finance, "The hall's rent, by its own page")

    assert reconcile_payments().ok
    gap.refresh_from_db()
    assert (gap.state, gap.ended_by, gap.reason) == (
        State.ACKNOWLEDGED,
        finance,
        "The hall's rent, by its own page",
    )
    assert faults() == {}
    Gap.objects.update(details=gap.details | {"fen": 499})
    assert reconcile_payments().open_gaps == 1


def test_a_dispute_that_nobody_heard_of_is_a_gap(stripe, grove, finance, set_clock):
    order = chain.buy([(grove.pack, 1)])
    stripe.control("POST", "disputes", {"payment_intent": order.payment_attempt.intent_id})
    set_clock(TEN_MINUTES)
    reconcile_payments()
    gap = Gap.objects.get()
    assert (gap.kind, gap.details["order"]) == (Kind.DISPUTE_UNKNOWN, order.number)

    resolve(gap.pk, finance)

    assert reconcile_payments().ok
    assert balance("disputed") == 3280
    assert balance("stripe") == gateway.balance_fen() == -fee(3280) - 8500
    assert faults() == {}


def test_while_stripe_is_out_of_reach_no_gap_changes(stripe, set_clock):
    stripe.control("POST", "payments", {"amount": 500})
    set_clock(TEN_MINUTES)
    reconcile_payments()
    stripe.fault(kind="500", path="/v1/*", count=None)

    report = reconcile_payments()

    assert (report.ok, report.open_gaps) == (False, 1)
    assert report.error
    assert open_kinds() == [Kind.INTENT_UNKNOWN]


def command(*arguments: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("reconcile_payments", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def test_the_command_says_in_words_what_is_open(stripe, set_clock):
    assert command() == ("0 open gaps, 0 pending\n", 0)
    stripe.control("POST", "payments", {"amount": 500})
    set_clock(TEN_MINUTES)

    said, status = command("--json", "--since", "2020-01-01")

    found = json.loads(said)
    assert (status, found["ok"], found["open"]) == (1, False, 1)
    assert [gap["kind"] for gap in found["gaps"]] == ["intent_unknown"]
    assert command()[1] == 1


def test_finance_mends_and_explains_on_its_pages_and_an_auditor_only_looks(
    stripe, finance, set_clock, client
):
    stripe.control("POST", "payments", {"amount": 500})
    stripe.control("POST", "payments", {"amount": 600})
    set_clock(TEN_MINUTES)
    reconcile_payments()
    first, second = Gap.objects.order_by("details__fen")
    client.force_login(finance)
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("finance:gaps") in home
    assert "w-text-critical-200" in home

    assert client.get(reverse("finance:gap", args=[first.pk])).status_code == 200
    assert client.post(reverse("finance:explain", args=[first.pk])).status_code == 422
    client.post(reverse("finance:explain", args=[first.pk]), {"reason": "rent"})
    client.post(reverse("finance:resolve", args=[second.pk]))

    assert [gap.state for gap in Gap.objects.order_by("details__fen")] == [
        State.ACKNOWLEDGED,
        State.CLOSED,
    ]
    assert client.get(reverse("finance:gaps")).status_code == 200
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert "w-text-critical-200" not in home
    assert "0 个差异" in home
    auditor = get_user_model().objects.create_user(email="audit@example.org", password="words-9-x")
    auditor.is_staff = True
    auditor.save()
    auditor.groups.add(seed_roles()[Role.AUDITOR])
    client.force_login(auditor)
    assert client.get(reverse("finance:gap", args=[first.pk])).status_code == 200
    assert client.post(reverse("finance:resolve", args=[first.pk])).status_code == 302
    first.refresh_from_db()
    assert first.state == State.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("key", "base", "secret", "errors"),
    [
        ("sk_live_1", "https://api.stripe.com", "", 1),
        ("sk_live_1", "http://127.0.0.1:9", "whsec_sandbox", 1),
        ("sk_test_1", "https://api.stripe.com", "", 1),
        ("sk_test_1", "http://127.0.0.1:9", "", 0),
        ("sk_live_1", "https://api.stripe.com", "whsec_real", 0),
    ],
)
def test_real_money_needs_the_webhooks_secret(settings, key, base, secret, errors):
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = key, base
    settings.STRIPE_WEBHOOK_SECRET = secret

    assert len(webhook_secret(None)) == errors
