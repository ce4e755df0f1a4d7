"""Disputes at the bank: held back, won or lost, to the fen; whatever comes twice or never."""

from dataclasses import replace

import pytest
from django.db import connection

from cooperatives.ledger.models import Posting, Transaction
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.settlement.models import ReleaseHold
from cooperatives.settlement.services import release_due, share_out_due
from storefront.aftersales import sending
from storefront.aftersales.cases import disputes, services
from storefront.aftersales.cases.models import Case, Dispute
from storefront.aftersales.cases.services import CaseRefused
from storefront.aftersales.models import Refund
from storefront.aftersales.services import (
    CannotRefund,
    RefundWish,
    pay_by_hand,
    refund_lines,
    refund_order,
)
from storefront.aftersales.services import send as send_refund
from storefront.books.runner import check_database
from storefront.payments import events, gateway
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt
from tests.integration.test_cases import books_are_in_order, on
from tests.support import chain
from tests.support.cases import arrived, words, write_case
from tests.support.discounts import gift

pytestmark = pytest.mark.django_db
DAY = 86_400
FEE = 8500
PAID = 9920 + 800 + 7 * 200  # four packs of ¥24.80, 10 kg of freight


@pytest.fixture
def disputed(stripe):
    """An order that arrived, its line, and the dispute of all of it, told by no event yet."""
    grove = chain.make_grove()
    order, line = arrived(grove)
    return order, line, stripe.dispute(order.payment_attempt.intent_id)["id"]


def tell(kind, dispute_id, number):
    """An event of Stripe's, whose body says nothing to be believed."""
    name = f"evt_{dispute_id}_{kind}_{number}"
    body = {"id": dispute_id, "amount": 1, "status": "lost", "payment_intent": "pi_forged"}
    events.store({"id": name, "type": f"charge.dispute.{kind}", "data": {"object": body}})
    events.process(name)


def test_an_open_dispute_holds_the_credits_and_the_money(disputed, set_clock):
    order, line, dispute_id = disputed
    at_stripe = on("stripe")
    assert at_stripe == PAID

    for number, kind in enumerate(["funds_withdrawn", "created", "created", "updated"]):
        tell(kind, dispute_id, number)

    dispute = Dispute.objects.get()
    assert (dispute.amount_fen, dispute.withdrawn_fen, dispute.fee_fen) == (PAID, PAID, FEE)
    assert (on("disputed"), on("programme_expense"), on("stripe")) == (PAID, FEE, -FEE)
    case = dispute.case
    assert (case.kind, case.owner, case.order, case.bearer) == (
        "dispute",
        "staff",
        order,
        "programme",
    )
    assert Transaction.objects.filter(source_type="dispute").count() == 1
    assert list(ReleaseHold.objects.values_list("line_id", "key")) == [
        (line.pk, f"dispute:{dispute_id}")
    ]
    set_clock(9 * DAY)
    assert release_due() == 0
    # Nothing is given back while the bank decides.
    other = Case.objects.count()
    with pytest.raises(CaseRefused):
        services.decide(case.pk, services.Words(case.uuid, "staff", "x"), amount_fen=100)
    assert Case.objects.count() == other
    assert books_are_in_order() == []


def test_won_gives_everything_back_and_lets_the_credits_go(disputed, stripe, set_clock):
    _order, line, dispute_id = disputed
    tell("created", dispute_id, 1)
    stripe.close_dispute(dispute_id, "won")

    for number, kind in enumerate(["funds_reinstated", "closed", "closed", "created"]):
        tell(kind, dispute_id, 10 + number)

    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.fee_fen, dispute.case.outcome) == ("won", 0, "won")
    assert (on("disputed"), on("programme_expense"), on("stripe")) == (0, 0, PAID)
    set_clock(9 * DAY)
    assert release_due() == 1
    assert books_are_in_order() == []


def test_lost_and_borne_by_the_programme_leaves_the_households_their_credits(
    disputed, stripe, set_clock
):
    order, line, dispute_id = disputed
    tell("created", dispute_id, 1)
    stripe.close_dispute(dispute_id, "lost")
    tell("closed", dispute_id, 2)
    tell("funds_withdrawn", dispute_id, 3)

    dispute = Dispute.objects.get()
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.buyer_fen, refund.state) == (PAID, PAID, "done")
    assert (refund.paid_from, refund.reason, dispute.refund) == ("disputed", "dispute", refund)
    assert (on("disputed"), on("refund_due"), on("stripe")) == (0, 0, -FEE)
    assert on("programme_expense") == PAID + FEE
    assert (dispute.case.outcome, dispute.case.given_fen) == ("lost", PAID)
    line.refresh_from_db()
    assert line.refunded_fen == 9920
    for how in (
        lambda: refund_lines(order.pk, [RefundWish(line.pk, amount_fen=1)]),
        lambda: refund_order(order.pk),
        lambda: write_case(order, line, packs=1),
    ):
        with pytest.raises((CannotRefund, CaseRefused)):
            how()
    assert Refund.objects.count() == 1
    set_clock(12 * DAY)
    share_out_due()
    # 9920 less 8 % and 2 %, to the one household that delivered.
    credits = Posting.objects.filter(account__kind="available")
    assert -sum(credits.values_list("amount_fen", flat=True)) == 8928
    assert books_are_in_order() == []


