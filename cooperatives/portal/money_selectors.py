"""What the portal reads of money: households' credits and sales pools, all from the ledger's legs.

Fen; what a household or the cooperative has is shown positive (in the ledger, credit is negative).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404

from cooperatives.households.models import Household, Lot
from cooperatives.ledger.models import Account, Posting, Transaction
from cooperatives.ledger.selectors import household_balances
from cooperatives.partner.models import Partner
from cooperatives.settlement.models import SalesPool, SharingOut

Kind = Account.Kind


@dataclass
class PoolFigures:
    """A sales pool's money in fen and goods in grams."""

    delivered: int = 0
    drawn: int = 0
    written_off: int = 0
    # E of DESIGN §6: what packed lines brought in, net of refunds that the pool bears.
    earned: int = 0
    # R: the part of it that is released.
    released: int = 0
    fee: int = 0
    fund: int = 0
    pending: int = 0
    available: int = 0

    @property
    def credited(self) -> int:
        """What the households were credited, pending or available."""
        return self.pending + self.available

    @property
    def unshared(self) -> int:
        """What has not been shared yet: the balance of the pool's account."""
        return self.earned - self.fee - self.fund - self.credited


def sales_pools_of(partner: Partner) -> QuerySet[SalesPool]:
    """The cooperative's sales pools, the newest period first."""
    return (
        SalesPool.objects.filter(pool__partner=partner)
        .select_related("pool__produce", "rule")
        .order_by("-starts_on", "pool__produce__code", "-pk")
    )


def sales_pool(partner: Partner, pk: int) -> SalesPool:
    """One sales pool of the cooperative; else Http404."""
    found = sales_pools_of(partner).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def pool_figures(pools: Iterable[SalesPool]) -> dict[int, PoolFigures]:
    """Each sales pool's figures by its id. Two queries for any number of pools."""
    ids = [pool.pk for pool in pools]
    figures = {pk: PoolFigures() for pk in ids}
    lots = Lot.objects.filter(sales_pool__in=ids).order_by().values("sales_pool")
    for pk, grams, drawn, lost in lots.annotate(
        whole=Sum("grams"), drawn=Sum("drawn_grams"), lost=Sum("written_off_grams")
    ).values_list("sales_pool", "whole", "drawn", "lost"):
        figures[pk].delivered, figures[pk].drawn, figures[pk].written_off = grams, drawn, lost
    legs = (
        Posting.objects.filter(Q(account__sales_pool__in=ids) | Q(sales_pool__in=ids))
        .order_by()
        .values(
            "account__kind", "transaction__kind", of=Coalesce("account__sales_pool", "sales_pool")
        )
        .annotate(
            fen=Sum("amount_fen"),
            released=Sum("amount_fen", filter=Q(consignment_line__released_at__isnull=False)),
        )
    )
    for row in legs:
        of_pool = figures[row["of"]]
        _add(of_pool, row["account__kind"], row["transaction__kind"], -int(row["fen"]))
        if row["account__kind"] == Kind.POOL:
            of_pool.released -= int(row["released"] or 0)
    return figures


def _add(figures: PoolFigures, account: str, cause: str, fen: int) -> None:
    if account == Kind.POOL:
        if cause != Transaction.Kind.SHARED:
            figures.earned += fen
    elif account == Kind.SERVICE_FEE:
        figures.fee += fen
    elif account == Kind.VILLAGE_FUND:
        figures.fund += fen
    elif account == Kind.PENDING:
        figures.pending += fen
    elif account == Kind.AVAILABLE:
        figures.available += fen


def households_of(partner: Partner) -> QuerySet[Household]:
    """The cooperative's households, each with `delivered` and `drawn` grams."""

    def grams(column: str) -> Coalesce:
        lots = Lot.objects.filter(household=OuterRef("pk")).order_by().values("household")
        return Coalesce(Subquery(lots.annotate(sum=Sum(column)).values("sum")), Value(0))

    return (
        Household.objects.filter(partner=partner)
        .annotate(delivered=grams("grams"), drawn=grams("drawn_grams"))
        .order_by("code")
    )


def household(partner: Partner, pk: int) -> Household:
    """One household of the cooperative; else Http404."""
    found = households_of(partner).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Totals:
    """What all households of a cooperative delivered (grams) and are credited (fen)."""

    households: int
    delivered: int
    drawn: int
    pending: int
    available: int


def totals(partner: Partner, balances: dict[int, tuple[int, int]]) -> Totals:
    """Sums over the cooperative's households; `balances` as household_balances gives them."""
    grams = Lot.objects.filter(household__partner=partner).aggregate(
        whole=Sum("grams"), drawn=Sum("drawn_grams")
    )
    return Totals(
        households=Household.objects.filter(partner=partner).count(),
        delivered=grams["whole"] or 0,
        drawn=grams["drawn"] or 0,
        pending=sum(pending for pending, _ in balances.values()),
        available=sum(available for _, available in balances.values()),
    )


