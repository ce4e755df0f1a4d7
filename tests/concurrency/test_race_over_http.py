"""Two hundred buyers at one instant over HTTP: four server processes, webhooks, a worker.

Proved by hand: with the conditional UPDATE of cooperatives.partner.stock replaced by a SELECT of
what is free and an UPDATE after it, holds overwrote each other, more buyers than twenty got to
the payment, and the first test fails: a buyer who came back from paying got an error, for her
order broke on the pool's CHECK. So do four tests of test_chain_races.py.
"""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cooperatives.routing.models import Consignment
from deploy.embedded.processes import free_port
from storefront.aftersales.models import Refund
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt, StripeEvent
from tests.support import chain, sources
from tests.support.servers import Running, wait_for
from tests.support.shoppers import Shopper, at_once

BUYERS, PACKS = 200, 20


@pytest.fixture
def shop(
    server_environment: dict[str, str], run_sandbox: Any, run_server: Any, run_worker: Any
) -> Iterator[tuple[Running, Running]]:
    """The whole stack: (web server with four processes, sandbox that sends it webhooks)."""
    port = free_port()
    sandbox = run_sandbox(f"http://127.0.0.1:{port}/payments/stripe/webhook")
    environment = server_environment | {"STRIPE_API_BASE": sandbox.url}
    # The worker dies with the thread that started it: that one waits here until the end.
    with ThreadPoolExecutor(1) as meanwhile:
        worker = meanwhile.submit(run_worker, environment)
        server = run_server(environment, workers=4, threads=4, port=port)
        worker.result()
        yield server, sandbox


def listed(sandbox: Running, what: str) -> list[dict[str, Any]]:
    """All of a list of the sandbox's."""
    found: list[dict[str, Any]] = []
    more = ""
    while True:
        request = urllib.request.Request(
            f"{sandbox.url}/v1/{what}?limit=100{more}",
            headers={"Authorization": "Bearer sk_test_suite"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            page = json.load(response)
        found += page["data"]
        if not page["has_more"]:
            return found
        more = f"&starting_after={found[-1]['id']}"


def webhooks_are_done(orders: int) -> bool:
    """Every success was told of and worked on, whoever placed its order."""
    told = StripeEvent.objects.filter(type="payment_intent.succeeded")
    return told.exclude(processed_at=None).count() == orders


@pytest.mark.slow
def test_of_two_hundred_buyers_of_twenty_packs_twenty_pay_and_get_one(shop, fresh_database):
    # given a pool of twenty packs and two hundred sessions with one in the basket
    server, sandbox = shop
    grove = chain.make_grove(grams=PACKS * 2500)
    chain.make_freight()
    shoppers = [Shopper(server.url, sandbox.url) for _ in range(BUYERS)]
    assert shoppers[0].get(f"/produce/{grove.produce.code}/").status_code == 200
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda shopper: shopper.fill([grove.pack.pk]), shoppers))

    # when all press the button at one instant, and whoever may pays
    def buy(shopper: Shopper) -> tuple[str, str]:
        led_to = shopper.order()
        if led_to.startswith("/checkout/pay/"):
            return "paid", shopper.pay(led_to)
        return "refused", shopper.get(led_to).text

    ends = at_once([lambda shopper=shopper: buy(shopper) for shopper in shoppers])

    # then twenty have an order and a charge, and the others were told
    assert Counter(end for end, _ in ends) == {"paid": PACKS, "refused": BUYERS - PACKS}
    assert len({page for end, page in ends if end == "paid"}) == PACKS
    for end, page in ends:
        if end == "paid":
            assert page.startswith("/checkout/done/")
        else:
            assert "sold out" in page
    wait_for(lambda: webhooks_are_done(PACKS), 30, "the webhooks are worked on", server)
    assert max(max(shopper.statuses) for shopper in shoppers) < 400
    assert Order.objects.count() == Consignment.objects.count() == PACKS
    assert Counter(PaymentAttempt.objects.values_list("state", flat=True)) == {"placed": PACKS}
    charges = listed(sandbox, "charges")
    assert len(charges) == PACKS
    assert {charge["payment_intent"] for charge in charges} == set(
        PaymentAttempt.objects.values_list("intent_id", flat=True)
    )
    assert len(listed(sandbox, "payment_intents")) == PACKS
    assert Refund.objects.count() == len(listed(sandbox, "refunds")) == 0
    assert chain.figures(grove.partner, grove.produce) == (50_000, 0, 0, 50_000)
    assert sources.faults(fresh_database.url) == {}
    server.stop()
    assert sources.deadlocks(fresh_database.superuser_url, fresh_database.name) == 0


@pytest.mark.slow
def test_double_click_two_tabs_and_return_with_the_webhook_give_one_order_each(
    shop, fresh_database
):
    # given six buyers of one pack each
    server, sandbox = shop
    grove = chain.make_grove()
    chain.make_freight()
    shoppers = [Shopper(server.url, sandbox.url) for _ in range(6)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda shopper: shopper.fill([grove.pack.pk]), shoppers))

    # when each clicks twice at once, a third time in another tab
    tabs = [tab for shopper in shoppers for tab in (shopper, _tab_of(shopper), _tab_of(shopper))]
    led_to = at_once([tab.order for tab in tabs])

    # then each has one payment
    pages = [set(led_to[start : start + 3]) for start in range(0, len(tabs), 3)]
    assert [len(mine) for mine in pages] == [1] * len(shoppers)
    assert PaymentAttempt.objects.count() == len(shoppers)

    # and when it is paid, while both tabs ask for the outcome as the webhook comes
    def pay_and_ask(number: int) -> set[str]:
        page = next(iter(pages[number]))
        first = shoppers[number].pay(page)
        mine = [*tabs[3 * number : 3 * number + 3]] * 2
        return {first, *at_once([lambda tab=tab: tab.come_back(page) for tab in mine])}

    ends = at_once([lambda n=n: pay_and_ask(n) for n in range(len(shoppers))])

    assert [len(mine) for mine in ends] == [1] * len(shoppers)
    wait_for(lambda: webhooks_are_done(len(shoppers)), 30, "the webhooks are worked on", server)
    assert Order.objects.count() == len(shoppers)
    assert len(listed(sandbox, "charges")) == len(shoppers)
    assert chain.figures(grove.partner, grove.produce) == (100_000, 0, 0, 15_000)
    assert sources.faults(fresh_database.url) == {}


def _tab_of(shopper: Shopper) -> Shopper:
    """Another tab of the same browser: the same cookies on a connection of its own."""
    tab = Shopper(shopper.url, shopper.stripe)
    tab.session.cookies.update(shopper.session.cookies)
    return tab
