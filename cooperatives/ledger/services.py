"""The one function that posts, and the accounts that it posts to.

Debit is positive, credit is negative. The database refuses whatever does not balance.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from catalog.clock import now
from cooperatives.ledger.models import Account, Posting, Transaction

Kind = Account.Kind


class AccountKey(NamedTuple):
    """Names an account: its kind and whose it is."""

    kind: str
    partner_id: int | None = None
    household_id: int | None = None
    sales_pool_id: int | None = None


class Leg(NamedTuple):
    """One side of a posting: `amount_fen` on an account, debit positive."""

    account: AccountKey
    amount_fen: int
    consignment_line_id: int | None = None
    sales_pool_id: int | None = None


def _find(keys: set[AccountKey]) -> dict[AccountKey, int]:
    def among(field: str, values: set) -> Q:
        found = Q(**{f"{field}__in": [v for v in values if v is not None]})
        return found | Q(**{f"{field}__isnull": True}) if None in values else found

    rows = Account.objects.filter(
        among("partner_id", {k.partner_id for k in keys}),
        among("household_id", {k.household_id for k in keys}),
        among("sales_pool_id", {k.sales_pool_id for k in keys}),
        kind__in={k.kind for k in keys},
    ).values_list("kind", "partner_id", "household_id", "sales_pool_id", "id")
    found = {AccountKey(*row[:4]): row[4] for row in rows}
    return {key: found[key] for key in keys if key in found}


def accounts(keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    """The ids of accounts by key, made where missing. One query when all exist, else three."""
    wanted = set(keys)
    found = _find(wanted)
    missing = wanted - found.keys()
    if missing:
        Account.objects.bulk_create(
            [Account(**key._asdict()) for key in sorted(missing, key=str)], ignore_conflicts=True
        )
        found |= _find(missing)
    return found


@transaction.atomic(savepoint=False)
def post(
    kind: str,
    source_type: str,
    source_id: str,
    legs: Sequence[Leg],
    *,
    partner_id: int | None = None,
    reverses_id: int | None = None,
) -> int | None:
    """Write one ledger transaction with its legs; gives its id, or None if it was there already.

    (kind, source_type, source_id) names the event, so posting it again does nothing. Legs of
    0 fen are left out; a transaction without legs is not written. `partner_id` is the one
    cooperative that it concerns. Raises IntegrityError at commit if the legs do not balance.
    """
    legs = [leg for leg in legs if leg.amount_fen]
    if not legs:
        return None
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_transaction"
            " (kind, source_type, source_id, partner_id, reverses_id, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (kind, source_type, source_id) DO NOTHING RETURNING id",
            [kind, source_type, source_id, partner_id, reverses_id, moment],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    ids = accounts(leg.account for leg in legs)
    Posting.objects.bulk_create(
        Posting(
            transaction_id=row[0],
            account_id=ids[leg.account],
            amount_fen=leg.amount_fen,
            consignment_line_id=leg.consignment_line_id,
            sales_pool_id=leg.sales_pool_id,
        )
        for leg in legs
    )
    return row[0]


def reverse(transaction_id: int, kind: str = Transaction.Kind.REVERSAL) -> int | None:
    """Post the opposite of a ledger transaction, naming it. A second reversal does nothing."""
    original = Transaction.objects.get(pk=transaction_id)
    legs = [
        Leg(
            AccountKey(
                posting.account.kind,
                posting.account.partner_id,
                posting.account.household_id,
                posting.account.sales_pool_id,
            ),
            -posting.amount_fen,
            posting.consignment_line_id,
            posting.sales_pool_id,
        )
        for posting in original.postings.select_related("account")
    ]
    return post(
        kind,
        "transaction",
        str(original.pk),
        legs,
        partner_id=original.partner_id,
        reverses_id=original.pk,
    )
