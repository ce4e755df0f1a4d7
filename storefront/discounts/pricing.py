"""A basket's discounts and gift vouchers, as the one pricing function carries them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.models import in_language
from catalog.numbers import largest_remainder
from cooperatives.routing.models import LineSource
from cooperatives.routing.sources import Source
from storefront.discounts.cutting import Item, choose, eligible, lacking
from storefront.discounts.models import Gift, Terms
from storefront.discounts.offers import Candidate, Offers, Why

# Stripe charges no card less than about half a US dollar.
SMALLEST_CARD_FEN = 400


@dataclass(frozen=True)
class Discount:
    """An offer in a basket: `fen` taken off, cut over the parts (by index) and lines.

    `source` is who pays it, a (LineSource.Kind, reference); None when the cooperative itself
    sells for less.
    """

    terms_id: int
    version: int
    offer_id: int
    name_zh: str
    name_en: str
    voucher_id: int | None
    code: str
    funder: str
    source: tuple[str, int] | None
    campaign_id: int | None
    per_buyer: int | None
    fen: int
    parts: dict[int, int]
    lines: dict[int, int]

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)


@dataclass(frozen=True)
class GiftPart:
    """What a gift voucher pays of a basket."""

    gift_id: int
    ending: str
    fen: int


@dataclass(frozen=True)
class PaidByGifts:
    """`sources` by index of what is due: the parts first, then the freights."""

    gifts: list[GiftPart] = field(default_factory=list)
    sources: dict[int, list[Source]] = field(default_factory=dict)


def price(offers: Offers, items: Sequence[Item]) -> tuple[list[Discount], list[tuple[Any, Why]]]:
    """What is taken off, and the vouchers that take nothing off, with the reason."""
    by_key = {each.rule.key: each for each in offers.candidates}
    cuts = choose([each.rule for each in offers.candidates], items) if by_key else []
    discounts = [_discount(by_key[cut.rule.key], cut.parts, items) for cut in cuts]
    applied = {cut.rule.key for cut in cuts}
    refused = list(offers.refused)
    refused += [
        (each.voucher, _why(each, items))
        for key, each in by_key.items()
        if each.voucher is not None and key not in applied
    ]
    return discounts, refused


def _why(candidate: Candidate, items: Sequence[Item]) -> Why:
    if not eligible(candidate.rule, items):
        return Why.GOODS
    if any(lacking(candidate.rule, items)):
        return Why.MINIMUM
    # Alone it would take something off, unless its budget does not cover that.
    return Why.BETTER if choose([candidate.rule], items) else Why.BUDGET


def _discount(candidate: Candidate, parts: dict[int, int], items: Sequence[Item]) -> Discount:
    terms, lines = candidate.terms, dict[int, int]()
    for item in items:
        if fen := parts.get(item.part, 0):
            lines[item.line] = lines.get(item.line, 0) + fen
    return Discount(
        terms_id=terms.pk,
        version=terms.version,
        offer_id=terms.offer_id,
        name_zh=terms.offer.name,
        name_en=terms.name_en,
        voucher_id=candidate.voucher.pk if candidate.voucher else None,
        code=candidate.voucher.code if candidate.voucher else "",
        funder=terms.funder,
        source=_source(terms),
        campaign_id=terms.campaign_id,
        per_buyer=terms.per_buyer,
        fen=sum(parts.values()),
        parts=parts,
        lines=lines,
    )


def _source(terms: Terms) -> tuple[str, int] | None:
    if terms.funder == Terms.Funder.PROGRAMME:
        return LineSource.Kind.PROGRAMME.value, terms.pk
    if terms.funder == Terms.Funder.HOST and terms.host_id is not None:
        return LineSource.Kind.HOST.value, terms.host_id
    return None


def sources_of(discounts: Sequence[Discount], part: int) -> list[Source]:
    """What funders other than the cooperative pay of a part; two offers of one host are one."""
    sums: dict[tuple[str, int], int] = {}
    for each in discounts:
        if each.source and (fen := each.parts.get(part, 0)):
            sums[each.source] = sums.get(each.source, 0) + fen
    return [Source(kind, reference, fen) for (kind, reference), fen in sums.items()]


def pay_with_gifts(gifts: Sequence[Gift], due: Sequence[int]) -> PaidByGifts:
    """Spend balances on what is `due`, each cut over all of it by largest remainder.

    What is left for the card is nothing, or enough for a card: then a balance keeps a little.
    """
    paid, left = PaidByGifts(), list(due)
    spent = _amounts([gift.balance_fen for gift in gifts], sum(due))
    for gift, fen in zip(gifts, spent, strict=True):
        if not fen:
            continue
        paid.gifts.append(GiftPart(gift.pk, gift.ending, fen))
        for index, part in largest_remainder(fen, dict(enumerate(left))).items():
            left[index] -= part
            if part:
                source = Source(LineSource.Kind.GIFT.value, gift.pk, part)
                paid.sources.setdefault(index, []).append(source)
    return paid


def _amounts(balances: Sequence[int], due: int) -> list[int]:
    """How much of each balance is spent, in turn."""
    pays = min(sum(balances), due)
    if 0 < due - pays < SMALLEST_CARD_FEN:
        pays = max(0, due - SMALLEST_CARD_FEN)
    amounts = []
    for balance in balances:
        amounts.append(min(balance, pays))
        pays -= amounts[-1]
    return amounts
