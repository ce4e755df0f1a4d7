"""Sharing out: what a sales pool brought in becomes its households' credit (DESIGN §6).

Cumulative, and posted as the difference to what was posted before: late sales, refunds and
rounding right themselves, in either direction, to the fen.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, F, Q, Sum, When

from catalog.clock import now, today
from catalog.numbers import largest_remainder
from cooperatives.households.models import Household, Lot
from cooperatives.ledger.models import Account, Posting, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post
from cooperatives.routing.models import Consignment
from cooperatives.settlement.models import CreditRule, SalesPool, SharingOut

log = logging.getLogger(__name__)
Kind = Account.Kind
WHOLE = 10_000


@dataclass(frozen=True)
class Basis:
    """What a sharing-out reads: earned and released fen, {household id: weight}, finished."""

    earned: int
    released: int
    weights: dict[int, int]
    finished: bool


@dataclass(frozen=True)
class Shares:
    """A sales pool's money cut: fen for fee and fund, and by household id."""

    fee: int
    fund: int
    pending: dict[int, int]
    available: dict[int, int]


def cut(basis: Basis, fee_bps: int, fund_bps: int, codes: dict[int, str]) -> Shares:
    """Cut a pool's money by DESIGN §6: one floor each; a finished pool by largest remainder.

    `codes` gives the households' codes, the stable key of ties. Pure.
    """
    rest = WHOLE - fee_bps - fund_bps
    total = sum(basis.weights.values())
    if basis.finished:
        keys = {(0, "fee"): fee_bps * total, (1, "fund"): fund_bps * total}
        keys |= {(2, codes[h]): rest * weight for h, weight in basis.weights.items()}
        parts = largest_remainder(basis.earned, keys)
        available = {h: parts[2, codes[h]] for h in basis.weights}
        return Shares(parts[0, "fee"], parts[1, "fund"], dict.fromkeys(available, 0), available)

    def share(amount: int, weight: int) -> int:
        return amount * rest * weight // (WHOLE * total)

    available = {h: share(basis.released, weight) for h, weight in basis.weights.items()}
    pending = {h: share(basis.earned, w) - available[h] for h, w in basis.weights.items()}
    return Shares(
        basis.earned * fee_bps // WHOLE, basis.earned * fund_bps // WHOLE, pending, available
    )


def _basis(sales_pool: SalesPool, rule: CreditRule) -> Basis:
    legs = Posting.objects.filter(account__sales_pool=sales_pool).exclude(
        transaction__kind=Transaction.Kind.SHARED
    )
    sums = legs.aggregate(
        earned=Sum("amount_fen"),
        released=Sum("amount_fen", filter=Q(consignment_line__released_at__isnull=False)),
    )
    factor = Case(When(grade=Lot.Grade.A, then=rule.grade_a_bps), default=rule.grade_b_bps)
    weights = dict(
        sales_pool.lots.values_list("household_id")
        .annotate(weight=Sum(F("grams") * factor))
        .order_by("household_id")
    )
    lots_left = sales_pool.lots.filter(grams__gt=F("drawn_grams") + F("written_off_grams"))
    # A line whose packing was undone or that was refunded whole has nothing here to release.
    unreleased = (
        legs.filter(consignment_line__released_at__isnull=True)
        .values("consignment_line")
        .annotate(total=Sum("amount_fen"))
        .exclude(total=0)
    )
    earned, released = -(sums["earned"] or 0), -(sums["released"] or 0)
    finished = not lots_left.exists() and not unreleased.exists()
    return Basis(earned, released, weights, finished)


def _posted(sales_pool: SalesPool) -> dict[AccountKey, int]:
    """What sharing-out credited so far, in fen, by account."""
    rows = (
        Posting.objects.filter(sales_pool=sales_pool, transaction__kind=Transaction.Kind.SHARED)
        .exclude(account__kind=Kind.POOL)
        .values_list("account__kind", "account__partner_id", "account__household_id")
        .annotate(total=Sum("amount_fen"))
    )
    return {AccountKey(*row[:3]): -row[3] for row in rows}


@transaction.atomic
def share_out(sales_pool_id: int) -> SharingOut | None:
    """Share out one sales pool whose period is over; None when nothing is to be posted."""
    sales_pool = (
        SalesPool.objects.select_for_update(no_key=True, of=("self",))
        .select_related("pool", "rule")
        .get(pk=sales_pool_id)
    )
    if sales_pool.ends_on >= today():
        return None
    rule, partner_id = sales_pool.rule, sales_pool.pool.partner_id
    basis = _basis(sales_pool, rule)
    if not sum(basis.weights.values()):
        return None
    codes = dict(Household.objects.filter(pk__in=basis.weights).values_list("pk", "code"))
    shares = cut(basis, rule.fee_bps, rule.fund_bps, codes)
    legs = _differences(sales_pool, partner_id, shares)
    last = sales_pool.sharings.order_by("-sequence").first()
    if not legs and (last is None or last.finished == basis.finished):
        return None
    sharing = SharingOut.objects.create(
        sales_pool=sales_pool,
        sequence=last.sequence + 1 if last else 1,
        earned_fen=basis.earned,
        released_fen=basis.released,
        finished=basis.finished,
        rule=rule,
        rule_version=rule.version,
        fee_bps=rule.fee_bps,
        fund_bps=rule.fund_bps,
        weights={str(household_id): weight for household_id, weight in basis.weights.items()},
        created_at=now(),
    )
    post(Transaction.Kind.SHARED, "sharing_out", str(sharing.pk), legs, partner_id=partner_id)
    return sharing


