"""What the shop's pages show."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, When
from django.http import HttpRequest
from oscar.core.loading import get_model

from catalog.clock import today
from catalog.models import Category, Produce, Product
from cooperatives.partner.models import Partner, StockRecord
from cooperatives.partner.selectors import available_packs
from livestream.offers.selectors import RoomLine, session_of
from storefront.payments.models import GatewayName, PaymentAttempt
from storefront.payments.quote import room_of, source_of
from storefront.pictures.kinds import THUMB
from storefront.pictures.selectors import attach_photos
from storefront.shop.services import unit_price
from storefront.speed.recording import shows

# Fewer households than this are not counted in public (DESIGN §8).
FEWEST_HOUSEHOLDS = 3
Basket = get_model("basket", "Basket")
BasketLine = get_model("basket", "Line")


@dataclass(frozen=True)
class Card:
    """A produce in a list. `pack` is the cheapest that can be had, or the cheapest of all."""

    produce: Produce
    pack: Product
    several_packs: bool
    available: bool
    in_season: bool
    partners: list[Partner]
    # The page was narrowed to packs like this one.
    picked: bool = False

    @property
    def url(self) -> str:
        """The produce's page, with the pack chosen where it was asked for."""
        return self.pack.get_absolute_url() if self.picked else self.produce.get_absolute_url()

    @property
    def places(self) -> list[str]:
        """Village and county of each cooperative; only counties when there are several."""
        if len(self.partners) == 1:
            return [self.partners[0].place]
        return list(dict.fromkeys(partner.county_name for partner in self.partners))


def for_sale() -> QuerySet[Produce]:
    """Produce with a pack that some cooperative sells; what is in season first."""
    month = today().month
    begun, lasting = Q(season_from__lte=month), Q(season_to__gte=month)
    straight = Q(season_from__lte=F("season_to")) & begun & lasting
    over_new_year = Q(season_from__gt=F("season_to")) & (begun | lasting)
    # Not a correlated Exists: with stale statistics that is planned as a loop in a loop.
    sold = StockRecord.objects.filter(product__is_public=True).values("product__produce")
    out_of_season = Case(
        When(straight | over_new_year, then=0), default=1, output_field=IntegerField()
    )
    return Produce.objects.filter(pk__in=sold).order_by(out_of_season, "code")


def categories_for_sale() -> list[Category]:
    """The categories that hold produce, in their order."""
    return list(Category.objects.filter(Exists(Produce.objects.filter(category=OuterRef("pk")))))


def _partners_of(products: Iterable[int]) -> dict[int, list[Partner]]:
    """The cooperatives behind each product, by code. One query."""
    partners = defaultdict(list)
    records = StockRecord.objects.filter(product__in=list(products)).select_related("partner")
    for record in records.order_by("partner__code"):
        partners[record.product_id].append(record.partner)
    return partners


def _packs_of(produce: Sequence[Produce]) -> dict[int, list[Product]]:
    """The packs on sale of each produce, the lightest first. One query."""
    packs = defaultdict(list)
    rows = Product.objects.filter(
        Exists(StockRecord.objects.filter(product=OuterRef("pk"))),
        produce__in=produce,
        is_public=True,
    )
    for product in rows.order_by("net_grams", "pk"):
        packs[product.produce_id].append(product)
    return packs


def cards(
    produce: Sequence[Produce], wanted: Callable[[Product, int], bool] | None = None
) -> list[Card]:
    """Cards of so many produce, in their order. Five queries at most, however many there are.

    A card shows one of the packs that are `wanted(pack, available)`, where there is one.
    """
    shows(each.pk for each in produce)
    month = today().month
    packs = _packs_of(produce)
    ids = [product.pk for products in packs.values() for product in products]
    available, partners = available_packs(ids), _partners_of(ids)
    attach_photos(produce)
    found = []
    for each in produce:
        products = packs[each.pk]
        if not products:
            continue
        asked = [one for one in products if wanted and wanted(one, available.get(one.pk, 0))]
        here = [product for product in asked or products if available.get(product.pk, 0) > 0]
        found.append(
            Card(
                produce=each,
                pack=min(here or asked or products, key=lambda product: product.offer_fen),
                several_packs=len(products) > 1,
                available=bool(here),
                in_season=each.in_season(month),
                partners=list(
                    {one.pk: one for product in products for one in partners[product.pk]}.values()
                ),
                picked=0 < len(asked) < len(products),
            )
        )
    return found


