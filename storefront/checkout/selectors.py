"""What the checkout's pages show."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from catalog.clock import now
from catalog.models import Product
from cooperatives.partner.models import Partner
from storefront.accounts.address_book import addresses_of
from storefront.payments.models import PaymentAttempt
from storefront.payments.quote import Quote, QuoteLine
from storefront.shop.requests import ShopRequest

# The session remembers which attempts are its own: a guest has nothing else.
SESSION_KEY = "payment_attempts"
MOST_REMEMBERED = 20


@dataclass(frozen=True)
class ParcelLine:
    """Packs of a line that one cooperative packs: the shelf price, and what is taken off it.

    `seen_fen`: what a pack cost when the buyer last saw it, where it costs something else now;
    `why`: why it has not the flash price that is running.
    """

    line: QuoteLine
    packs: int
    fen: int
    discounts: list[tuple[str, int]]
    seen_fen: int | None = None
    why: str = ""


@dataclass(frozen=True)
class Parcel:
    """What one cooperative sends."""

    partner: Partner
    lines: list[ParcelLine]
    grams: int
    freight_fen: int


def parcels(quote: Quote) -> list[Parcel]:
    """A quote by cooperative: who packs what, and what its freight costs."""
    partners = Partner.objects.in_bulk([row.partner_id for row in quote.freight])
    return [
        Parcel(
            partner=partners[row.partner_id],
            lines=[
                _parcel_line(quote, place)
                for place, each in enumerate(quote.parts)
                if each.part.partner_id == row.partner_id
            ],
            grams=row.grams,
            freight_fen=row.fen,
        )
        for row in quote.freight
    ]


def _parcel_line(quote: Quote, place: int) -> ParcelLine:
    part = quote.parts[place]
    off = [(each.name, each.parts[place]) for each in quote.discounts if place in each.parts]
    own = sum(each.parts.get(place, 0) for each in quote.discounts if each.source is None)
    index = part.part.line
    return ParcelLine(
        quote.lines[index],
        part.part.packs,
        part.net_fen + own,
        off,
        quote.seen_fen.get(index),
        quote.room[index].why if index in quote.room else "",
    )


def remember(request: HttpRequest, attempt: PaymentAttempt) -> None:
    """Note in the session that this attempt is its own."""
    mine = [one for one in request.session.get(SESSION_KEY, []) if one != str(attempt.uuid)]
    request.session[SESSION_KEY] = [*mine, str(attempt.uuid)][-MOST_REMEMBERED:]


def own_attempt(request: ShopRequest, uuid: UUID) -> PaymentAttempt | None:
    """The attempt, if this session or this user started it.

    Or if it pays for this browser's basket: the answer that would have had the session remember
    it may have been lost. Then it is remembered now.
    """
    attempt = PaymentAttempt.objects.select_related("order").filter(pk=uuid).first()
    if attempt is None:
        return None
    by_user = request.user.is_authenticated and attempt.user_id == request.user.pk
    by_session = str(uuid) in request.session.get(SESSION_KEY, [])
    if by_user or by_session:
        return attempt
    if request.basket.pk is None or request.basket.pk != attempt.basket_id:
        return None
    remember(request, attempt)
    return attempt


def seconds_left(attempt: PaymentAttempt) -> int:
    """How long the attempt's goods are still held, in seconds; never negative."""
    return max(0, int((attempt.expires_at - now()).total_seconds()))


def last_delivery(user: Any) -> dict:
    """What a member gave at the last checkout, for the form."""
    if not user.is_authenticated:
        return {}
    last = PaymentAttempt.objects.filter(user=user).order_by("-created_at").first()
    given = {"name": user.get_full_name(), "email": user.email or "", "phone": user.phone or ""}
    if last is not None:
        given |= last.snapshot["address"] | {"email": last.snapshot["contact"]["email"]}
    return given


def delivery_to(user: Any, pk: str) -> dict[str, str]:
    """An address of the buyer's own book, as the checkout's form gives it. Raises Http404."""
    known = addresses_of(user).filter(pk=pk).first() if pk.isdecimal() and len(pk) < 18 else None
    if known is None:
        raise Http404("No such address")
    fields = ("name", "phone", "province", "city", "district", "street")
    email = last_delivery(user)["email"]
    return {**{field: getattr(known, field) for field in fields}, "email": email}


def names_of(available: dict[int, int], basket: Any) -> list[tuple[Product, int]]:
    """The packs that a basket wants too many of, and how many there are."""
    lines = basket.lines.select_related("product__produce").filter(pk__in=available)
    return [(line.product, available[line.pk]) for line in lines.order_by("pk")]
