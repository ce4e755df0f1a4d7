"""verify_books on a shop that had busy days: in order, queued work, and Stripe's side."""

import json
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import ProtectedError

from storefront.aftersales.services import (
    RefundWish,
    refresh_refund,
    refund_lines,
    refund_order,
)
from storefront.aftersales.services import send as send_refund
from storefront.books.base import Result
from storefront.books.runner import as_json, verify
from storefront.notifications.models import Message
from storefront.notifications.services import send as send_message
from storefront.payments import events, gateway
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt
from tests.support import chain
from tests.support.rich_chain import lines, make_rich_chain, send_everything

pytestmark = pytest.mark.django_db
SIX_MINUTES = 6 * 60


@pytest.fixture
def stripe(stripe):
    """The sandbox without what other tests paid there."""
    stripe.reset()
    return stripe


def verified() -> dict[str, Result]:
    return {result.name: result for result in verify()}


def faults(results: dict[str, Result]) -> dict[str, str]:
    return {name: result.detail for name, result in results.items() if not result.ok}


def pending(results: dict[str, Result]) -> dict[str, int]:
    """What is queued; the balance aside, which is booked by the hour."""
    queued = {name: len(r.pending) for name, r in results.items() if r.pending}
    queued.pop("stripe.balance", None)
    return queued


