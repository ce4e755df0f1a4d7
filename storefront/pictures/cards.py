"""Share cards: what a produce's or a page's card says, and how it looks.

A card is drawn once for the same words and picture and then kept (settings.CACHES["cards"]); a new
price makes a new one.
"""

import hashlib
from dataclasses import astuple, dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import segno
from django.conf import settings
from django.core.cache import caches
from django.urls import reverse
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from catalog.models import Produce
from catalog.numbers import to_yuan
from livestream.campaigns.selectors import find_link
from storefront.pictures import canvas, illustrations, selectors
from storefront.pictures.canvas import BOLD, INK, LINE, PAPER, PERSIMMON, REGULAR, SHEET, SOFT
from storefront.pictures.illustrations import PRODUCE
from storefront.shop.selectors import Card, cards

# Raised by one when cards look different, so that none of before is shown.
LOOK = 1
SHARE, OG = (1080, 1440), (1200, 630)


@dataclass(frozen=True)
class Words:
    """All that a card says. Prices are as they are shown; `address` is in the QR code."""

    name: str
    place: str
    price: str
    pack: str
    unit_price: str
    shop: str
    promise: str
    scan: str
    address: str


def address_of(produce: Produce, link_code: str = "") -> str:
    """The absolute address that a card leads to: the produce, by a tracked link if one is given.

    A link of another produce, or of a campaign's page, leads to this produce all the same; one
    that nobody made is left out.
    """
    link = find_link(link_code) if link_code else None
    if link is None:
        return f"{settings.SITE_URL}{produce.get_absolute_url()}"
    address = f"{settings.SITE_URL}{reverse('campaigns:follow', args=[link.code])}"
    return address if link.produce_id == produce.pk else f"{address}?to={produce.code}"


def _unit_price(card: Card, english: bool) -> str:
    """The price of a 斤, in English of a kilogram, rounded half up to the fen."""
    if not english:
        return _("%(price)s/jin") % {"price": f"¥{to_yuan(card.pack.jin_fen):,.2f}"}
    assert card.pack.net_grams  # CHECK pack_has_grams_and_price
    fen = Decimal(card.pack.offer_fen) * 1000 / card.pack.net_grams
    price = to_yuan(int(fen.to_integral_value(ROUND_HALF_UP)))
    return _("%(price)s per kg") % {"price": f"¥{price:,.2f}"}


def words_of(produce: Produce, language: str, link_code: str = "") -> Words | None:
    """What the card of a produce says in the active `language`; None when no pack is on sale.

    Four queries, five with a link.
    """
    shown = cards([produce])
    if not shown:
        return None
    [card] = shown
    english = language.startswith("en")
    name, pack = produce.name, card.pack.pack
    return Words(
        name=name[:1].upper() + name[1:],
        place=" · ".join(card.places),
        price=f"¥{card.pack.offer_price:,.2f}",
        pack=_("%(pack)s and up") % {"pack": pack} if card.several_packs else pack,
        unit_price=_unit_price(card, english),
        shop=f"{settings.UNIVERSITY_NAME} {settings.OSCAR_SHOP_NAME}".strip(),
        promise=_("Packed by the cooperative, credited to the households that grew it."),
        scan=_("Scan to see it in the shop"),
        address=address_of(produce, link_code),
    )


def _picture_of(produce: Produce) -> tuple[str, bytes]:
    """A name that changes with the picture, and a JPEG of it (empty when there is none)."""
    row = selectors.large_photo(produce)
    if row is not None:
        with row.file.open("rb") as opened:
            return row.file.name, opened.read()
    path = illustrations.file(PRODUCE, produce.code)
    return (f"{path}:{path.stat().st_mtime_ns}", path.read_bytes()) if path else ("", b"")


def qr_rows(address: str) -> list[tuple[bool, ...]]:
    """A QR code with its quiet zone: rows of dark and light."""
    code = segno.make(address, error="m", micro=False)
    return [tuple(map(bool, row)) for row in code.matrix_iter(border=2)]


def _photograph(source: bytes, size: tuple[int, int]) -> Image.Image:
    return canvas.photograph(source, size) if source else Image.new("RGB", size, "#dfe8dc")


