"""What the buyers' paths need beside the browser: goods, orders, and what the books say of them."""

import io
import re
from collections import Counter
from decimal import Decimal
from typing import Any

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import expect

from catalog.models import Product
from cooperatives.ledger.models import Posting
from cooperatives.routing.models import ConsignmentLine
from storefront.aftersales.models import Refund
from storefront.notifications.models import Message
from storefront.order.links import order_key
from storefront.order.models import Order
from storefront.payments import gateway
from tests.support import chain
from tests.support.open_site import Visitor
from tests.support.servers import wait_for
from tests.support.shoppers import TOKEN

GUEST = "guest@example.org"
ADDRESS = {
    "name": "收货人",
    "phone": "13800138000",
    "email": GUEST,
    "province": "北京",
    "city": "北京市",
    "district": "海淀区",
    "street": "学院路1号",
}
LANGUAGES = ("zh-hans", "en")
# Django's names of the languages, and browsers'.
LOCALES = {"zh-hans": "zh-CN", "en": "en"}


def pack(upc: str) -> Product:
    return Product.objects.get(upc=upc)


def put_in(buyer: Visitor, *items: tuple[str, int]) -> None:
    """Packs in the basket, without looking at the pages."""
    for upc, packs in items:
        _post(buyer, "/basket/add/", {"pack": pack(upc).pk, "quantity": packs})


def fill(buyer: Visitor, *items: tuple[str, int], **contact: str) -> None:
    """Packs in the basket and an address given, without looking at the pages; then the review."""
    put_in(buyer, *items)
    _post(buyer, "/checkout/", {**ADDRESS, **contact})
    buyer.go("/checkout/review/")


def _post(buyer: Visitor, path: str, given: dict[str, Any]) -> None:
    """Send a form of the site as the buyer's browser would."""
    site = buyer.site.url
    cookie = {"name": "csrftoken", "value": TOKEN, "url": site}
    buyer.page.context.add_cookies([cookie])  # type: ignore[list-item]
    answer = buyer.page.request.post(
        site + path,
        form={**given, "csrfmiddlewaretoken": TOKEN},
        headers={"Accept-Language": buyer.page.evaluate("navigator.language")},
        max_redirects=0,
    )
    assert answer.status == 302, f"{path}: {answer.status}"


def tap(buyer: Visitor, selector: str) -> None:
    """Press the button there, and wait for the page that it leads to."""
    with buyer.page.expect_navigation(wait_until="load"):
        buyer.page.locator(selector).first.click()


def to_payment(buyer: Visitor) -> None:
    """From the review to the card form."""
    tap(buyer, "main aside form:has([name=total]) button")
    expect(buyer.page.locator("#pay-button")).to_be_visible()


def pay_by(buyer: Visitor, card: str) -> Order:
    """Type a card that pays; gives the order, on whose page the buyer is now."""
    buyer.enter_card(card)
    with buyer.page.expect_navigation(url=re.compile("/checkout/done/")):
        buyer.pay()
    return placed(buyer)


def placed(buyer: Visitor) -> Order:
    """The order whose page the buyer sees."""
    return Order.objects.get(number=buyer.page.url.split("?")[0].rstrip("/").rpartition("/")[2])


def bought(language: str, *items: tuple[str, int], **more: Any) -> Order:
    """An order of a guest, paid, in this language."""
    return chain.buy([(pack(upc), packs) for upc, packs in items], language=language, **more)


def line_of(order: Order, upc: str) -> ConsignmentLine:
    """The order's line of a pack, at the one cooperative that sends it."""
    return ConsignmentLine.objects.get(consignment__order=order, product__upc=upc)


def open_order(buyer: Visitor, order: Order) -> None:
    """Follow the mail's link."""
    buyer.go(f"/orders/{order.number}/?key={order_key(order.number)}")


def sums(buyer: Visitor) -> list[int]:
    """The amounts of the page's summary, from top to bottom, in fen."""
    texts = buyer.page.locator("main aside dl.sums dd").all_inner_texts()
    return [fen_in(text) for text in texts if "¥" in text]


def fen_in(text: str) -> int:
    """The amount in a text such as "−¥1,234.50", in fen."""
    found = re.search(r"([−-]?)¥([\d,]+\.\d\d)", text)
    assert found, text
    fen = int(Decimal(found[2].replace(",", "")) * 100)
    return -fen if found[1] else fen


def sale_of(order: Order) -> dict[str, int]:
    """What the order's sale posted, in fen by kind of account."""
    parcels = [str(pk) for pk in order.consignments.values_list("pk", flat=True)]
    return _posted(transaction__kind="sale", transaction__source_id__in=parcels)


def posted(kind: str, refund: Refund) -> dict[str, int]:
    """What a refund posted with this kind, in fen by kind of account."""
    legs = {"transaction__kind": kind, "transaction__source_id__startswith": str(refund.uuid)}
    return _posted(**legs)


def _posted(**legs: Any) -> dict[str, int]:
    found: Counter[str] = Counter()
    for account, fen in Posting.objects.filter(**legs).values_list("account__kind", "amount_fen"):
        found[account] += fen
    return {account: fen for account, fen in found.items() if fen}


def done(refund: Refund) -> Refund:
    """Wait until the worker has had a refund made at Stripe."""

    def so() -> bool:
        refund.refresh_from_db()
        return refund.state == Refund.State.DONE

    wait_for(so, 20, f"refund {refund.uuid} is done")
    return refund


def told(kind: str, language: str, *words: str, **which: Any) -> Message:
    """Wait until the one message of this kind, in this language, has gone out with these words."""
    messages = Message.objects.filter(kind=kind, channel=Message.Channel.MAIL, **which)
    wait_for(lambda: messages.filter(state=Message.State.SENT).exists(), 20, f"a mail: {kind}")
    message = messages.get()
    assert message.language == language
    said = f"{message.subject}\n{message.text}"
    assert not [word for word in words if word not in said], said
    return message


def charged(order: Order) -> list[tuple[int, int]]:
    """(fen charged, fen refunded) of each charge that Stripe made for the order's payment."""
    intent = order.payment_attempt.intent_id
    charges = gateway._client().v1.charges.list({"payment_intent": intent}).data
    return [(each.amount, each.amount_refunded) for each in charges if each.paid]


def picture_of_bad_fruit(name: str) -> Any:
    """A picture as a phone's camera sends it, to be put into a file field."""
    image = Image.new("RGB", (800, 600), (214, 190, 150))
    drawing = ImageDraw.Draw(image)
    for x, y, shade in ((60, 90, 190), (310, 40, 205), (520, 220, 180), (180, 300, 200)):
        drawing.ellipse((x, y, x + 240, y + 250), fill=(shade, shade - 15, 70))
        drawing.ellipse((x + 90, y + 90, x + 190, y + 180), fill=(110, 70, 40))
    made = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(6)).save(made, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": made.getvalue()}