@dataclass
class Share:
    """A household's part in one sales pool: grams, and fen.

    Crates mix, so what is sold of the pool is sold of everyone's, by what each delivered.
    """

    sales_pool: SalesPool
    delivered: int
    sold: int
    pending: int = 0
    available: int = 0
    # Its weight's part of the pool's service fee and village fund, cut down to whole fen.
    taken_off: int = 0


@dataclass
class Sheet:
    """The five figures of a household, and the sales pools that they come from."""

    delivered: int
    sold: int
    pending: int
    available: int
    shares: list[Share] = field(default_factory=list)

    @property
    def taken_off(self) -> int:
        """What the fee and the village fund took from what its produce brought in."""
        return sum(share.taken_off for share in self.shares)


def household_sheet(partner: Partner, household: Household) -> Sheet:
    """A household's figures: delivered, sold, taken off, pending, available."""
    pending, available = household_balances(partner.pk).get(household.pk, (0, 0))
    mine = Q(household=household)
    grams = (
        Lot.objects.filter(sales_pool__in=Lot.objects.filter(mine).values("sales_pool"))
        .order_by()
        .values("sales_pool")
        .annotate(own=Sum("grams", filter=mine), whole=Sum("grams"), drawn=Sum("drawn_grams"))
    )
    by_pool = {
        row["sales_pool"]: (row["own"], row["own"] * row["drawn"] // row["whole"]) for row in grams
    }
    shares = [
        Share(found, *by_pool[found.pk]) for found in sales_pools_of(partner).filter(pk__in=by_pool)
    ]
    _fill(shares, household)
    return Sheet(
        delivered=sum(own for own, _ in by_pool.values()),
        sold=sum(sold for _, sold in by_pool.values()),
        pending=pending,
        available=available,
        shares=shares,
    )


def _fill(shares: list[Share], household: Household) -> None:
    """Credits from the household's legs; the part taken off from each pool's fee and fund."""
    ids = [share.sales_pool.pk for share in shares]
    credits: dict[tuple[int, str], int] = defaultdict(int)
    legs = Posting.objects.filter(account__household=household, sales_pool__in=ids).order_by()
    for row in legs.values("sales_pool", "account__kind").annotate(fen=Sum("amount_fen")):
        credits[row["sales_pool"], row["account__kind"]] -= int(row["fen"])
    taken: dict[int, int] = defaultdict(int)
    off = Posting.objects.filter(
        sales_pool__in=ids, account__kind__in=[Kind.SERVICE_FEE, Kind.VILLAGE_FUND]
    ).order_by()
    sums = off.values("sales_pool").annotate(fen=Sum("amount_fen"))
    for pk, fen in sums.values_list("sales_pool", "fen"):
        taken[pk] = -int(fen)
    weights = _last_weights(ids)
    for share in shares:
        pk = share.sales_pool.pk
        share.pending = credits[pk, Kind.PENDING]
        share.available = credits[pk, Kind.AVAILABLE]
        of_pool = weights.get(pk, {})
        whole = sum(of_pool.values())
        if whole:
            share.taken_off = taken[pk] * of_pool.get(str(household.pk), 0) // whole


def _last_weights(sales_pool_ids: list[int]) -> dict[int, dict[str, int]]:
    """{sales pool: {household id as text: weight}} as read at the last sharing-out."""
    last = (
        SharingOut.objects.filter(sales_pool__in=sales_pool_ids)
        .order_by("sales_pool", "-sequence")
        .distinct("sales_pool")
    )
    return dict(last.values_list("sales_pool", "weights"))


@dataclass
class Member:
    """A household in a sales pool: what it delivered (grams) and was credited (fen)."""

    household: Household
    delivered: int
    pending: int = 0
    available: int = 0


def members_of(sales_pool: SalesPool) -> list[Member]:
    """The households of a sales pool, by code. Two queries."""
    mine = Lot.objects.filter(household=OuterRef("pk"), sales_pool=sales_pool).order_by()
    grams = mine.values("household").annotate(sum=Sum("grams")).values("sum")
    households = (
        Household.objects.filter(lots__sales_pool=sales_pool)
        .distinct()
        .annotate(whole=Subquery(grams))
        .order_by("code")
    )
    members = {found.pk: Member(found, found.whole) for found in households}
    legs = (
        Posting.objects.filter(sales_pool=sales_pool, account__household__isnull=False)
        .order_by()
        .values(of=F("account__household"), kind=F("account__kind"))
        .annotate(fen=Sum("amount_fen"))
    )
    for row in legs:
        member = members.get(row["of"])
        if member is not None and row["kind"] == Kind.PENDING:
            member.pending -= int(row["fen"])
        elif member is not None:
            member.available -= int(row["fen"])
    return list(members.values())


def sharings_of(sales_pool: SalesPool) -> QuerySet[SharingOut]:
    """The sharings-out of a sales pool, the newest first."""
    return SharingOut.objects.filter(sales_pool=sales_pool).order_by("-sequence")
