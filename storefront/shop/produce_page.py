"""What the page of one produce shows (DESIGN §2, §5, §6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.db.models import Count, Q

from catalog.clock import today
from catalog.models import Produce, Product
from catalog.numbers import largest_remainder
from cooperatives.households.models import Household
from cooperatives.partner.models import Partner, StockPool, StockRecord
from cooperatives.routing.route import Standing, standing
from cooperatives.settlement.models import CreditRule
from cooperatives.settlement.periods import NoCreditRule, Rules
from storefront.discounts.selectors import offer_texts
from storefront.pages.menus import address_of_kind
from storefront.pages.selectors import page_urls
from storefront.pictures.kinds import HERO
from storefront.pictures.selectors import ON_PRODUCE, Photo, photos_of
from storefront.shop.delivery import Choice, Delivery, choices, delivery
from storefront.shop.selectors import FEWEST_HOUSEHOLDS, Card, cards
from storefront.shop.services import MOST_PACKS
from storefront.speed.recording import shows

FEW_PACKS = 20
MOST_RELATED = 6
MONTHS = range(1, 13)
WHOLE = 10_000


@dataclass(frozen=True)
class Wanted:
    """What the address asks for: the id of a pack, how many of it, a province's slug."""

    pack: str = ""
    packs: int = 1
    province: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Self:
        """From ?pack=…&packs=…&to=…; what makes no sense is as if it were not there."""
        given = asked.get("packs", "")
        packs = int(given) if given.isascii() and given.isdecimal() and len(given) < 4 else 1
        return cls(asked.get("pack", ""), min(MOST_PACKS, max(1, packs)), asked.get("to", ""))


@dataclass(frozen=True)
class PackChoice:
    """A pack on the product page, and how many can be bought now."""

    product: Product
    available: int
    chosen: bool

    @property
    def few(self) -> bool:
        return 0 < self.available <= FEW_PACKS


@dataclass(frozen=True)
class Grower:
    """A cooperative behind a produce. `households` is None where they are too few to count.

    `url` is its village's page, empty when there is none.
    """

    partner: Partner
    households: int | None
    url: str = ""


@dataclass(frozen=True)
class PriceShare:
    """How a price is shared out by the credit rules of today, at these cooperatives.

    In basis points, and in fen of the price of one pack (largest remainder, DESIGN §6).
    """

    partners: list[Partner]
    period: str
    household_bps: int
    fund_bps: int
    fee_bps: int
    household_fen: int
    fund_fen: int
    fee_fen: int

    @property
    def parts(self) -> list[tuple[str, int, int]]:
        """The pieces of the drawn bar, whole = 10000: (kind, from, width)."""
        return [
            ("household", 0, self.household_bps),
            ("fund", self.household_bps, self.fund_bps),
            ("fee", self.household_bps + self.fund_bps, self.fee_bps),
        ]


@dataclass(frozen=True)
class ProducePage:
    """All that the product page shows."""

    produce: Produce
    packs: list[PackChoice]
    growers: list[Grower]
    offers: list[str]
    month: int
    season: list[tuple[int, bool]]
    delivery: Delivery
    provinces: list[Choice]
    shares: list[PriceShare]
    # Instead of what is sold out; and what goes with it.
    alternatives: list[Card]
    related: list[Card]
    # Where it is told how the money reaches the village; empty without such a page.
    money_url: str
    # Photographs; without one the page shows the produce's drawing.
    photos: list[Photo]

    @property
    def available(self) -> bool:
        return any(pack.available for pack in self.packs)

    @property
    def chosen(self) -> PackChoice:
        return next(pack for pack in self.packs if pack.chosen)

    @property
    def in_season(self) -> bool:
        return self.produce.in_season(self.month)

    @property
    def all_year(self) -> bool:
        return all(on for _, on in self.season)

    @property
    def by_day(self) -> bool:
        """Whether each of the pools that it is sold from is of one day."""
        return all(share.period == CreditRule.Period.DAY for share in self.shares)

    @property
    def least_share(self) -> Decimal:
        """Of the price, the percentage for households, where it is least."""
        return percent(min(share.household_bps for share in self.shares))

    @property
    def most_share(self) -> Decimal:
        return percent(max(share.household_bps for share in self.shares))


def percent(bps: int) -> Decimal:
    """8850 → 88.5, 9000 → 90."""
    whole = Decimal(bps) / 100
    return whole.quantize(Decimal(1)) if whole == whole.to_integral() else whole.normalize()


@dataclass(frozen=True)
class _Goods:
    """The packs of a produce that are on sale, the lightest first, and who sells them."""

    packs: list[Product]
    partners: dict[int, Partner]
    pools: dict[int, StockPool]
    sellers: dict[int, dict[int, Partner]]
    standing: Standing

    def chosen(self, wanted: str) -> Product:
        """The pack of this id, else the first that can be had, else the first."""
        asked = next((pack for pack in self.packs if str(pack.pk) == wanted), None)
        there = (pack for pack in self.packs if self.standing.available(pack.pk))
        return asked or next(there, self.packs[0])

    def delivery(self, wanted: Wanted) -> Delivery:
        pack = self.chosen(wanted.pack)
        return delivery(
            pack, wanted.packs, wanted.province, self.standing, self.sellers[pack.pk], self.pools
        )