@dataclass(frozen=True)
class BasketLineView:
    """A basket's line with what the buyer must know of it.

    `short`: the lines of this pack together want more than the `left` there are. `room`: what
    being from a live room means for it.
    """

    line: Any
    left: int
    short: bool
    price: Decimal
    old_price: Decimal | None
    room: RoomLine | None = None

    @property
    def product(self) -> Product:
        return self.line.product

    @property
    def total(self) -> Decimal:
        return self.line.quantity * self.price

    @property
    def above_limit(self) -> bool:
        """Whether it is more than one buyer may have in the room."""
        return self.room is not None and self.room.too_many


@dataclass(frozen=True)
class BasketView:
    """The basket page."""

    lines: list[BasketLineView]

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal("0.00"))

    @property
    def grams(self) -> int:
        return sum(line.line.quantity * line.product.net_grams for line in self.lines)

    @property
    def can_be_bought(self) -> bool:
        """Whether nothing is short; the review has the last word."""
        return bool(self.lines) and not any(line.short or line.above_limit for line in self.lines)


def basket_view(basket: Any, buyer: Sequence[str] = ()) -> BasketView:
    """What is in a basket. Four queries at most, five more with lines from a live room.

    `buyer` are the keys that a room's limits per buyer count by.
    """
    if basket.pk is None:
        return BasketView([])
    lines = list(
        BasketLine.objects.filter(basket_id=basket.pk)
        .select_related("product__produce")
        .order_by("pk")
    )
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[line.product_id] += line.quantity
    # While a payment is under way its own hold is not free: the basket is not short of itself.
    frozen = basket.status == Basket.FROZEN
    left = dict(wanted) if frozen else available_packs(wanted)
    attach_photos([line.product.produce for line in lines if line.product.produce], THUMB.name)
    # While it is paid for, what it holds of a flash price is its own: the price stays as accepted.
    from_room = {} if frozen else room_of(lines, buyer)
    rows = []
    for index, line in enumerate(lines):
        price = unit_price(line, from_room.get(index))
        if frozen and line.price_incl_tax is not None and is_from_room(line):
            price = line.price_incl_tax
        changed = line.price_incl_tax not in (None, price)
        rows.append(
            BasketLineView(
                line=line,
                left=left[line.product_id],
                short=wanted[line.product_id] > left[line.product_id],
                price=price,
                old_price=line.price_incl_tax if changed else None,
                room=from_room.get(index),
            )
        )
    return BasketView(rows)


def is_from_room(line: Any) -> bool:
    """Whether a basket's line was added from a live room."""
    return session_of(source_of(line.line_reference)) is not None


def basket_count(request: HttpRequest) -> int:
    """Packs in the request's basket, for the header: at most one query, no offers loaded."""
    user = getattr(request, "user", None)
    lines = BasketLine.objects.filter(basket__status__in=(Basket.OPEN, Basket.FROZEN))
    if user is not None and user.is_authenticated:
        transfers = PaymentAttempt.objects.filter(
            basket=OuterRef("basket"), state="open", gateway=GatewayName.OFFLINE
        )
        # What waits for a transfer lies in no basket any more.
        lines = lines.filter(~Exists(transfers), basket__owner=user)
    else:
        # Only Oscar's middleware knows the cookie's content; a basket made just now has none yet.
        basket = getattr(request, "_basket_cache", None)
        pk = basket.pk if basket is not None else _cookie_basket(request)
        if not pk:
            return 0
        lines = lines.filter(basket_id=pk, basket__owner=None)
    return lines.aggregate(packs=Sum("quantity"))["packs"] or 0


def _cookie_basket(request: HttpRequest) -> int:
    try:
        return int(Signer().unsign(request.COOKIES[settings.OSCAR_BASKET_COOKIE_OPEN]))
    except (KeyError, ValueError, BadSignature):
        return 0


def open_attempt(basket: Any) -> PaymentAttempt | None:
    """The payment that is under way for a frozen basket."""
    if basket.pk is None or basket.status != Basket.FROZEN:
        return None
    return PaymentAttempt.objects.filter(
        basket_id=basket.pk, state=PaymentAttempt.State.OPEN
    ).first()
