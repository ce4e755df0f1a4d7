"""The books beside the oracle: what is posted, held and shown against what must be."""

from typing import Any

from cooperatives.ledger.selectors import household_balances
from cooperatives.partner.models import Partner
from storefront.books.runner import verify
from tests.support import oracle
from tests.support.rich_chain import send_everything

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


def _same(what: str, stands: dict[Any, Any], musts: dict[Any, Any]) -> None:
    too_much, missing = stands.items() - musts.items(), musts.items() - stands.items()
    assert stands == musts, f"{what}: stands {too_much}, must be {missing}"


def compare(
    base: Any, villages: oracle.Villages, stripe: Any, moment: Any, *, swept: bool = False
) -> oracle.Must:
    """Books and pools against the oracle, right after a sharing-out.

    `swept`: the movements of our balance at Stripe were booked just before: fees, disputes and all.
    """
    lists = oracle.Stripe(stripe.url, stripe.api_key)
    must = oracle.books(base, villages, lists, moment)
    if swept:
        must.stripe = sum(row["net"] for row in lists.listed("balance_transactions"))
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
        ("gift", {"": must.gifts}),
        ("host", {"": -must.hosts}),
    ):
        _same(kind, not_nothing(stand.get(kind, {})), not_nothing(figures))
    pools = {row.sales_pool_id: row.fen for row in base.execute(POOL_BALANCES)}
    _same("pools", not_nothing(pools), not_nothing(must.not_shared))
    released = base.execute("SELECT id FROM routing_consignmentline WHERE released_at IS NOT NULL")
    _same("released", dict.fromkeys(row.id for row in released), dict.fromkeys(must.released))
    _compare_what_the_portal_shows(must)
    figures = {(row.code, row.produce): tuple(row[2:]) for row in base.execute(STOCK)}
    _same("stock", figures, oracle.stock(base, villages, moment))
    # The books themselves see it so, and nothing waits for another sharing-out.
    send_everything()
    said = [(check.name, check.detail) for check in verify() if check.detail]
    assert said == [], said
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