def draw_share(words: Words, source: bytes) -> bytes:
    """The card for phones: 1080 × 1440."""
    width, height = SHARE
    card = Image.new("RGB", SHARE, PAPER)
    card.paste(_photograph(source, (width, 810)), (0, 0))
    canvas.rounded(card, (0, 754, width, height + 60), 56, SHEET)
    lines, face = canvas.fitting(words.name, BOLD, 80, 52, width - 128, 2)
    y = canvas.write(card, (64, 828 if len(lines) == 1 else 800), lines, face, INK, 1.22)
    place, small = canvas.fitting(words.place, REGULAR, 36, 28, width - 128, 1)
    y = canvas.write(card, (64, y + 10), place, small, SOFT, 1.4)
    price = canvas.font(BOLD, 88)
    pen = ImageDraw.Draw(card)
    pen.text((60, y + 14), words.price, font=price, fill=PERSIMMON)
    beside = 60 + round(price.getlength(words.price)) + 30
    pack, small = canvas.fitting(words.pack, REGULAR, 34, 26, width - beside - 64, 1)
    canvas.write(card, (beside, y + 32), pack, small, INK)
    pen.text((beside, y + 80), words.unit_price, font=canvas.font(REGULAR, 30), fill=SOFT)
    pen.line((64, 1162, width - 64, 1162), fill=LINE, width=2)
    code = canvas.squares(qr_rows(words.address), 236)
    card.paste(code, (width - 64 - code.width, 1184))
    card.paste(sign := canvas.mark(84), (64, 1192), sign)
    shop, face = canvas.fitting(words.shop, BOLD, 40, 28, 540, 2)
    at = 1234 - round(face.size * 1.25 * len(shop) / 2) - 4
    canvas.write(card, (170, at), shop, face, INK, 1.25)
    promise, face = canvas.fitting(words.promise, REGULAR, 28, 24, 620, 2)
    y = canvas.write(card, (64, 1298), promise, face, SOFT, 1.4)
    canvas.write(card, (64, y + 2), [words.scan], canvas.font(BOLD, 28), canvas.PINE)
    return canvas.as_png(card)


def draw_og(words: Words, source: bytes) -> bytes:
    """The card that other sites show with an address: 1200 × 630."""
    width, height = OG
    card = Image.new("RGB", OG, SHEET)
    card.paste(_photograph(source, (650, height)), (width - 650, 0))
    canvas.rounded(card, (-60, 0, 596, height), 48, SHEET)
    card.paste(sign := canvas.mark(64), (56, 52), sign)
    shop, face = canvas.fitting(words.shop, BOLD, 30, 22, 430, 2)
    canvas.write(card, (138, 84 - round(face.size * 1.3 * len(shop) / 2)), shop, face, INK)
    lines, face = canvas.fitting(words.name, BOLD, 72, 44, 490, 3 if words.price else 4)
    y = canvas.write(card, (56, 178), lines, face, INK, 1.22)
    place, face = canvas.fitting(words.place, REGULAR, 30, 26, 490, 2)
    canvas.write(card, (56, y + 10), place, face, SOFT, 1.4)
    if words.price:
        pen = ImageDraw.Draw(card)
        pen.text((54, 474), words.price, font=canvas.font(BOLD, 68), fill=PERSIMMON)
        both = f"{words.pack} · {words.unit_price}"
        unit, face = canvas.fitting(both, REGULAR, 28, 20, 490, 1)
        canvas.write(card, (56, 562), unit, face, SOFT)
    return canvas.as_png(card)


DRAW = {"share": draw_share, "og": draw_og}


@dataclass(frozen=True)
class Wanted:
    """A card that may have been drawn already: its `key` changes with whatever it shows."""

    kind: str
    words: Words
    key: str
    source: bytes

    def kept(self) -> bytes | None:
        return caches["cards"].get(self.key)

    def drawn(self) -> bytes:
        """Draw it, a fifth of a second, and keep it."""
        made = DRAW[self.kind](self.words, self.source)
        caches["cards"].set(self.key, made)
        return made


def wanted(kind: str, words: Words, picture: tuple[str, bytes]) -> Wanted:
    """The card "share" or "og" of these words with a picture (its changing name, JPEG)."""
    told = repr((LOOK, kind, astuple(words), picture[0]))
    return Wanted(kind, words, hashlib.sha256(told.encode()).hexdigest(), picture[1])


def produce_card(produce: Produce, kind: str, language: str, link_code: str = "") -> Wanted | None:
    """The card of a produce; None when no pack is on sale."""
    words = words_of(produce, language, link_code)
    return wanted(kind, words, _picture_of(produce)) if words else None


def page_card(page: Any) -> Wanted:
    """The card of one of our Wagtail pages in the active language: its title and picture."""
    words = Words(
        name=page.display_title,
        place=page.introduction,
        price="",
        pack="",
        unit_price="",
        shop=f"{settings.UNIVERSITY_NAME} {settings.OSCAR_SHOP_NAME}".strip(),
        promise="",
        scan="",
        address="",
    )
    return wanted("og", words, _picture_of_page(page))


def _picture_of_page(page: Any) -> tuple[str, bytes]:
    """A page's own picture, else its produce's, else its village's, else a landscape."""
    row = selectors.large_picture(page.picture) if page.picture_id else None
    if row is not None:
        with row.file.open("rb") as opened:
            return row.file.name, opened.read()
    if produce := getattr(page, "produce", None):
        return _picture_of(produce)
    partner = getattr(page, "partner", None)
    group = illustrations.VILLAGE
    if type(page).__name__ == "CooperativePage":
        group = illustrations.COOPERATIVE
    path = illustrations.file(group, partner.code if partner else page.slug)
    return (f"{path}:{path.stat().st_mtime_ns}", path.read_bytes()) if path else ("", b"")
