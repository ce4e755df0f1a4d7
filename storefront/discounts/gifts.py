"""Gift vouchers: issued, found by their code, held and spent, filled again by refunds, expired.

Also storefront's side of `cooperatives.ports.Gifts`. Every change of a balance is one conditional
UPDATE and one row of the journal; the ledger's account `gift` is the sum of all balances.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.clock import now
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, accounts, post
from storefront.discounts.models import Gift, GiftMove

Cause = GiftMove.Cause
# Without those that are taken for one another: 0 O, 1 I L. 16 of 31 letters: 79 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LETTERS, GROUP = 16, 4
MOST_FEN = 1_000_000
# So long a refund to a voucher that has ended can be spent again.
AFTER_REFUND = timedelta(days=30)
PAID_FROM = {
    Gift.Funder.PROGRAMME: Account.Kind.PROGRAMME_EXPENSE,
    Gift.Funder.BANK: Account.Kind.BANK,
    Gift.Funder.CASH: Account.Kind.CASH,
}


class CannotIssue(ValueError):
    """A gift voucher that can't be. `field` is the form's; the text says what would be right."""

    def __init__(self, field: str, text: str):
        super().__init__(text)
        self.field = field


@dataclass(frozen=True)
class NewGift:
    """A gift voucher to be issued. `reference` is of the payment, if somebody bought it."""

    amount_fen: int
    valid_until: datetime
    funder: str
    recipient: str = ""
    reference: str = ""
    note: str = ""


def digest_of(code: str) -> str:
    """The hash that a code is kept as: of its letters alone, in capitals."""
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return sha256(letters.encode()).hexdigest()


def find(code: str) -> Gift | None:
    """The gift voucher of a code, however it is written."""
    return Gift.objects.filter(digest=digest_of(code)).first()


def new_code() -> str:
    """A code that nobody guesses: XXXX-XXXX-XXXX-XXXX."""
    letters = [secrets.choice(ALPHABET) for _ in range(LETTERS)]
    groups = ("".join(letters[at : at + GROUP]) for at in range(0, LETTERS, GROUP))
    return "-".join(groups)


@transaction.atomic
def issue(new: NewGift, actor=None, code: str = "", key: UUID | None = None) -> tuple[Gift, str]:
    """Issue a gift voucher; gives it with its code, which is told this once. Raises CannotIssue.

    `key` names the wish: the same one again gives the voucher that is there, without its code.
    """
    known = Gift.objects.filter(key=key).first() if key else None
    if known:
        return known, ""
    if not 0 < new.amount_fen <= MOST_FEN:
        raise CannotIssue("amount", _("From ¥0.01 to ¥10,000.00."))
    if new.valid_until <= now():
        raise CannotIssue("valid_until", _("This is over already."))
    if new.funder not in PAID_FROM:
        raise CannotIssue("funder", _("Say who pays for it."))
    bought = new.funder != Gift.Funder.PROGRAMME
    if bought and not new.reference.strip():
        raise CannotIssue("reference", _("Give the payment's reference."))
    account = AccountKey(PAID_FROM[Gift.Funder(new.funder)])
    accounts([account, AccountKey(Account.Kind.GIFT)])
    code = code or new_code()
    gift = Gift.objects.create(
        key=key or uuid4(),
        digest=digest_of(code),
        ending=code[-GROUP:].upper(),
        issued_fen=new.amount_fen,
        valid_until=new.valid_until,
        recipient=new.recipient.strip(),
        funder=new.funder,
        reference=new.reference.strip() if bought else "",
        note=new.note.strip(),
        actor=actor,
        created_at=now(),
    )
    move(gift.pk, Cause.ISSUED, "", balance=new.amount_fen)
    _post(Transaction.Kind.GIFT_ISSUED, str(gift.pk), account, new.amount_fen)
    gift.refresh_from_db()
    return gift, code


def _post(kind: str, source: str, other: AccountKey, fen: int) -> None:
    """Money onto the account of gift vouchers from another, or back when negative."""
    gift = AccountKey(Account.Kind.GIFT)
    post(kind, "gift", source, [Leg(other, fen), Leg(gift, -fen)])


MOVE = """
UPDATE discounts_gift
   SET balance_fen = balance_fen + %(balance)s, held_fen = held_fen + %(held)s
 WHERE id = %(gift)s AND balance_fen + %(balance)s >= 0 AND held_fen + %(held)s >= 0
   AND (%(cause)s <> 'held' OR valid_until > %(moment)s)
"""


def move(gift_id: int, cause: str, reference: str, *, balance: int = 0, held: int = 0) -> bool:
    """Change a balance and write its journal; False, and nothing changed, if it has too little."""
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            {
                "gift": gift_id,
                "balance": balance,
                "held": held,
                "cause": str(cause),
                "moment": moment,
            },
        )
        if cursor.rowcount != 1:
            return False
    GiftMove.objects.create(
        gift_id=gift_id,
        cause=cause,
        reference=reference,
        balance_fen=balance,
        held_fen=held,
        created_at=moment,
    )
    return True


def lock(gift_ids: Iterable[int]) -> None:
    """Lock these balances, in primary-key order."""
    list(Gift.objects.select_for_update(no_key=True).filter(pk__in=gift_ids).order_by("pk"))


def give_back(gift_id: int, fen: int, reference: str) -> None:
    """Put a refund's part onto a balance again; one that has ended lasts a while longer for it."""
    move(gift_id, Cause.REFUNDED, reference, balance=fen)
    until = now() + AFTER_REFUND
    Gift.objects.filter(pk=gift_id, valid_until__lt=until).update(valid_until=until)


def ended(limit: int = 200) -> list[int]:
    """Gift vouchers whose time is over and that have something left."""
    return list(
        Gift.objects.filter(balance_fen__gt=0, valid_until__lte=now())
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )


@transaction.atomic
def expire(gift_id: int) -> int:
    """Take what is left of a voucher that has ended back to the programme; gives how much, in fen.

    What a payment under way holds stays held. Again does nothing.
    """
    expense = AccountKey(Account.Kind.PROGRAMME_EXPENSE)
    accounts([expense, AccountKey(Account.Kind.GIFT)])
    gift = Gift.objects.select_for_update(no_key=True).get(pk=gift_id)
    if gift.valid_until > now() or not gift.balance_fen:
        return 0
    # A refund, or a payment given up, may fill it again: then it ends once more.
    times = gift.moves.filter(cause=Cause.EXPIRED).count()
    reference = f"{gift.pk}:{times}" if times else str(gift.pk)
    move(gift.pk, Cause.EXPIRED, reference, balance=-gift.balance_fen)
    _post(Transaction.Kind.GIFT_EXPIRED, reference, expense, -gift.balance_fen)
    return gift.balance_fen


def spendable(gift: Gift) -> bool:
    """Whether it has something left and its time is not over."""
    return gift.balance_fen > 0 and gift.valid_until > now()
