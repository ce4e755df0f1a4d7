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
from cooperatives.ledger.selectors import household_balances
from cooperatives.partner.models import Partner, StockRecord
from cooperatives.routing.freight_file import load_freight
from cooperatives.settlement.services import share_out_due
from storefront.books.runner import verify
from storefront.payments import gateway
from tests.support import oracle
from tests.support.market import Market, seconds_until_ten_in_the_morning
from tests.support.rich_chain import send_everything

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
SEED = 20260727
ORDERS, DAYS = 300, 10
DAY = 86_400

BALANCES = """
SELECT account.kind, coalesce(household.code, partner.code, '') AS owner,
       -sum(posting.amount_fen)::bigint AS fen
  FROM ledger_posting posting
  JOIN ledger_account account ON account.id = posting.account_id
  LEFT JOIN households_household household ON household.id = account.household_id
  LEFT JOIN partner_partner partner ON partner.id = account.partner_id
 WHERE account.kind <> 'pool'
 GROUP BY 1, 2
"""
POOL_BALANCES = """
SELECT account.sales_pool_id, -sum(posting.amount_fen)::bigint AS fen FROM ledger_posting posting
  JOIN ledger_account account ON account.id = posting.account_id
 WHERE account.kind = 'pool' GROUP BY 1
"""
STOCK = """
SELECT partner.code, produce.code AS produce,
       pool.on_hand, pool.promised, pool.reserved, pool.allocated
  FROM partner_stockpool pool
  JOIN partner_partner partner ON partner.id = pool.partner_id
  JOIN catalogue_produce produce ON produce.id = pool.produce_id
"""


def not_nothing(figures: Any) -> dict[Any, int]:
    return {owner: fen for owner, fen in figures.items() if fen}


def compare(base: Any, villages: oracle.Villages, stripe: Any, moment: Any) -> oracle.Must:
    """Books and pools against the oracle, right after a sharing-out."""
    must = oracle.books(base, villages, oracle.Stripe(stripe.url, stripe.api_key), moment)
    stand: dict[str, dict[str, int]] = {}
    for row in base.execute(BALANCES):
        stand.setdefault(row.kind, {})[row.owner] = row.fen
    for kind, figures in (
        ("pending", must.pending),
        ("available", must.available),
        ("service_fee", must.fee),
        ("village_fund", must.fund),
        ("sales", must.sales),
        ("freight", must.freight),
        ("refund_due", {"": must.refund_due}),
        ("stripe", {"": -must.stripe}),
    ):
        assert not_nothing(stand.get(kind, {})) == not_nothing(figures), kind
    pools = {row.sales_pool_id: row.fen for row in base.execute(POOL_BALANCES)}
    assert not_nothing(pools) == not_nothing(must.not_shared)
    released = base.execute("SELECT id FROM routing_consignmentline WHERE released_at IS NOT NULL")
    assert {row.id for row in released} == must.released
    _compare_what_the_portal_shows(must)
    figures = {(row.code, row.produce): tuple(row[2:]) for row in base.execute(STOCK)}
    assert figures == oracle.stock(base, villages, moment)
    # The books themselves see it so, and nothing waits for another sharing-out.
    send_everything()
    said = [(check.name, check.detail) for check in verify() if check.detail]
    assert said == []
    return must


def _compare_what_the_portal_shows(must: oracle.Must) -> None:
    from cooperatives.households.models import Household

    codes = dict(Household.objects.values_list("pk", "code"))
    shown = {
        codes[household]: pair
        for partner in Partner.objects.all()
        for household, pair in household_balances(partner.pk).items()
        if any(pair)
    }
    assert shown == {
        household: (must.pending[household], must.available[household])
        for household in must.pending.keys() | must.available.keys()
        if must.pending[household] or must.available[household]
    }


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
            must = compare(base, villages, stripe, now())
            compared["moments"] += 1
    market.finish()
    for days in (12, 45):
        set_clock(morning + (DAYS + days) * DAY)
        market.sweep()
        share_out_due()
        must = compare(base, villages, stripe, now())
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
    assert credited > 50
    assert must.finished > 10
    assert not any(must.pending.values())
    base.close()
