"""What random histories found: right steps in an order that nobody thought of."""

import pytest

from storefront.aftersales.cases import disputes
from storefront.aftersales.services import RefundWish, refund_lines
from storefront.aftersales.services import send as send_refund
from storefront.payments import gateway
from storefront.payments.services import expire
from tests.integration.test_cases import books_are_in_order, on
from tests.support import chain
from tests.support.cases import arrived

pytestmark = pytest.mark.django_db


def test_a_refund_that_nobody_sent_before_the_dispute_was_lost_is_paid_by_it(stripe):
    # given a refund that was decided and waits for a worker
    order, line = arrived(chain.make_grove())
    intent = order.payment_attempt.intent_id
    owed = refund_lines(order.pk, [RefundWish(line.pk, amount_fen=1000)])

    # when the buyer's bank takes everything back before
    dispute_id = stripe.dispute(intent)["id"]
    stripe.close_dispute(dispute_id, "lost")
    disputes.sync(dispute_id)

    # then the buyer has it, and is not owed it a second time
    owed.refresh_from_db()
    assert (owed.state, owed.paid_from, owed.tries) == ("done", "disputed", 0)
    assert (on("disputed"), on("refund_due")) == (0, 0)
    assert send_refund(owed.pk).state == "done"
    assert list(gateway.refunds_of(intent)) == []
    assert books_are_in_order() == []


def test_a_hold_ends_although_its_goods_have_expired_meanwhile(stripe, set_clock):
    # given a payment under way, and nobody looked at the pool until its lot's shelf life was over
    grove = chain.make_grove(grams=5000)
    attempt = chain.start([(grove.pack, 2)])
    assert chain.figures(grove.partner, grove.produce) == (5000, 0, 5000, 0)
    set_clock(70 * 86_400)

    expire(attempt.uuid)

    attempt.refresh_from_db()
    assert attempt.state == "closed"
    assert chain.figures(grove.partner, grove.produce) == (0, 0, 0, 0)
    assert books_are_in_order() == []
