"""What staff and buyers change: offers and vouchers, codes in a basket, what hosts pay in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from catalog.clock import now
from catalog.numbers import to_yuan
from cooperatives.ledger.models import Account, Transaction
from cooperatives.ledger.services import AccountKey, Leg, post
from storefront.discounts import gifts
from storefront.discounts.models import Gift, Host, HostPayment, Terms
from storefront.discounts.offers import Why, why_not

Basket = get_model("basket", "Basket")
Benefit = get_model("offer", "Benefit")
Condition = get_model("offer", "Condition")
Offer = get_model("offer", "ConditionalOffer")
Range = get_model("offer", "Range")
Voucher = get_model("voucher", "Voucher")
ALL_PRODUCE = "All produce"
# So many codes a basket carries.
MOST_CODES = 5


class CannotSave(ValueError):
    """An offer that can't be. `field` is the form's; the text says what would be right."""

    def __init__(self, field: str, text: str):
        super().__init__(text)
        self.field = field


class CodeRefused(ValueError):
    """A code that does not go into the basket; the text says why."""


@dataclass(frozen=True)
class OfferWish:
    """An offer or voucher as staff want it. Amounts in fen; `bps` a percentage in basis points.

    `code` empty: automatic, for every basket. `bps` or `amount_fen`, not both.
    """

    name_zh: str
    name_en: str
    starts_at: datetime
    ends_at: datetime
    funder: str
    code: str = ""
    bps: int | None = None
    amount_fen: int | None = None
    least_fen: int = 0
    least_packs: int = 0
    partner_id: int | None = None
    produce_ids: Sequence[int] = ()
    host_id: int | None = None
    campaign_id: int | None = None
    stacks: bool = False
    per_buyer: int | None = None
    uses_limit: int | None = None
    budget_fen: int | None = None


def _check(wish: OfferWish, terms: Terms | None) -> None:
    """Refuse what can't be, field by field. Raises CannotSave."""
    if (wish.bps is None) == (wish.amount_fen is None):
        raise CannotSave("value", _("Give a percentage or an amount."))
    if wish.bps is not None and not 0 < wish.bps <= 10_000:
        raise CannotSave("value", _("A percentage is above 0 and at most 100."))
    if wish.amount_fen is not None and wish.amount_fen <= 0:
        raise CannotSave("value", _("The amount must be above 0."))
    if wish.ends_at <= wish.starts_at:
        raise CannotSave("ends_at", _("It must end after it starts."))
    if wish.funder == Terms.Funder.COOPERATIVE and wish.partner_id is None:
        raise CannotSave(
            "partner", _("Choose the cooperative that pays: it discounts what it packs itself.")
        )
    if wish.funder == Terms.Funder.HOST and wish.host_id is None:
        raise CannotSave("host", _("Choose the host who pays."))
    if wish.least_fen and wish.least_packs:
        raise CannotSave("least_packs", _("Give a least value or least packs, not both."))
    if Offer.objects.filter(name=wish.name_zh).exclude(terms=terms).exists():
        raise CannotSave("name_zh", _("There is another offer of this name."))
    if terms is None:
        if wish.code and Voucher.objects.filter(code=wish.code.upper()).exists():
            raise CannotSave("code", _("There is a voucher with this code already."))
        return
    if wish.uses_limit is not None and wish.uses_limit < terms.uses_held + terms.uses_done:
        raise CannotSave(
            "uses_limit",
            _("It was used %(count)s times already.")
            % {"count": terms.uses_held + terms.uses_done},
        )
    given = terms.budget_held_fen + terms.budget_done_fen
    if wish.budget_fen is not None and wish.budget_fen < given:
        raise CannotSave(
            "budget", _("¥%(given)s of it is given already.") % {"given": to_yuan(given)}
        )


@transaction.atomic
def save_offer(wish: OfferWish, terms_id: int | None = None) -> Terms:
    """Make an offer, or change one: payments under way keep what was frozen. Raises CannotSave.

    A voucher's code stays as it was made.
    """
    terms = None
    if terms_id is not None:
        terms = Terms.objects.select_for_update(no_key=True).get(pk=terms_id)
    _check(wish, terms)
    try:
        with transaction.atomic():
            offer = _save_oscars(wish, terms)
    except IntegrityError as error:
        raise CannotSave("name_zh", _("There is another offer of this name or code.")) from error
    terms = terms or Terms(offer=offer, created_at=now(), version=0)
    terms.version += 1
    terms.name_en, terms.funder, terms.stacks = wish.name_en, wish.funder, wish.stacks
    terms.partner_id, terms.campaign_id = wish.partner_id, wish.campaign_id
    terms.host_id = wish.host_id if wish.funder == Terms.Funder.HOST else None
    terms.per_buyer, terms.uses_limit = wish.per_buyer, wish.uses_limit
    terms.budget_fen = wish.budget_fen
    terms.save()
    terms.produce.set(wish.produce_ids)
    return terms


def _save_oscars(wish: OfferWish, terms: Terms | None) -> Any:
    """Oscar's offer, condition and benefit, and the voucher if it has a code."""
    everything = Range.objects.get_or_create(
        name=ALL_PRODUCE, defaults={"includes_all_products": True}
    )[0]
    offer = terms.offer if terms else Offer(offer_type=Offer.VOUCHER if wish.code else Offer.SITE)
    condition = offer.condition if terms else Condition(range=everything)
    benefit = offer.benefit if terms else Benefit(range=everything)
    by_value = bool(wish.least_fen)
    condition.type = Condition.VALUE if by_value else Condition.COUNT
    condition.value = to_yuan(wish.least_fen) if by_value else Decimal(max(1, wish.least_packs))
    benefit.type = Benefit.FIXED if wish.bps is None else Benefit.PERCENTAGE
    benefit.value = to_yuan(wish.amount_fen or wish.bps or 0)
    condition.save()
    benefit.save()
    offer.name, offer.condition, offer.benefit = wish.name_zh, condition, benefit
    offer.start_datetime, offer.end_datetime = wish.starts_at, wish.ends_at
    offer.save()
    dates = {"start_datetime": wish.starts_at, "end_datetime": wish.ends_at}
    if terms:
        offer.vouchers.update(name=wish.name_zh, **dates)
    elif wish.code:
        voucher = Voucher.objects.create(name=wish.name_zh, code=wish.code, **dates)
        voucher.offers.add(offer)
    return offer


