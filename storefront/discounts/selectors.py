"""What pages show of a basket's discounts and codes, of hosts, and of gift vouchers."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from catalog.clock import now
from catalog.numbers import to_yuan
from cooperatives.routing.models import LineSource
from storefront.discounts.models import Gift, Host, HostPayment, Terms
from storefront.discounts.offers import Why, automatic_offers
from storefront.discounts.services import text_of


@dataclass(frozen=True)
class CodeRow:
    """An offer, voucher or gift voucher of a basket: what it takes off, or why it does not.

    `fen` None: not known here. `voucher_id` or `gift_id` for what can be taken out again.
    """

    name: str
    code: str = ""
    fen: int | None = None
    why: str = ""
    voucher_id: int | None = None
    gift_id: int | None = None
    balance_fen: int | None = None


def codes_of(basket: Any, priced: Any = None) -> list[CodeRow]:
    """The rows of a basket's discounts; `priced` is its quote, None when it can't be priced."""
    if basket.pk is None:
        return []
    rows = []
    if priced is None:
        rows = [
            CodeRow(voucher.name, voucher.code, voucher_id=voucher.pk)
            for voucher in basket.vouchers.order_by("pk")
        ]
    else:
        rows = [
            CodeRow(each.name, each.code, each.fen, voucher_id=each.voucher_id)
            for each in priced.discounts
        ]
        rows += [
            CodeRow(voucher.name, voucher.code, 0, text_of(why), voucher_id=voucher.pk)
            for voucher, why in priced.refused
        ]
    spent = {each.gift_id: each.fen for each in priced.gifts} if priced else {}
    known = bool(priced and priced.freight)
    for gift in Gift.objects.filter(baskets=basket).order_by("valid_until", "pk"):
        over = gift.valid_until <= now()
        rows.append(
            CodeRow(
                name=_("Gift voucher"),
                code=str(gift),
                fen=spent.get(gift.pk, 0) if known else None,
                why=text_of(Why.OVER) if over else "",
                gift_id=gift.pk,
                balance_fen=gift.balance_fen,
            )
        )
    return rows


def offer_texts(produce_id: int, partner_ids: list[int]) -> list[str]:
    """The automatic offers of a product page, each in a line."""
    return [f"{terms.name}: {saving(terms)}" for terms in automatic_offers(produce_id, partner_ids)]


def saving(terms: Terms) -> str:
    """What an offer takes off and from how much on, in the page's language."""
    condition, benefit = terms.offer.condition, terms.offer.benefit
    if benefit.type == benefit.PERCENTAGE:
        off = _("%(percent)s %% off") % {"percent": f"{benefit.value.normalize():f}"}
    else:
        off = _("¥%(amount)s off") % {"amount": f"{benefit.value:.2f}"}
    if condition.type == condition.VALUE:
        return _("%(off)s from ¥%(least)s") % {"off": off, "least": f"{condition.value:.2f}"}
    if condition.value > 1:
        return _("%(off)s from %(least)s packs") % {"off": off, "least": int(condition.value)}
    return off


def all_terms() -> QuerySet[Terms]:
    """Offers and vouchers with what they came to, the newest first."""
    return Terms.objects.select_related(
        "offer__condition", "offer__benefit", "partner", "host", "campaign"
    ).prefetch_related("offer__vouchers", "produce")


@dataclass(frozen=True)
class HostBalance:
    """What a host's offers cost, and what the host paid in, in fen."""

    host: Host
    funded_fen: int
    paid_fen: int

    @property
    def owed_fen(self) -> int:
        return self.funded_fen - self.paid_fen


def host_balances() -> list[HostBalance]:
    """Each host with what is owed. One query."""
    funded = (
        LineSource.objects.filter(kind=LineSource.Kind.HOST, reference=OuterRef("pk"))
        .order_by()
        .values("reference")
        .annotate(total=Sum(F("fen") - F("refunded_fen")))
        .values("total")
    )
    paid = (
        HostPayment.objects.filter(host=OuterRef("pk"))
        .order_by()
        .values("host")
        .annotate(total=Sum("amount_fen"))
        .values("total")
    )
    rows = Host.objects.annotate(
        funded_sum=Coalesce(Subquery(funded), 0), paid_sum=Coalesce(Subquery(paid), 0)
    )
    return [HostBalance(host, host.funded_sum, host.paid_sum) for host in rows]


def cost_of(terms: Terms) -> tuple[int, int]:
    """(given, of it taken back by refunds where the funder is the programme), in fen."""
    back = LineSource.objects.filter(kind=LineSource.Kind.PROGRAMME, reference=terms.pk).aggregate(
        back=Coalesce(Sum("refunded_fen"), 0)
    )["back"]
    return terms.budget_done_fen, back


def yuan(fen: int) -> str:
    """Fen as it stands in a table: ¥12.00."""
    return f"¥{to_yuan(fen)}"
