"""Two steps of the chain that meet at a moment chosen by the test: one stops, the other passes."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Sum

from cooperatives.ledger.models import Posting
from cooperatives.routing import refunding
from cooperatives.routing.models import Consignment
from cooperatives.routing.services import pack
from storefront.aftersales.services import refund_order
from storefront.payments import finalizing
from storefront.payments.finalizing import finalize
from tests.support import chain, sources

PATIENCE = 20
# So long a step that waits for a lock is given to come to it.
MOMENT = 1.5


def in_thread(work: Callable[[], Any], faults: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def balance(kind: str) -> int:
    return Posting.objects.filter(account__kind=kind).aggregate(s=Sum("amount_fen"))["s"] or 0


def test_a_lot_that_comes_while_its_line_is_refunded_does_not_draw_the_money_again(
    fresh_database, stripe, monkeypatch
):
    # given a box that no lot covers, and a refund of it that has just been booked
    grove = chain.make_grove(grams=0)
    chain.promise("COOP-A-001", grove.produce, 20_000, per_day=20_000)
    order = chain.buy([(grove.pack, 2)])
    pack(Consignment.objects.get(order=order).pk, {})
    booked, go_on, faults = threading.Event(), threading.Event(), []
    real = refunding._book

    def stopping(*arguments: Any) -> Any:
        credits = real(*arguments)
        booked.set()
        go_on.wait(PATIENCE)
        return credits

    monkeypatch.setattr(refunding, "_book", stopping)
    refund = in_thread(lambda: refund_order(order.pk, restock=False), faults)
    assert booked.wait(PATIENCE)

    # when the lot arrives before the refund is committed
    lot = in_thread(lambda: chain.deliver("COOP-A-001", grove.produce, 5000, days_ago=0), faults)
    lot.join(MOMENT)
    go_on.set()
    refund.join(PATIENCE)
    lot.join(PATIENCE)

    assert faults == []
    assert (balance("sales"), balance("pool")) == (0, 0)
    assert sources.faults(fresh_database.url) == {}


def test_the_first_two_refunds_of_all_do_not_wait_for_each_other_in_a_circle(
    fresh_database, stripe, monkeypatch
):
    # given a payment that can't be placed: its refund has made the first account of refunds due
    grove = chain.make_grove()
    order = chain.buy([(grove.pack, 1)])
    attempt = chain.start([(grove.pack, 1)])
    chain.pay(attempt)
    posted, go_on, faults = threading.Event(), threading.Event(), []

    def gone(*arguments: Any) -> None:
        raise finalizing.GoodsGone("test")

    def stopping(*arguments: Any) -> None:
        posted.set()
        go_on.wait(PATIENCE)

    monkeypatch.setattr(finalizing, "_place", gone)
    monkeypatch.setattr(finalizing, "_queue_goods_gone", stopping)
    first = in_thread(lambda: finalize(attempt.uuid), faults)
    assert posted.wait(PATIENCE)

    # when staff refund an order of the same pool, before it gives its grams back
    second = in_thread(lambda: refund_order(order.pk), faults)
    second.join(MOMENT)
    go_on.set()
    first.join(PATIENCE)
    second.join(PATIENCE)

    assert faults == []
    assert balance("refund_due") == -2 * 3280
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 0)
    assert sources.deadlocks(fresh_database.superuser_url, fresh_database.name) == 0