@transaction.atomic
def pause(terms_id: int, paused: bool) -> Terms:
    """Stop an offer, or let it go on. Payments under way keep what they hold."""
    terms = Terms.objects.select_for_update(no_key=True).get(pk=terms_id)
    if terms.paused != paused:
        terms.offer.status = Offer.SUSPENDED if paused else Offer.OPEN
        terms.offer.save(update_fields=["status"])
        terms.version += 1
        terms.save(update_fields=["version"])
    return terms


# What a buyer hears of a code that does not count. None: it stays in the basket and may yet count.
TEXTS = {
    Why.EARLY: lambda: _("It is not valid yet."),
    Why.OVER: lambda: _("Its time is over."),
    Why.PAUSED: lambda: _("It can't be used at present."),
    Why.USED_UP: lambda: _("It is used up: all its uses are taken."),
    Why.BUDGET: lambda: _("What it had to give is used up."),
    Why.BUYER: lambda: _("You have used it as often as one buyer may."),
    Why.GOODS: lambda: _("Nothing in your basket is what it is for."),
    Why.MINIMUM: lambda: _("Your basket does not reach its minimum yet."),
    Why.BETTER: lambda: _("Another offer saves you at least as much, and they don’t go together."),
}


def text_of(why: Why) -> str:
    """The reason in the page's language."""
    return TEXTS[why]()


@transaction.atomic
def add_code(basket: Any, code: str) -> str:
    """Put a voucher's or gift voucher's code into an open basket; gives its name for the page.

    Raises CodeRefused; then the basket is as it was.
    """
    code = code.strip()
    voucher, gift = find_code(code)
    if voucher is None and gift is None:
        raise CodeRefused(_("There is no voucher with this code. Please look at it again."))
    if basket.pk is None:
        raise CodeRefused(_("Nothing is in your basket yet."))
    locked = Basket.objects.select_for_update().get(pk=basket.pk)
    if locked.status != Basket.OPEN:
        raise CodeRefused(_("A payment for this basket is under way. Finish it or give it up."))
    if locked.vouchers.count() + locked.gifts.count() >= MOST_CODES:
        raise CodeRefused(
            _("A basket takes %(count)s codes. Remove one first.") % {"count": MOST_CODES}
        )
    if gift is not None:
        if not gifts.spendable(gift):
            raise CodeRefused(_("This gift voucher is spent, or its time is over."))
        locked.gifts.add(gift)
        return _("Gift voucher %(code)s") % {"code": gift}
    terms = Terms.objects.filter(offer__vouchers=voucher).select_related("offer").first()
    why = why_not(terms, voucher, now()) if terms else Why.PAUSED
    if why is not None or terms is None:
        raise CodeRefused(text_of(why or Why.PAUSED))
    locked.vouchers.add(voucher)
    return terms.name


def find_code(code: str) -> tuple[Any, Gift | None]:
    """The voucher or the gift voucher of a code; (None, None) when there is neither."""
    voucher = Voucher.objects.filter(code=code.strip().upper()).first()
    return (voucher, None) if voucher else (None, gifts.find(code))


def remove_code(basket: Any, *, voucher_id: int | None = None, gift_id: int | None = None) -> None:
    """Take a code out of an open basket; one that is not in it is no error."""
    with transaction.atomic():
        locked = Basket.objects.select_for_update().get(pk=basket.pk)
        if locked.status != Basket.OPEN:
            raise CodeRefused(_("A payment for this basket is under way. Finish it or give it up."))
        if voucher_id is not None:
            locked.vouchers.remove(*locked.vouchers.filter(pk=voucher_id))
        if gift_id is not None:
            locked.gifts.remove(*locked.gifts.filter(pk=gift_id))


def drop_vouchers(basket: Any, codes: Sequence[str]) -> None:
    """Take vouchers that are gone out of an open basket, and gift vouchers that are spent."""
    with transaction.atomic():
        locked = Basket.objects.select_for_update().get(pk=basket.pk)
        if locked.status == Basket.OPEN:
            locked.vouchers.remove(*locked.vouchers.filter(code__in=codes))


@transaction.atomic
def record_host_payment(host_id: int, amount_fen: int, reference: str, actor=None) -> HostPayment:
    """Write down what a host paid in to the bank account. Raises CannotSave."""
    reference = reference.strip()
    if amount_fen <= 0:
        raise CannotSave("amount", _("The amount must be above 0."))
    if not reference:
        raise CannotSave("reference", _("Give the bank's reference."))
    try:
        with transaction.atomic():
            payment = HostPayment.objects.create(
                host=Host.objects.get(pk=host_id),
                amount_fen=amount_fen,
                reference=reference,
                actor=actor,
                created_at=now(),
            )
    except IntegrityError as error:
        raise CannotSave("reference", _("This payment is written down already.")) from error
    post(
        Transaction.Kind.HOST_PAID,
        "host_payment",
        str(payment.pk),
        [
            Leg(AccountKey(Account.Kind.BANK), amount_fen),
            Leg(AccountKey(Account.Kind.HOST), -amount_fen),
        ],
    )
    return payment
