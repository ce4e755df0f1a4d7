"""Several people of finance confirm one transfer at one moment, and one reference for two."""

import threading
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Sum

from catalog.clock import today
from cooperatives.ledger.models import Posting
from storefront.order.models import Order
from storefront.payments.models import GatewayName, OfflinePayment, PaymentAttempt
from storefront.payments.receiving import CannotConfirm, Receipt, confirm
from tests.support import chain


def at_once(jobs: list[tuple[str, Receipt, Any]]) -> list[str]:
    """Confirm all at the same moment; what each one heard."""
    barrier, heard = threading.Barrier(len(jobs)), []

    def work(intent_id: str, receipt: Receipt, actor: Any) -> None:
        try:
            barrier.wait()
            heard.append(confirm(intent_id, receipt, actor).kind)
        except CannotConfirm:
            heard.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(heard)


def test_one_transfer_confirmed_by_many_is_one_order_and_one_reference_one_payment(
    fresh_database, settings
):
    settings.OFFLINE_PAYMENT_INSTRUCTIONS = "Bank of the Hills"
    grove = chain.make_grove()
    people = [
        get_user_model().objects.create_user(email=f"{n}@example.org", password="words-9-x")
        for n in range(4)
    ]
    first, second, third = (
        chain.start([(grove.pack, 1)], user=user, via=GatewayName.OFFLINE) for user in people[:3]
    )
    same = Receipt("bank", 3280, "T-1", today())

    heard = at_once([(first.intent_id, same, person) for person in people])

    assert heard == ["order"] * 4
    assert Order.objects.get().payment_attempt == first
    assert Posting.objects.filter(account__kind="bank").aggregate(s=Sum("amount_fen"))["s"] == 3280
    # two payments claim one transfer
    other = Receipt("bank", 3280, "T-2", today())
    heard = at_once([(second.intent_id, other, people[0]), (third.intent_id, other, people[1])])
    assert heard == ["order", "refused"]
    assert OfflinePayment.objects.filter(state="received").count() == Order.objects.count() == 2
    assert PaymentAttempt.objects.filter(state="open").count() == 1
