"""What the ledger says: balances, always summed from the legs."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Sum

from cooperatives.ledger.models import Account, Posting

Kind = Account.Kind


def household_balances(partner_id: int) -> dict[int, tuple[int, int]]:
    """Credit of each household of a cooperative in fen: {household id: (pending, available)}."""
    balances: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    rows = (
        Posting.objects.filter(
            account__partner_id=partner_id, account__kind__in=[Kind.PENDING, Kind.AVAILABLE]
        )
        .values_list("account__household_id", "account__kind")
        .annotate(total=Sum("amount_fen"))
    )
    for household_id, kind, total in rows:
        balances[household_id][kind == Kind.AVAILABLE] -= total
    return {household_id: (pair[0], pair[1]) for household_id, pair in balances.items()}


def line_balances(line_ids: Iterable[int]) -> dict[int, dict[int | None, int]]:
    """What is left of each consignment line's money, in fen, by where it lies.

    Gives {line id: {sales pool id or None for `sales`: fen}}: credits less debits, sharing-out
    aside (its legs name no line).
    """
    result: dict[int, dict[int | None, int]] = defaultdict(dict)
    rows = (
        Posting.objects.filter(
            consignment_line_id__in=list(line_ids), account__kind__in=[Kind.SALES, Kind.POOL]
        )
        .values_list("consignment_line_id", "account__sales_pool_id")
        .annotate(total=Sum("amount_fen"))
    )
    for line_id, sales_pool_id, total in rows:
        result[line_id][sales_pool_id] = -total
    return dict(result)
