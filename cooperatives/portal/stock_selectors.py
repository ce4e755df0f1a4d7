"""What the portal reads of stock: pools, their journal, lots and harvest promises."""

from collections.abc import Sequence

from django.db.models import F, Q, QuerySet, Sum
from django.http import Http404

from catalog.clock import today
from catalog.models import Produce
from cooperatives.households.models import Household, Lot, Promise
from cooperatives.partner.models import Partner, StockMove, StockPool
from cooperatives.portal.selectors import ROWS
from cooperatives.routing.models import ConsignmentLine


def pools_of(partner: Partner) -> QuerySet[StockPool]:
    """A cooperative's stock pools, by the produce's code."""
    return (
        StockPool.objects.filter(partner=partner)
        .select_related("produce")
        .order_by("produce__code")
    )


def short_grams(pools: Sequence[StockPool]) -> dict[int, int]:
    """Grams sold from each pool that neither a lot nor a promise covers any more. One query."""
    rows = (
        ConsignmentLine.objects.filter(pool__in=pools, short_grams__gt=0)
        .order_by()
        .values("pool")
        .annotate(grams=Sum("short_grams"))
    )
    return dict(rows.values_list("pool", "grams"))


def pool(partner: Partner, pk: int) -> StockPool:
    """One stock pool of the cooperative; else Http404."""
    found = pools_of(partner).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def short_lines(pool: StockPool) -> QuerySet[ConsignmentLine]:
    """The lines that wait for lots, the oldest payment first: as arrivals will cover them."""
    return (
        ConsignmentLine.objects.filter(pool=pool, short_grams__gt=0)
        .select_related("consignment", "product__produce")
        .order_by("consignment__paid_at", "pk")[:ROWS]
    )


def moves_of(pool: StockPool) -> QuerySet[StockMove]:
    """The pool's journal, the newest first."""
    return StockMove.objects.filter(pool=pool).order_by("-pk")


def produce_of(partner: Partner) -> QuerySet[Produce]:
    """What a cooperative may take in: what it has a pool of, or sells a pack of."""
    return Produce.objects.filter(
        Q(pools__partner=partner) | Q(packs__stockrecords__partner=partner)
    ).distinct()


def lots_of(partner: Partner, household: str = "", produce: int | None = None) -> QuerySet[Lot]:
    """The lots of the cooperative's households, newest day first."""
    rows = Lot.objects.filter(household__partner=partner)
    if household:
        rows = rows.filter(household__code__icontains=household)
    if produce:
        rows = rows.filter(pool__produce=produce)
    return rows.select_related("household", "pool__produce").order_by("-delivered_on", "-pk")


def lot(partner: Partner, pk: int) -> Lot:
    """One lot of the cooperative; else Http404."""
    found = lots_of(partner).select_related("sales_pool").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def promises_of(partner: Partner) -> QuerySet[Promise]:
    """The harvest promises of the cooperative's households, the latest end first.

    Each has `lapsed`: its last day is over and grams were left.
    """
    return (
        Promise.objects.filter(household__partner=partner)
        .annotate(
            lapsed=Q(to_day__lt=today(), grams__gt=F("delivered_grams")),
        )
        .select_related("household", "pool__produce")
        .order_by("-to_day", "-pk")
    )


def find_household(partner: Partner, words: str) -> Household | None:
    """A household by its whole code, or by the number at the code's end: "7" or "007"."""
    mine = Household.objects.filter(partner=partner)
    found = mine.filter(code__iexact=words).first()
    if found is None and words.isdigit():
        ending = mine.filter(code__iregex=rf"\D0*{int(words)}$")[:2]
        # Two that end alike cannot be told apart: the whole code is needed then.
        found = ending[0] if len(ending) == 1 else None
    return found


def household_codes(partner: Partner) -> list[str]:
    """Codes to choose from while typing, at most 500."""
    codes = Household.objects.filter(partner=partner).order_by("code")
    return list(codes.values_list("code", flat=True)[:500])
