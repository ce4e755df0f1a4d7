"""The oracle: a season of random trade, worked out a second time and compared to the fen.

The second working-out (tests/support/oracle) shares no code with the first.
"""

import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.clock import now, today
from cooperatives.households.village_files import load_villages
from cooperatives.partner.models import StockRecord
from cooperatives.routing.freight_file import load_freight
from cooperatives.settlement.services import share_out_due
from storefront.payments import gateway
from storefront.payments.balance import sweep_balance
from tests.support import oracle
from tests.support.comparing import compare
from tests.support.market import Market, seconds_until_ten_in_the_morning

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
SEED = 20260727
ORDERS, DAYS = 300, 10
DAY = 86_400
BORNE = """
SELECT account.kind, sum(posting.amount_fen)::bigint AS fen
  FROM ledger_posting posting JOIN ledger_account account ON account.id = posting.account_id
 WHERE account.kind IN ('programme_expense', 'carrier_claim') GROUP BY 1
"""


def compare_all(base: Any, villages: oracle.Villages, stripe: Any) -> oracle.Must:
    """Everything against the oracle; also what the programme and carriers bear."""
    sweep_balance()
    must = compare(base, villages, stripe, now(), swept=True)
    movements = oracle.Stripe(stripe.url, stripe.api_key).listed("balance_transactions")
    fees = sum(row["fee"] for row in movements)
    borne = {row.kind: row.fen for row in base.execute(BORNE)}
    assert borne.get("programme_expense", 0) == must.programme + fees
    assert borne.get("carrier_claim", 0) == must.carriers
    return must


@pytest.mark.slow
def test_what_households_have_is_what_the_oracle_says(fresh_database, stripe, set_clock):
    # given the villages, loaded three days after their last delivery
    stripe.reset()
    morning = seconds_until_ten_in_the_morning()
    set_clock(morning)
    gateway._client.cache_clear()
    as_of = date.fromordinal(today().toordinal() - 3)
    load_villages(DEMO / "villages", as_of)
    load_freight(DEMO / "freight.csv")
    # One more cooperative takes the offer, so that more orders can be split.
    dear = StockRecord.objects.filter(product__upc="XL-1", partner__code="GY-SANSHU")
    dear.update(agreed_price="24.80")
    base = oracle.connect(fresh_database.url)
    villages = oracle.Villages(DEMO / "villages", as_of, DEMO / "freight.csv")
    market = Market(random.Random(SEED), villages, base)
    compared = Counter()

    # when 300 orders and all that goes with them happen over ten days
    for day in range(DAYS):
        set_clock(morning + day * DAY)
        market.sweep()
        while market.done["orders"] < ORDERS * (day + 1) // DAYS:
            number = market.done["orders"]
            market.buy(check_routing=number % 3 == 0, much=number % 15 == 9)
        market.work()
        for _ in range(14):
            market.refund()
        for _ in range(3):
            market.cancel()
            market.send_elsewhere()
        market.harvest()
        market.spoil()
        market.work()
        if day in (2, 5):
            market.buy_what_then_spoils()
        if day in (1, 4, 7, 9):
            # then each night's sharing-out gives everybody what the oracle says
            set_clock(morning + day * DAY + DAY // 3)
            market.sweep()
            share_out_due()
            must = compare_all(base, villages, stripe)
            compared["moments"] += 1
    market.finish()
    for days in (12, 45):
        set_clock(morning + (DAYS + days) * DAY)
        market.sweep()
        share_out_due()
        must = compare_all(base, villages, stripe)
        compared["moments"] += 1

    print(f"\nseed {SEED}", dict(sorted((market.done + compared).items())))
    credited = sum(bool(fen) for fen in must.available.values())
    print(f"households credited: {credited}, pools finished: {must.finished}")
    # The dice did not spare what this is about, and at the end nothing waits any more.
    assert market.done["orders"] == ORDERS
    assert market.done["orders split"] > ORDERS // 10
    assert market.done["lines split"] > 5
    for when in ("before packing", "after packing"):
        for how in ("packs", "amount", "line", "order", "freight"):
            assert any(kind.startswith(f"refund of {how} {when}") for kind in market.done)
    for what in (
        "refund of weight after packing",
        "borne by the programme",
        "borne by the carrier",
        "cancelled by the buyer: packs",
        "cancelled by the buyer: parcels",
        "sent elsewhere",
        "sent elsewhere for less",
    ):
        assert market.done[what], what
    assert credited > 50
    assert must.finished > 10
    assert not any(must.pending.values())
    base.close()
