"""Farms whose households delivered, and the books of what was paid out: for the public figures."""

import itertools
from datetime import date

from django.utils import translation

from catalog.clock import now
from cooperatives.households.models import Household, Lot
from cooperatives.ledger.models import Transaction
from cooperatives.ledger.services import AccountKey, Leg
from cooperatives.routing.models import ConsignmentLine
from storefront.order.models import Order
from tests.support.sold import Farm, line_of, make_farm, post_now

_numbers = itertools.count(1)


def make_village(name: str, households: int) -> Farm:
    """A farm in a village of its own whose sales pool is of so many households."""
    farm = make_farm(name)
    farm.partner.village, farm.partner.county = f"{name}村", "灌阳县"
    farm.partner.save()
    farm.households += [
        Household.objects.create(
            code=f"{name}-{number}",
            partner=farm.partner,
            village=farm.partner.village,
            shares=1,
            people=3,
            joined_on=date(2020, 1, 1),
        )
        for number in range(3, households + 1)
    ]
    for household in farm.households[:households]:
        bring(farm, household)
    return farm


def bring(farm: Farm, household: Household) -> None:
    """A household delivers into the farm's sales pool."""
    Lot.objects.create(
        code=f"I{next(_numbers):05}",
        household=household,
        pool=farm.pool,
        sales_pool=farm.sales_pool,
        delivered_on=farm.sales_pool.starts_on,
        expires_at=now(),
        grade="A",
        grams=5000,
    )


def pack_all(order: Order, farm: Farm) -> None:
    """What packing posts: all that is left of the line's money in `sales` goes to the pool."""
    from cooperatives.ledger.selectors import line_balances

    line = line_of(order, farm)
    fen = line_balances([line.pk])[line.pk][None]
    pool = AccountKey("pool", farm.partner.pk, sales_pool_id=farm.sales_pool.pk)
    legs = [
        Leg(AccountKey("sales", farm.partner.pk), fen, line.pk),
        Leg(pool, -fen, line.pk, farm.sales_pool.pk),
    ]
    post_now(Transaction.Kind.PACKED, "drawing", f"line:{line.pk}", legs, farm)
    ConsignmentLine.objects.filter(pk=line.pk).update(packed_grams=2500)


def refund_beside(order: Order, farm: Farm, account: str, fen: int) -> None:
    """Give back a part that the pool does not bear: from `sales`, or borne by another."""
    line = line_of(order, farm)
    own = farm.partner.pk if account == "sales" else None
    legs = [Leg(AccountKey(account, own), fen, line.pk), Leg(AccountKey("refund_due"), -fen)]
    from django.db import transaction

    from cooperatives.ledger.services import post

    with transaction.atomic():
        post(
            Transaction.Kind.REFUND_DECIDED,
            "refund",
            f"{line.pk}:{account}:{fen}",
            legs,
            partner_id=own,
        )


def credit(farm: Farm, *fen: int, name: str = "") -> None:
    """A sharing-out: an amount to each household, `available`; what is negative is taken back."""
    pool = AccountKey("pool", farm.partner.pk, sales_pool_id=farm.sales_pool.pk)
    legs = [Leg(pool, sum(fen), None, farm.sales_pool.pk)]
    legs += [
        Leg(AccountKey("available", farm.partner.pk, household.pk), -part, None, farm.sales_pool.pk)
        for household, part in zip(farm.households, fen, strict=True)
    ]
    post_now(Transaction.Kind.SHARED, "sharing_out", f"{farm.partner.code}:{fen}{name}", legs, farm)


def pay_out(farm: Farm, *fen: int) -> None:
    """A settlement: each household's amount leaves for the bank."""
    legs = [
        Leg(AccountKey("available", farm.partner.pk, household.pk), part)
        for household, part in zip(farm.households, fen, strict=False)
    ]
    post_now(
        Transaction.Kind.PAYOUT,
        "settlement",
        f"{farm.partner.code}:{fen}",
        [*legs, Leg(AccountKey("bank"), -sum(fen))],
        farm,
    )


def in_english() -> translation.override:
    return translation.override("en")
