"""Bank transfer and cash, from the buyer's choice to the order, and back by hand; renewing."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from catalog.clock import today
from cooperatives.ledger.models import Posting
from storefront.accounts.roles import Role, seed_roles
from storefront.aftersales.models import Refund
from storefront.aftersales.sending import pay_by_hand, send
from storefront.aftersales.services import refund_order
from storefront.books.runner import verify
from storefront.order.models import Order
from storefront.payments import events, gateway, services
from storefront.payments.finalizing import finalize
from storefront.payments.gateways.choose import gateway_of
from storefront.payments.models import GatewayName, OfflinePayment, PaymentAttempt
from storefront.payments.receiving import CannotConfirm, Receipt, confirm
from storefront.payments.renewing import renew
from storefront.payments.services import CannotPay
from storefront.payments.tasks import sweep_attempts
from tests.support import chain, discounts

pytestmark = pytest.mark.django_db
Basket = get_model("basket", "Basket")
State = PaymentAttempt.State
DAY = 86_400
ACCOUNT = "Bank of the Hills\n6222 0000 1234"


@pytest.fixture
def stripe(stripe: Any) -> Any:
    stripe.reset()
    return stripe


@pytest.fixture
def grove(settings: Any, stripe: Any) -> chain.Grove:
    settings.OFFLINE_PAYMENT_INSTRUCTIONS = ACCOUNT
    return chain.make_grove(grams=10_000)


def person(name: str, role: Role | None = None) -> Any:
    user = get_user_model().objects.create_user(email=f"{name}@example.org", password="words-9-x")
    if role:
        user.is_staff = True
        user.save()
        user.groups.add(seed_roles()[role])
    return user


@pytest.fixture
def buyer(db: None) -> Any:
    return person("buyer")


@pytest.fixture
def finance(db: None) -> Any:
    return person("finance", Role.FINANCE)


def transfer(grove: chain.Grove, buyer: Any, packs: int = 1) -> Any:
    return chain.start([(grove.pack, packs)], user=buyer, via=GatewayName.OFFLINE)


def receipt(fen: int = 3280, reference: str = "T-1", account: str = "bank") -> Receipt:
    return Receipt(account, fen, reference, today())


def balance(kind: str) -> int:
    return Posting.objects.filter(account__kind=kind).aggregate(s=Sum("amount_fen"))["s"] or 0


def faults() -> dict[str, str]:
    return {result.name: result.detail for result in verify() if not result.ok}


def browser_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_member_pays_by_transfer_and_finance_confirms_it(grove, buyer, finance):
    # given a basket at the review
    chain.make_freight()
    basket = chain.make_basket([(grove.pack, 1)], buyer)
    shop, desk = browser_of(buyer), browser_of(finance)
    session = shop.session
    session["checkout_delivery"] = {**chain.ADDRESS.__dict__, "email": "buyer@example.org"}
    session.save()
    review = shop.get(reverse("checkout:review")).content.decode()
    assert 'value="transfer"' in review

    # when she chooses the transfer
    answer = shop.post(reverse("checkout:review"), {"total": "3280", "via": "transfer"})

    attempt = PaymentAttempt.objects.get()
    assert answer.headers["Location"] == reverse("checkout:pay", args=[attempt.uuid])
    payment = OfflinePayment.objects.get()
    page = shop.get(answer.headers["Location"]).content.decode()
    assert payment.code in page
    assert "6222 0000 1234" in page
    assert (attempt.gateway, attempt.intent_id) == ("offline", payment.pk)
    assert attempt.expires_at - attempt.created_at == timedelta(days=3)
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 2500, 0)
    # she goes on shopping meanwhile, and finds it again
    assert reverse("checkout:pay", args=[attempt.uuid]) in (
        shop.get(reverse("orders:own")).content.decode()
    )
    assert shop.get(reverse("shop:basket")).context["shown"].lines == []
    # then a wrong amount is refused in words, and the right one places the order
    url = reverse("finance:confirm", args=[payment.pk])
    assert payment.code in desk.get(reverse("finance:payments")).content.decode()
    given = {"account": "bank", "reference": "T-77", "received_on": today().isoformat()}
    refused = desk.post(url, given | {"amount": "32.79"})
    assert refused.status_code == 422
    assert "32.79" in refused.content.decode()
    payment.refresh_from_db()
    assert (payment.state, Order.objects.count()) == ("waiting", 0)
    assert desk.post(url, given | {"amount": "32.80"}).status_code == 302
    order = Order.objects.get()
    payment.refresh_from_db()
    assert (payment.state, payment.reference, payment.confirmed_by) == ("received", "T-77", finance)
    assert order.payment_attempt == attempt
    assert order.basket_id == basket.pk
    assert (balance("bank"), balance("stripe"), balance("sales"), balance("freight")) == (
        3280,
        0,
        -2480,
        -800,
    )
    assert shop.get(reverse("checkout:pay", args=[attempt.uuid])).status_code == 302
    assert faults() == {}


def test_a_receipt_counts_once_and_its_reference_for_one_payment(grove, buyer, finance):
    first, second = transfer(grove, buyer), transfer(grove, buyer)
    confirm(first.intent_id, receipt(account="cash"), finance)

    again = confirm(first.intent_id, receipt(account="cash"), finance)

    assert again.kind == "order"
    with pytest.raises(CannotConfirm, match="T-1"):
        confirm(first.intent_id, receipt(reference="T-2"), finance)
    with pytest.raises(CannotConfirm, match="T-1"):
        confirm(second.intent_id, receipt(account="cash"), finance)
    with pytest.raises(CannotConfirm):
        confirm(
            second.intent_id, Receipt("bank", 3280, "T-3", today() + timedelta(days=1)), finance
        )
    second.refresh_from_db()
    assert (second.state, Order.objects.count()) == (State.OPEN, 1)
    assert (balance("cash"), balance("bank")) == (3280, 0)


def test_a_transfer_is_for_members_and_two_at_a_time(grove, buyer, settings):
    for user in (None,):
        with pytest.raises(CannotPay) as refused:
            chain.start([(grove.pack, 1)], user=user, via=GatewayName.OFFLINE)
        assert refused.value.kind == "not_offered"
    transfer(grove, buyer)
    transfer(grove, buyer)

    with pytest.raises(CannotPay) as refused:
        transfer(grove, buyer)

    assert refused.value.kind == "too_many"
    assert PaymentAttempt.objects.count() == 2
    settings.OFFLINE_PAYMENT_INSTRUCTIONS = ""
    with pytest.raises(CannotPay):
        transfer(grove, person("other"))
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 5000, 0)


def test_money_that_comes_late_places_the_order_while_the_goods_are_there(
    grove, buyer, finance, set_clock
):
    attempt = transfer(grove, buyer)
    set_clock(3 * DAY + 1)
    assert sweep_attempts() == 1
    attempt.refresh_from_db()
    assert attempt.state == State.CLOSED
    assert OfflinePayment.objects.get().state == "cancelled"
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)

    assert confirm(attempt.intent_id, receipt(), finance).kind == "order"

    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 2500)
    assert faults() == {}


def test_money_for_goods_that_are_gone_is_paid_back_by_hand(
    grove, buyer, finance, set_clock, monkeypatch
):
    attempt = transfer(grove, buyer, 3)  # 7440, freight 1400 for 7.5 kg
    set_clock(3 * DAY + 1)
    sweep_attempts()
    chain.buy([(grove.pack, 2)])

    outcome = confirm(attempt.intent_id, receipt(attempt.amount_fen), finance)

    assert outcome.kind == "refunded"
    refund = Refund.objects.get()
    assert (refund.buyer_fen, balance("refund_due")) == (attempt.amount_fen, -attempt.amount_fen)
    # Stripe is never asked for it
    monkeypatch.setattr(gateway, "create_refund", None)
    assert send(refund.pk).state == "failed"
    pay_by_hand(refund.pk, "bank", "BACK-1", finance)
    assert (balance("refund_due"), balance("bank")) == (0, 0)
    assert faults() == {}


def test_an_order_paid_by_transfer_is_refunded_by_hand(grove, buyer, finance):
    attempt = transfer(grove, buyer)
    order = confirm(attempt.intent_id, receipt(), finance).order

    refund = send(refund_order(order.pk, actor=finance).pk)

    assert (refund.state, refund.stripe_refund_id) == ("failed", None)
    pay_by_hand(refund.pk, "cash", "CASH-9", finance)
    assert (balance("refund_due"), balance("bank"), balance("cash")) == (0, 3280, -3280)
    assert faults() == {}


def test_money_whose_confirmation_was_cut_off_is_finished_by_the_sweep(grove, buyer, finance):
    attempt = transfer(grove, buyer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("storefront.payments.receiving.finalize", lambda uuid: None)
        confirm(attempt.intent_id, receipt(), finance)
    assert not Order.objects.exists()

    sweep_attempts()

    assert Order.objects.get().payment_attempt == attempt


def test_giving_a_transfer_up_frees_goods_and_basket(grove, buyer):
    attempt = transfer(grove, buyer)

    assert services.abandon(attempt.uuid).state == State.CLOSED

    assert gateway_of(attempt).retrieve_intent(attempt.intent_id).canceled
    assert Basket.objects.get(pk=attempt.basket_id).status == "Open"
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)
    assert faults() == {}


# Renewing a payment by card


def expired(grove: chain.Grove, buyer: Any, set_clock: Any) -> Any:
    attempt = chain.start([(grove.pack, 1)], user=buyer)
    set_clock(16 * 60)
    return attempt


def test_an_expired_payment_goes_on_with_one_tap_in_two_tabs(grove, buyer, set_clock):
    old = expired(grove, buyer, set_clock)
    shop = browser_of(buyer)
    ended = shop.get(reverse("checkout:return", args=[old.uuid])).content.decode()
    assert reverse("checkout:renew", args=[old.uuid]) in ended

    answers = [
        shop.post(reverse("checkout:renew", args=[old.uuid]), {"total": "3280"}) for _ in range(2)
    ]

    old.refresh_from_db()
    assert old.state == State.CLOSED
    assert gateway.retrieve_intent(old.intent_id).canceled
    new = PaymentAttempt.objects.get(state=State.OPEN)
    pay = reverse("checkout:pay", args=[new.uuid])
    assert [answer.headers["Location"] for answer in answers] == [pay, pay]
    assert new.basket_id == old.basket_id
    assert new.snapshot["address"] == old.snapshot["address"]
    chain.pay(new)
    assert finalize(new.uuid).kind == "order"
    assert shop.post(reverse("checkout:renew", args=[old.uuid]), {"total": "3280"}).headers[
        "Location"
    ] == reverse("shop:basket")
    assert Order.objects.count() == 1


def test_a_changed_total_is_shown_and_must_be_agreed(grove, buyer, set_clock):
    old = expired(grove, buyer, set_clock)
    grove.pack.offer_price = "25.80"
    grove.pack.save()
    shop = browser_of(buyer)
    url = reverse("checkout:renew", args=[old.uuid])

    shown = shop.post(url, {"total": "3280"})

    assert 'value="3380"' in shown.content.decode()
    assert not PaymentAttempt.objects.filter(state=State.OPEN).exists()
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)
    assert shop.post(url, {"total": "3380"}).status_code == 302
    assert PaymentAttempt.objects.get(state=State.OPEN).amount_fen == 3380


def test_a_payment_paid_meanwhile_is_not_renewed(grove, buyer, set_clock):
    old = expired(grove, buyer, set_clock)
    chain.pay(old)

    assert renew(old, language="en", user=buyer, agreed_fen=3280).state == State.PLACED

    assert PaymentAttempt.objects.count() == Order.objects.count() == 1


def test_other_goods_in_the_basket_are_not_paid_by_one_tap(grove, buyer, set_clock):
    old = expired(grove, buyer, set_clock)
    services.abandon(old.uuid)
    old.basket.lines.update(quantity=2)

    with pytest.raises(CannotPay) as refused:
        renew(old, language="en", user=buyer, agreed_fen=3280)

    assert refused.value.kind == "other_goods"
    assert PaymentAttempt.objects.count() == 1


def closed_but_payable(grove: chain.Grove, buyer: Any) -> Any:
    """An attempt that ended here while its intent could still be paid."""
    attempt = chain.start([(grove.pack, 1)], user=buyer)
    services.close(attempt.uuid)
    return attempt


def webhook_of(attempt: PaymentAttempt) -> None:
    found = {"id": attempt.intent_id, "metadata": {"attempt": str(attempt.uuid)}}
    key = f"evt_{attempt.uuid}"
    events.store({"id": key, "type": "payment_intent.succeeded", "data": {"object": found}})
    events.process(key)


def test_a_success_after_the_attempt_closed_is_placed_and_the_second_try_given_up(grove, buyer):
    first = closed_but_payable(grove, buyer)
    second = renew(first, language="en", user=buyer, agreed_fen=3280)
    assert second.state == State.OPEN
    # the buyer's first card form was still open: it goes through in the end
    first.refresh_from_db()
    assert (first.state, second.basket_id) == (State.CLOSED, first.basket_id)
    chain.pay(first)

    webhook_of(first)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (State.PLACED, State.CLOSED)
    assert gateway.retrieve_intent(second.intent_id).canceled
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 2500)
    assert Order.objects.count() == 1
    assert faults() == {}


def test_a_success_after_the_second_try_placed_the_basket_is_given_back(grove, buyer):
    first = closed_but_payable(grove, buyer)
    second = renew(first, language="en", user=buyer, agreed_fen=3280)
    chain.pay(second)
    assert finalize(second.uuid).kind == "order"
    chain.pay(first)

    webhook_of(first)

    first.refresh_from_db()
    assert first.state == State.REFUNDED
    refund = Refund.objects.get()
    assert (refund.attempt, refund.amount_fen, refund.uuid != first.uuid) == (first, 3280, True)
    send(refund.pk)
    assert [one.amount_fen for one in gateway.refunds_of(first.intent_id)] == [3280]
    assert balance("stripe") == 3280
    assert faults() == {}


def test_a_late_success_whose_voucher_another_used_up_is_given_back(grove, buyer):
    # given a voucher with one use, of a payment that ended here and is paid all the same
    terms = discounts.offer("ONE", uses_limit=1)
    late = chain.start([(grove.pack, 1)], user=buyer, codes=("ONE",))
    services.close(late.uuid)
    other = chain.start([(grove.pack, 1)], codes=("ONE",))
    chain.pay(other)
    assert finalize(other.uuid).kind == "order"
    chain.pay(late)

    webhook_of(late)

    late.refresh_from_db()
    terms.refresh_from_db()
    assert late.state == State.REFUNDED
    assert Refund.objects.get().amount_fen == late.amount_fen
    assert (terms.uses_held, terms.uses_done) == (0, 1)
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 2500)