def command(*arguments: str) -> tuple[str, int]:
    """What the command prints, and its exit status."""
    out = StringIO()
    try:
        call_command("verify_books", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def stripe_calls():
    return gateway._client().v1


def test_an_empty_shop_is_in_order(stripe):
    results = verified()
    assert faults(results) == {}
    assert {result.checked for name, result in results.items() if name != "references.rows"} == {0}


def test_after_busy_days_everything_is_in_order(stripe, set_clock):
    rich = make_rich_chain(set_clock)

    results = verified()

    assert faults(results) == {}
    assert pending(results) == {}
    assert results["stripe.balance"].pending == []
    counts = {name: result.checked for name, result in results.items()}
    # one of them is still being paid; one more was paid by transfer
    orders, elsewhere = len(rich.orders), 4
    assert counts["payments.orders"] == orders + elsewhere == 26
    # with three given up, one whose goods were gone, two open ones, and two transfers
    assert counts["payments.attempts"] == orders + elsewhere + 8
    # no intent has a transfer, or what a gift voucher pays; one was paid for nobody
    assert counts["stripe.payments"] == orders + 8 - 3 - 2 + 1
    # one of them was paid by hand, one on another platform
    assert counts["refunds.amounts"] == counts["stripe.refunds"] + 2 == 12
    # one order is split over two cooperatives, two have two lines
    assert counts["attribution.lines"] == orders + elsewhere + 2
    assert counts["consignments.states"] == orders + elsewhere + 2
    assert counts["consignments.money"] == orders + elsewhere + 3
    # one was never paid
    assert counts["platforms.orders"] == elsewhere + 1
    assert counts["discounts.uses"] == 12
    assert (counts["rooms.flash_prices"], counts["rooms.holds"]) == (2, 4)
    assert counts["discounts.sources"] == 14
    assert counts["discounts.gifts"] == counts["discounts.offers"] == 3
    assert counts["stock.figures"] == 8
    assert counts["sharing.released"] == 6


def test_the_answer_for_machines(stripe):
    chain.buy([(chain.make_grove().pack, 1)])
    send_everything()

    text, status = command("--json")

    answer = json.loads(text)
    assert status == 0
    assert answer["ok"] is True
    assert {frozenset(check) for check in answer["checks"]} == {
        frozenset({"name", "ok", "checked", "detail", "pending"})
    }
    balances = next(check for check in answer["checks"] if check["name"] == "ledger.balances")
    assert balances == {
        "name": "ledger.balances",
        "ok": True,
        "checked": 2,  # the sale and Stripe's fee
        "detail": "",
        "pending": 0,
    }


def test_a_fault_names_its_row_and_ends_with_status_1(stripe):
    grove = chain.make_grove(grams=10_000)
    chain.pool_of(grove.partner, grove.produce)
    type(chain.pool_of(grove.partner, grove.produce)).objects.update(on_hand=10_001)

    text, status = command()

    pool = chain.pool_of(grove.partner, grove.produce)
    assert status == 1
    assert f"stock pool {pool.pk}: on_hand is 10001, its journal says 10000" in text
    assert "FAULT   stock.figures" in text
    assert "ok      ledger.balances" in text
    answer = json.loads(command("--json")[0])
    assert answer["ok"] is False


def test_paid_at_stripe_and_not_placed_is_pending_and_a_fault_after_five_minutes(stripe, set_clock):
    attempt = chain.start([(chain.make_grove().pack, 1)])
    chain.pay(attempt)

    assert faults(verified()) == {}
    assert pending(verified()) == {"stripe.payments": 1}
    set_clock(SIX_MINUTES)
    found = verified()
    assert list(faults(found)) == ["stripe.payments"]
    assert str(attempt.uuid) in found["stripe.payments"].detail

    finalize(attempt.uuid)
    send_everything()
    assert faults(verified()) == {}


def test_queued_work_is_pending_and_a_fault_after_five_minutes(stripe, set_clock):
    order = chain.buy([(chain.make_grove().pack, 2)])
    refund = refund_lines(order.pk, [RefundWish(lines(order)[0].pk, packs=1)])
    event = {"id": "evt_1", "type": "charge.succeeded", "data": {"object": {"id": "ch_1"}}}
    events.store(event)

    waiting = {"messages.outbox": 1, "payments.events": 1, "refunds.amounts": 1}
    assert pending(verified()) == waiting
    assert faults(verified()) == {}
    set_clock(SIX_MINUTES)
    assert set(faults(verified())) == set(waiting)

    send_refund(refund.pk)
    events.process("evt_1")
    for message in Message.objects.all():
        send_message(message.pk)
    assert faults(verified()) == {}


def test_wait_lets_queued_work_be_done(stripe, monkeypatch):
    chain.buy([(chain.make_grove().pack, 1)])
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        send_everything()

    clock = SimpleNamespace(sleep=sleep, monotonic=lambda: float(len(slept)))
    monkeypatch.setattr("storefront.management.commands.verify_books.time", clock)

    answer = json.loads(command("--json", "--wait", "30")[0])

    assert slept == [1.0]
    assert sum(check["pending"] for check in answer["checks"]) == 0


def test_a_payment_whose_time_is_over_must_be_ended(stripe, set_clock):
    chain.start([(chain.make_grove().pack, 1)])
    set_clock(15 * 60 + 10)
    assert pending(verified()) == {"payments.attempts": 1, "payments.reservations": 1}
    set_clock(21 * 60)
    assert set(faults(verified())) == {"payments.attempts", "payments.reservations"}


def test_a_pool_that_the_night_will_share_out_is_pending_however_long(stripe, set_clock):
    from cooperatives.routing.services import pack
    from cooperatives.settlement.services import share_out_due

    order = chain.buy([(chain.make_grove().pack, 1)])
    send_everything()
    pack(lines(order)[0].consignment_id, {})
    set_clock(3 * 86_400)

    results = verified()
    assert faults(results) == {}
    assert pending(results) == {"sharing.due": 1}
    assert not any(result.waits for result in results.values())
    share_out_due()
    assert pending(verified()) == {}


def test_money_at_stripe_that_we_know_nothing_of_is_a_fault(stripe):
    paid = stripe_calls().payment_intents.create(
        {
            "amount": 990,
            "currency": "cny",
            "payment_method_types": ["card"],
            "payment_method": "pm_card_visa",
            "confirm": True,
        }
    )

    found = verified()

    assert list(faults(found)) == ["stripe.payments"]
    assert found["stripe.payments"].detail == (
        f"intent {paid.id}: 990 fen were paid at Stripe for nobody"
    )


def test_a_payment_lost_from_the_database_is_a_fault(stripe):
    attempt = chain.start([(chain.make_grove().pack, 1)])
    chain.pay(attempt)
    PaymentAttempt.objects.filter(pk=attempt.pk).delete()

    found = verified()["stripe.payments"]

    assert not found.ok
    assert f"for payment {attempt.uuid}, which is not here" in found.detail


def test_another_amount_at_stripe_is_a_fault(stripe, monkeypatch):
    order = chain.buy([(chain.make_grove().pack, 1)])
    attempt = order.payment_attempt
    [intent] = gateway.list_intents(attempt.created_at, attempt.expires_at)
    other = gateway.Intent(**{**intent.__dict__, "received_fen": intent.received_fen - 1})
    monkeypatch.setattr(gateway, "list_intents", lambda since, until: iter([other]))

    found = verified()["stripe.payments"]

    assert found.detail == (
        f"intent {intent.id}: Stripe received {attempt.amount_fen - 1} cny, "
        f"payment {attempt.uuid} is of {attempt.amount_fen} cny"
    )


def test_an_order_that_stripe_says_nobody_paid_is_a_fault(stripe, set_clock):
    order = chain.buy([(chain.make_grove().pack, 1)])
    send_everything()
    stripe.reset()

    # for a moment it may be younger than Stripe's list
    assert pending(verified()) == {"stripe.payments": 1}
    set_clock(SIX_MINUTES)
    found = verified()["stripe.payments"]
    assert not found.ok
    assert f"payment {order.payment_attempt.uuid}: is placed" in found.detail


def test_a_refund_made_in_stripes_own_pages_is_a_fault(stripe):
    order = chain.buy([(chain.make_grove().pack, 1)])
    made = stripe_calls().refunds.create(
        {"payment_intent": order.payment_attempt.intent_id, "amount": 5}
    )

    found = verified()["stripe.refunds"]

    assert found.detail == f"refund {made.id} at Stripe: of 5 fen is not one of ours"


def test_stripe_out_of_reach_is_a_fault_that_says_so(stripe, settings):
    chain.buy([(chain.make_grove().pack, 1)])
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway._client.cache_clear()

    found = verified()

    assert set(faults(found)) == {"stripe.payments", "stripe.refunds", "stripe.balance"}
    assert found["stripe.payments"].detail.startswith("Stripe: could not be asked: ")
    assert as_json(list(found.values()))["ok"] is False


def test_a_refund_that_the_bank_sent_back_is_owed_and_no_fault(stripe, monkeypatch, set_clock):
    order = chain.buy([(chain.make_grove().pack, 1)])
    refund = send_refund(refund_order(order.pk).pk)
    found = gateway.StripeRefund(refund.stripe_refund_id, "failed", refund.amount_fen)
    monkeypatch.setattr(gateway, "retrieve_refund", lambda pk: found)
    real = gateway.list_refunds

    def listed(since, until):
        return [replace(r, status="failed") for r in real(since, until)]

    monkeypatch.setattr(gateway, "list_refunds", listed)
    refresh_refund(refund.stripe_refund_id, "")
    for message in Message.objects.filter(state=Message.State.WAITING):
        send_message(message.pk)
    set_clock(SIX_MINUTES)

    results = verified()

    assert faults(results) == {}
    assert pending(results)["refunds.refused"] == 1
    assert "is owed to the buyer: Stripe: failed" in results["refunds.refused"].detail


def test_an_offer_deleted_after_it_was_sold_is_no_fault_and_the_pack_stays(stripe):
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 1)])
    send_everything()

    with pytest.raises(ProtectedError), transaction.atomic():
        grove.pack.delete()
    grove.pack.stockrecords.all().delete()

    assert order.lines.get().stockrecord_id is None
    assert faults(verified()) == {}


def test_a_row_that_can_not_be_read_hides_no_other_fault(stripe):
    order = chain.buy([(chain.make_grove().pack, 1)])
    attempt = PaymentAttempt.objects.get(order=order)
    attempt.snapshot["lines"][0]["net_fen"] = "much"
    attempt.save(update_fields=["snapshot"])
    send_everything()

    found = faults(verified())

    assert "can not be read: invalid input syntax" in found["payments.attempts"]
    assert "stripe.payments" not in found
