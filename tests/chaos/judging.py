"""After the storm: wait for calm, then demand that everything is right."""

import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import redis
from django.db import connection
from django.db.models import Q

from cooperatives.settlement.services import share_out_due
from storefront.aftersales.models import Refund
from storefront.books.runner import verify
from storefront.notifications.models import Message
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt, StripeEvent
from tests.chaos import mailbox
from tests.chaos.buyers import DONE, ENDED, RETURNED, Buyers, Receipt, look_again
from tests.chaos.monkey import Monkey
from tests.chaos.stack import Stack

# Every sweep waits for its own reasons, two minutes at most; refused refunds an hour.
STEP_SECONDS = 130


def unfinished(stack: Stack) -> dict[str, int]:
    """What still waits for a worker."""
    waiting = {
        "payments": PaymentAttempt.objects.filter(state=PaymentAttempt.State.OPEN).count(),
        "events": StripeEvent.objects.filter(processed_at=None).count(),
        "refunds": Refund.objects.exclude(state=Refund.State.DONE).count(),
        "messages": Message.objects.filter(state=Message.State.WAITING).count(),
        "webhooks": stack.sandbox.state()["webhooks"]["pending"],
    }
    return {name: count for name, count in waiting.items() if count}


def wait_for_calm(stack: Stack, monkey: Monkey, patience: float) -> dict[str, int]:
    """Let time pass until the sweeps have nothing left to do; gives what is left after all."""
    connection.close()  # the database has been killed since this thread used it
    end = time.monotonic() + patience
    monkey.clock += 16 * 60
    while True:
        stack.set_clock(monkey.clock)
        stack.mend()
        time.sleep(2.5)
        left = unfinished(stack)
        if not left or time.monotonic() > end:
            return left | (_in_the_queue(stack) if left else {})
        monkey.clock += STEP_SECONDS


def _in_the_queue(stack: Stack) -> dict[str, int]:
    """How far the broker's queue is, where something waits too long."""
    with redis.from_url(stack.suite.redis_url) as line:
        return {"tasks in the queue": line.llen("celery"), "taken": line.hlen("unacked")}


def look_at_everything(buyers: Buyers) -> None:
    """Every buyer opens the page of every payment once more."""
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda receipt: look_again(buyers, receipt), buyers.receipts))


def receipts_are_true(stack: Stack, buyers: Buyers) -> Iterator[str]:
    """Each buyer has an order, a refund or no charge, and nobody was charged twice."""
    given_back: Counter[str] = Counter()
    for refund in stack.listed("refunds"):
        if refund["status"] == "succeeded":
            given_back[refund["payment_intent"]] += refund["amount"]
    intents: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for intent in stack.listed("payment_intents"):
        intents[intent["metadata"].get("attempt", "")].append(intent)
    for attempt in intents.keys() - {receipt.attempt for receipt in buyers.receipts}:
        if any(intent["status"] == "succeeded" for intent in intents[attempt]):
            yield f"{attempt}: charged, and no buyer knows of it"
    numbers = Counter(receipt.number for receipt in buyers.receipts if receipt.number)
    yield from (f"order {number}: {n} payments" for number, n in numbers.items() if n > 1)
    for receipt in buyers.receipts:
        charged = [i for i in intents[receipt.attempt] if i["status"] == "succeeded"]
        fault = _fault(receipt, charged, given_back)
        if fault:
            yield f"{receipt.attempt} of {receipt.email}: {fault}"


def _fault(receipt: Receipt, charged: list[dict[str, Any]], back: Counter[str]) -> str:
    if len(charged) > 1:
        return f"charged {len(charged)} times"
    received = sum(intent["amount_received"] for intent in charged)
    returned = sum(back[intent["id"]] for intent in charged)
    if returned > received:
        return f"paid {received}, and {returned} went back"
    if receipt.paid and not charged:
        return "the card form said paid, the payment service knows nothing of it"
    if receipt.told == DONE:
        return "" if charged else f"order {receipt.number} was never paid"
    if receipt.told == RETURNED:
        return "" if charged and returned == received else f"{received} paid, {returned} returned"
    if receipt.told == ENDED:
        return "" if returned == received else f"told that nothing was charged: {received} was"
    return f"the last word was “{receipt.told}”"


def mails_went_out(died_while_sending: int) -> Iterator[str]:
    """One confirmation for each order; a second one only where a sender died before its mark."""
    wanted: Counter[str] = Counter(Order.objects.values_list("guest_email", flat=True))
    sent: Counter[str] = Counter()
    twice = 0
    for (to, _), count in Counter(mailbox.sent()).items():
        sent[to] += 1
        twice += count - 1
    yield from (f"{to}: no mail at all" for to in wanted if not sent[to])
    if twice > died_while_sending:
        yield f"{twice} mails went out twice, {died_while_sending} senders died"


def refunds_are_right() -> Iterator[str]:
    """What is on its way back is done or refused in words."""
    for refund in Refund.objects.filter(~Q(state=Refund.State.DONE)):
        yield f"refund {refund.uuid}: {refund.state} {refund.error}"


def reconciled() -> Iterator[str]:
    """Stripe's side and ours agree, and no gap is open."""
    from django.core.management import get_commands

    if "reconcile_payments" not in get_commands():
        return
    from storefront.payments.models import Gap
    from storefront.payments.tasks import reconcile, sweep_balance

    sweep_balance()
    reconcile()
    for gap in Gap.objects.filter(state=Gap.State.OPEN):
        yield f"gap {gap.kind} {gap.key}: {gap.details}"


def books_are_clean() -> Iterator[str]:
    """verify_books finds nothing, and nothing is pending."""
    for result in verify():
        if result.detail:
            yield f"{result.name}: {result.detail}"


def oracle_agrees(stack: Stack, compare: Any) -> Iterator[str]:
    """What everybody has is what the oracle says."""
    share_out_due()
    try:
        compare()
    except AssertionError as error:
        where = traceback.format_exc(limit=-1).splitlines()[1:3]
        yield f"the oracle: {' '.join(part.strip() for part in where)} {str(error)[:3000]}"


def database_is_free() -> Iterator[str]:
    """Nothing hangs in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND state = 'idle in transaction' AND xact_start < clock_timestamp() - interval '9 s'"
        )
        count = cursor.fetchone()[0]
    if count:
        yield f"{count} sessions hang in a transaction"
