"""What a buyer is told, chooses and reads, on a phone; and how staff word it."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.open_site import DESK, PHONE, Arrive, OpenSite, Visitor

pytestmark = pytest.mark.browser


def sell_and_tell(site: OpenSite, language: str) -> None:
    """An order whose parcel went off and whose money came back in part; the worker told all."""
    from catalog.models import Product
    from cooperatives.routing.models import Consignment
    from storefront.notifications.services import queue
    from tests.support import chain

    order = chain.buy([(Product.objects.get(upc="PG-2"), 2)], language=language)
    parcel = order.consignments.get()
    Consignment.objects.filter(pk=parcel.pk).update(carrier="顺丰", waybill="SF1234567890")
    queue("shipped", f"consignment:{parcel.pk}:SF1234567890", order, {"consignment": parcel.pk})
    queue("refunded", f"refund:{order.pk}", order, {"amount_fen": 1250})
    queue("case", f"case:{order.pk}:1", order, {"case": 1, "text": "照片收到了。\nWe saw it."})
    for words in (("¥",), ("SF1234567890",), ("12.50",), ("We saw it.",)):
        site.mail("buyer@example.org", order.number, *words)


def test_mails_and_choices_fit_a_phone_and_wording_is_previewed(
    arrive: Arrive, open_site: OpenSite
) -> None:
    # Given orders in both languages, of which the worker told
    for language in ("en", "zh-hans"):
        sell_and_tell(open_site, language)

    reader = arrive("messages")
    for language in ("zh-hans", "en"):
        # When the reader opens the mailbox and each mail in it
        reader.speak(language)
        reader.go("/dev/mailbox/")
        reader.look(f"mailbox-{language}")
        links = reader.page.locator("a.order-row")
        hrefs = [str(link.get_attribute("href")) for link in links.all()[:8]]
        for at, href in enumerate(hrefs):
            reader.go(href)
            reader.fits()
            reader.go(f"{href}html/")
            # Then the mail itself is no wider than a phone
            reader.fits("main")
            reader.picture(f"mail-{language}-{at}")
        reader.go(hrefs[0])
        reader.look(f"mailbox-one-{language}")

        # And by the link under it, the reader chooses
        reader.go(f"{hrefs[0]}html/")
        choose = str(reader.page.locator("p.small a").last.get_attribute("href"))
        reader.go(choose.removeprefix(open_site.url))
        reader.look(f"choose-{language}")
        box = reader.page.locator("input[name=delivered]").first
        box.set_checked(not box.is_checked())
        reader.page.locator("main form button[type=submit]").click()
        expect(reader.page.locator("main .note-success")).to_be_visible()
    reader.leave()

    _word_it(arrive("wording", language="zh-hans", width=DESK))


def _word_it(staff: Visitor) -> None:
    staff.sign_in("admin@example.org", "/cms/messages/wording/")
    staff.fits("html")
    staff.go("/cms/messages/wording/shipped/mail/")
    staff.page.locator("#id_body_en").fill("On its way: {waybill}\n\nFrom {cooperative} <i>")
    # The frame runs nothing and lets nobody look in: its words are read from outside.
    frame = staff.page.locator("[data-said=en] iframe")
    words = r"<h1>On its way: SF1234567890</h1>\s*<p>From Yunling Cooperative &lt;i&gt;</p>"
    expect(frame).to_have_attribute("srcdoc", re.compile(words))
    staff.page.locator("#id_body_en").fill("{nothing}")
    expect(staff.page.locator("[data-error=body_en]")).to_contain_text("{nothing}")
    staff.picture("wording-desk")
    staff.page.locator("#id_body_en").fill("On its way: {waybill}")
    for width in (PHONE, DESK):
        staff.turn(width)
        staff.fits("html")
    staff.turn(PHONE)
    staff.picture("wording-phone")
    staff.page.locator("#wording > button").click()
    expect(staff.page.locator(".messages")).to_be_visible()
    staff.go("/cms/messages/")
    staff.fits("html")
    staff.picture("messages-phone")
    staff.leave()