def test_lost_and_borne_by_the_cooperative_takes_the_credits(disputed, stripe, set_clock):
    _order, _line, dispute_id = disputed
    tell("created", dispute_id, 1)
    services.set_bearer(Dispute.objects.get().case_id, "cooperative")
    stripe.close_dispute(dispute_id, "lost")
    tell("closed", dispute_id, 2)

    assert (on("programme_expense"), on("disputed"), on("freight")) == (FEE, 0, 0)
    set_clock(12 * DAY)
    share_out_due()
    assert on("available") == on("pending") == 0
    with pytest.raises(CaseRefused):
        services.set_bearer(Dispute.objects.get().case_id, "programme")
    assert books_are_in_order() == []


def test_what_was_refunded_before_stays_and_the_rest_is_the_programmes_loss(stripe):
    order, line = arrived(chain.make_grove())
    done = refund_lines(order.pk, [RefundWish(line.pk, amount_fen=3000)])
    send_refund(done.pk)
    dispute_id = stripe.dispute(order.payment_attempt.intent_id)["id"]
    tell("created", dispute_id, 1)
    withdrawn = Dispute.objects.get().withdrawn_fen
    # Decided while it is disputed: Stripe refuses it, the bank pays it with the rest.
    owed = refund_lines(order.pk, [RefundWish(line.pk, amount_fen=1000)])
    send_refund(owed.pk)
    owed.refresh_from_db()
    assert owed.state == "failed"
    stripe.close_dispute(dispute_id, "lost")
    tell("closed", dispute_id, 2)

    owed.refresh_from_db()
    lost = Dispute.objects.get().refund
    assert withdrawn == PAID - 3000
    assert (owed.state, owed.paid_from) == ("done", "disputed")
    assert lost.buyer_fen == PAID - 4000
    assert (on("disputed"), on("refund_due")) == (0, 0)
    assert not Transaction.objects.filter(kind="dispute_lost").exists()
    assert books_are_in_order() == []


def test_a_dispute_that_no_event_told_of_is_found_and_ended_by_the_sweep(
    disputed, stripe, set_clock
):
    order, _line, dispute_id = disputed
    # Our clock may be ahead of Stripe's: on a desk, or while a season is played through.
    set_clock(60 * DAY)

    assert disputes.sweep() == 1
    assert Dispute.objects.get().pk == dispute_id
    stripe.close_dispute(dispute_id, "won")
    assert disputes.sweep() == 1
    assert Dispute.objects.get().status == "won"
    assert disputes.sweep() == 0
    assert order.payment_attempt.disputes.count() == 1


def test_what_is_not_packed_is_cancelled_and_others_have_their_part_back(stripe):
    card = gift(5000)
    chain.buy([(chain.make_grove().pack, 4)], cards=(card,))
    dispute_id = stripe.dispute(PaymentAttempt.objects.get().intent_id)["id"]
    tell("created", dispute_id, 1)
    stripe.close_dispute(dispute_id, "lost")
    tell("closed", dispute_id, 2)

    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.buyer_fen, refund.gift_fen) == (PAID, PAID - 5000, 5000)
    assert Consignment.objects.get().state == "cancelled"
    card.refresh_from_db()
    assert card.balance_fen == 5000
    # Nothing was lost: the cooperative keeps its fruit, the programme pays Stripe's fee alone.
    expense = Posting.objects.filter(
        account__kind="programme_expense", transaction__kind="gift_issued"
    )
    assert on("programme_expense") == FEE + sum(expense.values_list("amount_fen", flat=True))
    assert (on("disputed"), on("sales"), on("freight")) == (0, 0, 0)
    assert books_are_in_order() == []


def test_what_came_back_before_is_paid_by_the_dispute_and_not_by_hand_as_well(stripe):
    order, line = arrived(chain.make_grove())
    owed = send_refund(refund_lines(order.pk, [RefundWish(line.pk, amount_fen=1000)]).pk)
    said = gateway.retrieve_refund(owed.stripe_refund_id)
    sending._record(owed.pk, replace(said, status="failed"))
    found = disputes.parse(stripe.dispute(order.payment_attempt.intent_id))
    taken = replace(found, amount_fen=PAID, withdrawn_fen=PAID)

    for status in ("needs_response", "lost"):
        disputes._record(order.payment_attempt.pk, replace(taken, status=status))

    owed.refresh_from_db()
    assert (owed.state, owed.paid_from) == ("done", "disputed")
    assert (on("refund_due"), on("disputed"), on("programme_expense")) == (0, 0, PAID - 1000 + FEE)
    with pytest.raises(CannotRefund):
        pay_by_hand(owed.pk, "bank", "B-1", None)
    with connection.cursor() as cursor:
        assert [r.name for r in check_database(cursor) if not r.ok] == []