def _differences(sales_pool: SalesPool, partner_id: int, shares: Shares) -> list[Leg]:
    """The legs that take the accounts from what was posted to what the shares say."""
    target = {
        AccountKey(Kind.SERVICE_FEE, partner_id): shares.fee,
        AccountKey(Kind.VILLAGE_FUND, partner_id): shares.fund,
    }
    for household_id, fen in shares.pending.items():
        target[AccountKey(Kind.PENDING, partner_id, household_id)] = fen
    for household_id, fen in shares.available.items():
        target[AccountKey(Kind.AVAILABLE, partner_id, household_id)] = fen
    posted = _posted(sales_pool)
    legs = [
        Leg(key, posted.get(key, 0) - target.get(key, 0), sales_pool_id=sales_pool.pk)
        for key in sorted(target.keys() | posted.keys(), key=str)
    ]
    legs = [leg for leg in legs if leg.amount_fen]
    from_pool = -sum(leg.amount_fen for leg in legs)
    pool_key = AccountKey(Kind.POOL, partner_id, sales_pool_id=sales_pool.pk)
    return [*legs, Leg(pool_key, from_pool, sales_pool_id=sales_pool.pk)] if from_pool else legs


DUE = """
    SELECT line.id FROM routing_consignmentline line
      JOIN routing_consignment consignment ON consignment.id = line.consignment_id
     WHERE line.released_at IS NULL AND line.packed_grams IS NOT NULL
       AND (%(partner)s::bigint IS NULL OR consignment.partner_id = %(partner)s)
       AND consignment.state IN (%(delivered)s, %(shipped)s)
       AND coalesce(consignment.delivered_at,
                    CASE WHEN consignment.shipped_at <= %(limit)s
                         THEN consignment.shipped_at + (%(now)s - %(limit)s) END)
           + make_interval(days => line.return_days) <= %(now)s
       AND NOT EXISTS (SELECT FROM settlement_releasehold held
                        WHERE held.line_id = line.id AND held.lifted_at IS NULL)
     ORDER BY consignment.id, line.id
       FOR NO KEY UPDATE OF consignment, line SKIP LOCKED
"""
RELEASE = """
    UPDATE routing_consignmentline line SET released_at = %(now)s
     WHERE line.id = ANY(%(due)s)
       AND NOT EXISTS (SELECT FROM settlement_releasehold held
                        WHERE held.line_id = line.id AND held.lifted_at IS NULL)
"""


@transaction.atomic
def release_due(partner_id: int | None = None) -> int:
    """Release lines whose return window is over and that nothing holds; gives how many.

    Delivered, or long enough on its way without complaint (settings.RELEASE_SHIPPED_AFTER_DAYS).
    Waits for nobody: it locks lines in no pool's order, so one that is in use is left for the
    next time. Whoever holds a line locks it: asked once more under our own lock, a hold that
    came while we looked is seen.
    """
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            DUE,
            {
                "now": moment,
                "limit": moment - timedelta(days=settings.RELEASE_SHIPPED_AFTER_DAYS),
                "partner": partner_id,
                "delivered": Consignment.State.DELIVERED,
                "shipped": Consignment.State.SHIPPED,
            },
        )
        due = [row[0] for row in cursor.fetchall()]
        if due:
            cursor.execute(RELEASE, {"now": now(), "due": due})
            return cursor.rowcount
    return 0


def pools_to_share(partner_id: int | None = None) -> list[int]:
    """Sales pools whose period is over and that something was drawn from. One query."""
    pools = SalesPool.objects.filter(ends_on__lt=today(), accounts__isnull=False)
    if partner_id is not None:
        pools = pools.filter(pool__partner_id=partner_id)
    return list(pools.order_by("pool__partner_id", "pk").values_list("pk", flat=True))


def share_out_due(partner_id: int | None = None) -> int:
    """Release what is due, then share out every pool that changed; gives how many were shared.

    Each pool is its own transaction: a worker killed half way leaves whole pools behind it, and
    one that fails does not keep the others from it; what it failed of is raised at the end.
    """
    release_due(partner_id)
    shared, faults = 0, []
    for pk in pools_to_share(partner_id):
        try:
            shared += share_out(pk) is not None
        except Exception as fault:
            log.exception("sales pool %s was not shared out", pk)
            faults.append(fault)
    if faults:
        raise faults[0]
    return shared
