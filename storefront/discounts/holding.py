"""Uses, budgets and balances of a payment: held with its goods, then used, or released.

Each counter is one conditional UPDATE, so that two buyers in the same millisecond never both get
the last use. Order: terms, buyers' counts, gift vouchers, each by its key; before them the
ledger's accounts, after them the stock pools (cooperatives.partner.stock).
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from oscar.core.loading import get_model

from catalog.buyer_counts import NO_LIMIT, BuyerCounts
from catalog.clock import now
from catalog.numbers import to_yuan
from storefront.discounts.gifts import move
from storefront.discounts.models import GiftMove, Terms, Use

Offer = get_model("offer", "ConditionalOffer")
Voucher = get_model("voucher", "Voucher")
Cause = GiftMove.Cause
State = Use.State
BUYER_COUNTS = BuyerCounts("discounts_buyercount", "terms_id", "uses")


class UsedUp(Exception):
    """An offer or a gift voucher has too little left. `code` is the voucher's, if it was one."""

    def __init__(self, what: str, code: str = ""):
        super().__init__(f"{what} has too little left")
        self.code = code


HOLD = """
UPDATE discounts_terms
   SET uses_held = uses_held + 1, budget_held_fen = budget_held_fen + %(fen)s
 WHERE id = %(terms)s AND version = %(version)s
   AND (uses_limit IS NULL OR uses_held + uses_done < uses_limit)
   AND (budget_fen IS NULL OR budget_held_fen + budget_done_fen + %(fen)s <= budget_fen)
"""
# Paid late, after it was released: the change of a text or a date since then does not matter.
TAKE = """
UPDATE discounts_terms
   SET uses_done = uses_done + 1, budget_done_fen = budget_done_fen + %(fen)s
 WHERE id = %(terms)s
   AND (uses_limit IS NULL OR uses_held + uses_done < uses_limit)
   AND (budget_fen IS NULL OR budget_held_fen + budget_done_fen + %(fen)s <= budget_fen)
"""


def _changed(sql: str, **values: int | str | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount == 1


def _count(terms_id: int, most: int | None, keys: Sequence[str]) -> bool:
    """Count a use for a buyer under each key; False when one has had its share."""
    return most is None or BUYER_COUNTS.take(terms_id, keys, 1, most)


def hold(attempt_uuid: UUID, snapshot: dict) -> None:
    """Hold what a payment's snapshot takes off and pays by gift voucher.

    Must run in the transaction that reserves the goods, which is rolled back on UsedUp.
    """
    moment, uses = now(), []
    for row in sorted(snapshot["discounts"], key=lambda row: row["terms"]):
        counted = row["per_buyer"] is not None
        buyer = snapshot["buyer"] if counted else []
        if not (
            _changed(HOLD, terms=row["terms"], version=row["version"], fen=row["fen"])
            and _count(row["terms"], row["per_buyer"], buyer)
        ):
            raise UsedUp(f"offer {row['terms']}", row["code"])
        uses.append(
            Use(
                attempt_id=attempt_uuid,
                terms_id=row["terms"],
                voucher_id=row["voucher"],
                fen=row["fen"],
                buyer=buyer,
                created_at=moment,
            )
        )
    for row in sorted(snapshot["gifts"], key=lambda row: row["gift"]):
        reference = f"attempt:{attempt_uuid}"
        if not move(row["gift"], Cause.HELD, reference, balance=-row["fen"], held=row["fen"]):
            raise UsedUp(f"gift voucher {row['gift']}", f"…{row['ending']}")
        uses.append(
            Use(attempt_id=attempt_uuid, gift_id=row["gift"], fen=row["fen"], created_at=moment)
        )
    Use.objects.bulk_create(uses)


def _in_order(attempt_uuid: UUID) -> list[Use]:
    uses = Use.objects.filter(attempt_id=attempt_uuid).select_related("terms")
    return sorted(uses, key=lambda use: (use.gift_id or 0, use.terms_id or 0))


@transaction.atomic
def release(attempt_uuid: UUID) -> None:
    """Give back what a payment held. Doing it twice gives back once."""
    for use in _in_order(attempt_uuid):
        if not _leave(use, State.HELD, State.RELEASED):
            continue
        if use.gift_id is not None:
            reference = f"attempt:{attempt_uuid}"
            move(use.gift_id, Cause.RELEASED, reference, balance=use.fen, held=-use.fen)
        elif use.terms is not None:
            Terms.objects.filter(pk=use.terms.pk).update(
                uses_held=F("uses_held") - 1, budget_held_fen=F("budget_held_fen") - use.fen
            )
            BUYER_COUNTS.give_back(use.terms.pk, use.buyer, 1)


def _leave(use: Use, state: str, for_state: str) -> bool:
    return bool(Use.objects.filter(pk=use.pk, state=state).update(state=for_state))


def consume(attempt_uuid: UUID) -> None:
    """Use what a payment held: its order is being placed. Raises UsedUp.

    What was released meanwhile (the payment came late) is taken again if there is some left. Must
    run in the placement's transaction, which is rolled back on UsedUp.
    """
    for use in _in_order(attempt_uuid):
        had = _leave(use, State.HELD, State.USED)
        if not had and not _leave(use, State.RELEASED, State.USED):
            continue
        if use.gift_id is not None:
            _spend(use, use.gift_id, use.fen if had else 0)
        elif use.terms is not None:
            _finish(use, use.terms, had)


def _spend(use: Use, gift_id: int, held: int) -> None:
    reference = f"attempt:{use.attempt_id}"
    if not move(gift_id, Cause.SPENT, reference, balance=held - use.fen, held=-held):
        raise UsedUp(f"gift voucher {gift_id}")


def _finish(use: Use, terms: Terms, had: bool) -> None:
    if had:
        Terms.objects.filter(pk=terms.pk).update(
            uses_held=F("uses_held") - 1,
            uses_done=F("uses_done") + 1,
            budget_held_fen=F("budget_held_fen") - use.fen,
            budget_done_fen=F("budget_done_fen") + use.fen,
        )
    else:
        most = (terms.per_buyer or NO_LIMIT) if use.buyer else None
        if not (_changed(TAKE, terms=terms.pk, fen=use.fen) and _count(terms.pk, most, use.buyer)):
            raise UsedUp(f"offer {terms.pk}")
    _tell_oscar(use)


def _tell_oscar(use: Use) -> None:
    """Oscar's own figures, which nothing here goes by; not by read-modify-save as in Oscar."""
    yuan = to_yuan(use.fen)
    Offer.objects.filter(terms=use.terms_id).update(
        num_applications=F("num_applications") + 1,
        num_orders=F("num_orders") + 1,
        total_discount=F("total_discount") + yuan,
    )
    if use.voucher_id:
        Voucher.objects.filter(pk=use.voucher_id).update(
            num_orders=F("num_orders") + 1, total_discount=F("total_discount") + yuan
        )