def test_a_dispute_first_heard_of_when_it_is_lost_is_booked_and_holds_nothing(disputed, stripe):
    _order, _line, dispute_id = disputed
    stripe.close_dispute(dispute_id, "lost")

    disputes.sync(dispute_id)
    disputes.sync(dispute_id)

    assert (Dispute.objects.get().case.outcome, Refund.objects.get().amount_fen) == ("lost", PAID)
    assert not ReleaseHold.objects.exists()
    assert (on("disputed"), on("refund_due")) == (0, 0)


def test_a_dispute_waits_for_the_bank_and_never_for_the_buyer(disputed, set_clock):
    _order, _line, dispute_id = disputed
    tell("created", dispute_id, 1)
    case = Dispute.objects.get().case

    with pytest.raises(CaseRefused):
        services.reply(case.pk, words("staff"), ask=True)
    services.reply(case.pk, words("staff"))
    set_clock(30 * DAY)
    services.close_what_is_over()

    case.refresh_from_db()
    assert (case.state, case.entries.count()) == ("open", 2)
    assert books_are_in_order() == []


def test_a_dispute_that_can_t_be_booked_keeps_no_other_waiting(stripe, monkeypatch):
    grove = chain.make_grove()
    ids = sorted(
        stripe.dispute(arrived(grove, 1)[0].payment_attempt.intent_id)["id"] for _ in range(2)
    )
    take = disputes._take

    def broken(found):
        if found.id == ids[0]:
            raise RuntimeError("broken")
        return take(found)

    monkeypatch.setattr(disputes, "_take", broken)
    assert disputes.sweep() == 1
    assert Dispute.objects.get().pk == ids[1]


def test_staff_answer_the_bank_or_give_up(stripe):
    grove = chain.make_grove()
    from storefront.accounts.models import User

    person = User.objects.create(email="s@example.org")
    first, second = (arrived(grove)[0] for _ in range(2))
    ids = [stripe.dispute(one.payment_attempt.intent_id)["id"] for one in (first, second)]
    disputes.sweep()

    answered = disputes.send_evidence(ids[0], "Delivered, SF1", person)
    given_up = disputes.accept(ids[1], person)

    assert (answered.status, answered.evidence, answered.closed_at) == (
        "under_review",
        "Delivered, SF1",
        None,
    )
    assert (given_up.status, given_up.case.outcome) == ("lost", "lost")
    assert given_up.case.entries.filter(author=person).count() == 1
    assert books_are_in_order() == []


def test_a_disputed_payment_without_order_is_a_loss_once(stripe):
    grove = chain.make_grove(grams=2500)
    attempt = chain.start([(grove.pack, 1)])
    from cooperatives.households.services import write_off

    lot = chain.pool_of(grove.partner, grove.produce).lots.get()
    write_off(lot.pk, lot.grams, "rotten", None)
    chain.pay(attempt)
    assert finalize(attempt.uuid).kind == "refunded"
    dispute_id = stripe.dispute(attempt.intent_id)["id"]
    refund = Refund.objects.get()
    send_refund(refund.pk)  # Stripe refuses: the payment is disputed
    disputes.sweep()
    stripe.close_dispute(dispute_id, "lost")
    disputes.sweep()

    refund.refresh_from_db()
    dispute = Dispute.objects.get()
    assert (dispute.case.order, dispute.case.outcome) == (None, "lost")
    assert (refund.state, refund.paid_from) == ("done", "disputed")
    assert (on("disputed"), on("refund_due"), on("programme_expense")) == (0, 0, FEE)
    assert not ConsignmentLine.objects.exists()
    assert books_are_in_order() == []


def test_a_dispute_that_overtakes_its_payment_finds_the_order_placed(stripe):
    attempt = chain.start([(chain.make_grove().pack, 4)])
    chain.pay(attempt)
    dispute_id = stripe.dispute(attempt.intent_id)["id"]

    tell("created", dispute_id, 1)

    attempt.refresh_from_db()
    assert attempt.state == "placed"
    assert Dispute.objects.get().case.order == attempt.order
    assert ReleaseHold.objects.filter(key=f"dispute:{dispute_id}").count() == 1
    assert books_are_in_order() == []


def test_a_dispute_of_nobodys_payment_is_left_to_reconciliation(stripe):
    paid = stripe.pay(5000)
    dispute_id = stripe.dispute(paid["id"])["id"]

    assert disputes.sync(dispute_id) is None

    assert not Dispute.objects.exists() and not Transaction.objects.exists()