def _goods(produce: Produce) -> _Goods | None:
    """None when no pack is on sale. Two queries."""
    records = list(
        StockRecord.objects.filter(product__produce=produce, product__is_public=True)
        .select_related("product", "partner", "pool")
        .order_by("product__net_grams", "product_id", "partner__code")
    )
    if not records:
        return None
    packs: dict[int, Product] = {}
    sellers: dict[int, dict[int, Partner]] = {}
    for record in records:
        pack = packs.setdefault(record.product_id, record.product)
        pack.produce = produce
        sellers.setdefault(pack.pk, {})[record.partner_id] = record.partner
    partners = {record.partner_id: record.partner for record in records}
    return _Goods(
        packs=list(packs.values()),
        partners=dict(sorted(partners.items(), key=lambda item: item[1].code)),
        pools={record.pool_id: record.pool for record in records if record.pool},
        sellers=sellers,
        standing=standing(packs),
    )


def produce_page(produce: Produce, wanted: Wanted) -> ProducePage | None:
    """The product page. None when no pack is on sale. Fifteen queries at most."""
    shows([produce.pk])
    goods = _goods(produce)
    if goods is None:
        return None
    chosen = goods.chosen(wanted.pack)
    month = today().month
    left = {pack.pk: goods.standing.available(pack.pk) for pack in goods.packs}
    sold_out = not any(left.values())
    near = _near(produce, goods.partners)
    instead = [card for card in near if card.available and _same_kind(card, produce)]
    alternatives = instead[:MOST_RELATED] if sold_out else []
    related = [
        card
        for card in near
        if card not in alternatives
        and (_same_village(card, goods.partners) or card.produce.in_season(month))
    ]
    related = related[:MOST_RELATED]
    return ProducePage(
        produce=produce,
        packs=[PackChoice(pack, left[pack.pk], pack == chosen) for pack in goods.packs],
        growers=_growers(goods.partners),
        offers=offer_texts(produce.pk, list(goods.partners)),
        month=month,
        season=[(each, produce.in_season(each)) for each in MONTHS],
        delivery=goods.delivery(wanted),
        provinces=choices(),
        shares=price_shares(produce, list(goods.partners.values()), chosen.offer_fen),
        alternatives=alternatives,
        related=related,
        money_url=address_of_kind("MoneyPage"),
        photos=_photos(produce),
    )


def delivery_of(produce: Produce, wanted: Wanted) -> Delivery | None:
    """Freight and arrival alone. None when no pack is on sale. Four queries."""
    goods = _goods(produce)
    return goods.delivery(wanted) if goods else None


def _photos(produce: Produce) -> list[Photo]:
    """The produce's photographs as far as all their sizes are made. One query, or two."""
    photos = [photo for photo in photos_of(produce) if photo.has(HERO)]
    if not photos:
        # Known now: the tag that shows the drawing need not ask again.
        produce.__dict__.setdefault(ON_PRODUCE, {})[HERO.name] = None
    return photos


def _growers(partners: Mapping[int, Partner]) -> list[Grower]:
    """The cooperatives with their households and pages. At most three queries."""
    rows = Household.objects.filter(partner__in=list(partners)).values_list("partner")
    counts = dict(rows.annotate(households=Count("pk")))
    urls = page_urls(partners.values())
    return [
        Grower(
            partner,
            count if (count := counts.get(pk, 0)) >= FEWEST_HOUSEHOLDS else None,
            urls.get(pk, ""),
        )
        for pk, partner in partners.items()
    ]


def price_shares(produce: Produce, partners: Sequence[Partner], fen: int) -> list[PriceShare]:
    """How a price is shared out, once for cooperatives whose rates say the same. One query.

    The rates are the credit rules that hold today. Nothing where a cooperative has none: then no
    figure would hold for all.
    """
    rules = Rules(partner.pk for partner in partners)
    found: dict[tuple[int, int, str], PriceShare] = {}
    for partner in partners:
        try:
            rule = rules.on(partner.pk, produce.pk, today())
        except NoCreditRule:
            return []
        key = (rule.fee_bps, rule.fund_bps, rule.period)
        if key not in found:
            household_bps = WHOLE - rule.fee_bps - rule.fund_bps
            cut = largest_remainder(
                fen, {"household": household_bps, "fund": rule.fund_bps, "fee": rule.fee_bps}
            )
            found[key] = PriceShare(
                partners=[],
                period=rule.period,
                household_bps=household_bps,
                fund_bps=rule.fund_bps,
                fee_bps=rule.fee_bps,
                household_fen=cut["household"],
                fund_fen=cut["fund"],
                fee_fen=cut["fee"],
            )
        found[key].partners.append(partner)
    return list(found.values())


def _same_kind(card: Card, produce: Produce) -> bool:
    return card.produce.category_id == produce.category_id


def _same_village(card: Card, partners: Mapping[int, Partner]) -> bool:
    return any(partner.pk in partners for partner in card.partners)


def _near(produce: Produce, partners: Mapping[int, Partner]) -> list[Card]:
    """Other produce of the same cooperatives or category; what can be had and is ripe first.

    Of a large category the next by code, round to the first, so that each produce shows others.
    Four queries, however many there are.
    """
    others = Produce.objects.exclude(pk=produce.pk)
    here = StockRecord.objects.filter(partner__in=list(partners), product__is_public=True)
    same = others.filter(category_id=produce.category_id).order_by("code")
    village = others.filter(pk__in=here.values("product__produce")).order_by("code")
    many = 2 * MOST_RELATED
    found = others.filter(
        Q(pk__in=village.values("pk")[:many])
        | Q(pk__in=same.filter(code__gt=produce.code).values("pk")[:many])
        | Q(pk__in=same.filter(code__lt=produce.code).values("pk")[:many])
    ).select_related("category")
    month = today().month
    return sorted(
        cards(list(found.order_by("code"))),
        key=lambda card: (
            not card.available,
            not card.produce.in_season(month),
            not _same_village(card, partners),
            card.produce.code < produce.code,
            card.produce.code,
        ),
    )
