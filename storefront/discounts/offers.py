"""Which offers a basket has, and why a code of it does not count at present. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import F, Q
from oscar.core.loading import get_model

from catalog.clock import now
from catalog.numbers import to_fen
from storefront.discounts.cutting import BPS, Rule
from storefront.discounts.models import BuyerCount, Gift, Terms

Benefit = get_model("offer", "Benefit")
Condition = get_model("offer", "Condition")
Offer = get_model("offer", "ConditionalOffer")
Voucher = get_model("voucher", "Voucher")
Kind = Terms.Funder


class Why(StrEnum):
    """Why an offer is not applied."""

    EARLY = "early"
    OVER = "over"
    PAUSED = "paused"
    USED_UP = "used_up"
    BUDGET = "budget"
    BUYER = "buyer"
    GOODS = "goods"
    MINIMUM = "minimum"
    BETTER = "better"


# It was to be had and is not any more: who typed its code in must be told before paying.
GONE = frozenset({Why.OVER, Why.PAUSED, Why.USED_UP, Why.BUDGET, Why.BUYER})


@dataclass(frozen=True)
class Candidate:
    """An offer that may apply, with the voucher that it came by."""

    terms: Terms
    rule: Rule
    voucher: Any = None


@dataclass(frozen=True)
class Offers:
    """What there is for a basket. `refused`: (voucher, why) of codes that do not count."""

    candidates: list[Candidate] = field(default_factory=list)
    refused: list[tuple[Any, Why]] = field(default_factory=list)


def buyer_keys(user: Any, phone: str, email: str) -> list[str]:
    """The keys by which a buyer's uses are counted: account, phone, e-mail; each of them counts."""
    keys = [f"user:{user.pk}"] if user is not None and user.is_authenticated else []
    keys += [f"phone:{phone}"] if phone else []
    return keys + ([f"email:{email.strip().lower()}"] if email else [])


def offers_for(basket: Any, buyer: Sequence[str] = ()) -> Offers:
    """The automatic offers and the basket's vouchers. Two queries where there are none."""
    vouchers = {
        voucher.offer_id: voucher
        for voucher in Voucher.objects.filter(basket=basket).annotate(offer_id=F("offers__pk"))
    }
    moment = now()
    rows = list(
        _with_offers().filter(_automatic(moment) | Q(offer_id__in=vouchers)).order_by(*IN_ORDER)
    )
    used_up = _counted_out(rows, buyer)
    found = Offers()
    for terms in rows:
        voucher = vouchers.get(terms.offer_id)
        why = why_not(terms, voucher, moment) or (Why.BUYER if terms.pk in used_up else None)
        if why is None:
            found.candidates.append(Candidate(terms, rule_of(terms), voucher))
        elif voucher is not None:
            found.refused.append((voucher, why))
    return found


IN_ORDER = ("-offer__priority", "pk")


def _with_offers() -> Any:
    return Terms.objects.select_related(
        "offer__condition", "offer__benefit", "host"
    ).prefetch_related("produce")


def _automatic(moment: datetime) -> Q:
    return Q(
        Q(offer__start_datetime=None) | Q(offer__start_datetime__lte=moment),
        Q(offer__end_datetime=None) | Q(offer__end_datetime__gt=moment),
        offer__offer_type=Offer.SITE,
        offer__status=Offer.OPEN,
    )


def _counted_out(rows: Iterable[Terms], buyer: Sequence[str]) -> set[int]:
    """The terms that this buyer has used as often as they allow."""
    limits = {terms.pk: terms.per_buyer for terms in rows if terms.per_buyer is not None}
    if not (limits and buyer):
        return set()
    counts = BuyerCount.objects.filter(terms__in=limits, key__in=buyer)
    return {count.terms_id for count in counts if count.uses >= limits[count.terms_id]}


def why_not(terms: Terms, voucher: Any, moment: datetime) -> Why | None:
    """Why terms do not apply to anybody at a moment; None when they do."""
    dated = voucher or terms.offer
    if terms.paused:
        return Why.PAUSED
    if dated.start_datetime and moment < dated.start_datetime:
        return Why.EARLY
    if dated.end_datetime and moment >= dated.end_datetime:
        return Why.OVER
    if terms.uses_limit is not None and terms.uses_held + terms.uses_done >= terms.uses_limit:
        return Why.USED_UP
    if budget_left(terms) == 0:
        return Why.BUDGET
    return None


def budget_left(terms: Terms) -> int | None:
    """Fen that may still be given; None without a cap."""
    if terms.budget_fen is None:
        return None
    return terms.budget_fen - terms.budget_held_fen - terms.budget_done_fen


def rule_of(terms: Terms) -> Rule:
    """Oscar's condition and benefit in whole fen, with our terms.

    Raises ValueError for a type that we do not price, or an amount that is not whole fen.
    """
    condition, benefit = terms.offer.condition, terms.offer.benefit
    if benefit.type not in (Benefit.PERCENTAGE, Benefit.FIXED) or condition.type not in (
        Condition.VALUE,
        Condition.COUNT,
    ):
        raise ValueError(f"offer {terms.offer_id}: only percentages and amounts are priced here")
    percent = benefit.type == Benefit.PERCENTAGE
    by_value = condition.type == Condition.VALUE
    return Rule(
        key=terms.pk,
        # A percentage with two places is a whole number of basis points.
        bps=min(BPS, to_fen(benefit.value)) if percent else None,
        amount_fen=None if percent else to_fen(benefit.value),
        least_fen=to_fen(condition.value) if by_value else 0,
        least_packs=0 if by_value else int(condition.value),
        partner_id=terms.partner_id,
        produce=frozenset(one.pk for one in terms.produce.all()),
        own_money=terms.funder == Kind.COOPERATIVE,
        stacks=terms.stacks,
        budget_left=budget_left(terms),
    )


def automatic_offers(produce_id: int, partner_ids: Iterable[int]) -> list[Terms]:
    """The automatic offers that a produce of these cooperatives may have now."""
    moment, here = now(), set(partner_ids)
    rows = _with_offers().filter(_automatic(moment)).order_by(*IN_ORDER)
    return [
        terms
        for terms in rows
        if why_not(terms, None, moment) is None
        and terms.partner_id in (None, *here)
        and produce_id in ({one.pk for one in terms.produce.all()} or {produce_id})
    ]


def gifts_of(basket: Any) -> list[Gift]:
    """The gift vouchers in a basket that have something left, the first to end first."""
    return list(
        Gift.objects.filter(baskets=basket, balance_fen__gt=0, valid_until__gt=now()).order_by(
            "valid_until", "pk"
        )
    )
