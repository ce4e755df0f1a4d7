"""The chain as people walk it, at a phone's width: from a campaign's link to a household's credit.

Pictures of every step lie in var/screenshots/ after SCREENSHOTS=1 make test.
"""

import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.open_site import DESK, Arrive, OpenSite, Visitor, link_in

pytestmark = pytest.mark.browser

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
NOODLES, APPLES = "GY-YONGFU", "YY-KEDENG"
DAY = 86_400


def books_are_right() -> None:
    """`verify_books` finds no fault once what is queued is done."""
    from storefront.books.runner import as_json
    from storefront.management.commands.verify_books import verify_when_calm

    answer = as_json(verify_when_calm(20))
    assert answer["ok"], [check for check in answer["checks"] if not check["ok"]]
    assert sum(check["checked"] for check in answer["checks"]) > 1000


def fen_in(text: str) -> int:
    """The amount in a text such as "¥1,234.50"."""
    found = re.search(r"¥([\d,]+\.\d\d)", text)
    assert found, text
    return int(Decimal(found[1].replace(",", "")) * 100)


def manager(arrive: Arrive, code: str, **options: Any) -> Visitor:
    visitor = arrive(f"coop-{code.lower()}", **options)
    visitor.sign_in(f"manager.{code.lower()}@example.org", "/coop/")
    return visitor


def intents(site: OpenSite) -> list[Any]:
    from storefront.payments import gateway

    return list(gateway._client().v1.payment_intents.list({"limit": 100}).data)


def refunds(site: OpenSite) -> list[int]:
    from storefront.payments import gateway

    return [each.amount for each in gateway._client().v1.refunds.list({"limit": 100}).data]


def fill_a_basket(buyer: Visitor) -> None:
    """From the poster's link to a basket with two cooperatives' produce."""
    buyer.go("/r/DEMO-FAIR")
    expect(buyer.page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(buyer.page.locator("h1")).to_have_text("秋收上新")
    buyer.look("campaign-zh")
    buyer.press("English")
    expect(buyer.page.locator("html")).to_have_attribute("lang", "en")
    expect(buyer.page.locator("h1")).to_have_text("The autumn harvest")
    buyer.look("campaign")
    buyer.follow("sweet potato noodles")
    buyer.look("product")
    buyer.choose("sweet potato noodles", "2.5 kg", 2)
    buyer.follow("All produce")
    buyer.look("list")
    buyer.follow("Yanyuan apple")
    buyer.choose("Yanyuan apple", "2.5 kg", 1)
    buyer.go("/basket/")
    buyer.sees("¥145.80")
    buyer.look("basket")


def check_out(buyer: Visitor) -> None:
    """Give the address, a fault first, and see the parcels before paying."""
    buyer.follow("Check out")
    buyer.look("delivery")
    buyer.give_address({**ADDRESS, "phone": "12"})
    expect(buyer.page.locator(".field-error").first).to_be_visible()
    buyer.look("delivery-fault")
    buyer.give_address(ADDRESS)
    # 5 kg and 2.5 kg to Beijing: 12.00 for the first 3 kg, 3.00 for each further one.
    buyer.sees("Yongfu", "Kedeng", "¥116.00", "¥29.80", "¥18.00", "¥12.00", "¥175.80")
    buyer.look("review")
    buyer.press("Pay by card")


def pay_for_it(buyer: Visitor) -> str:
    """A refused card, then one that pays; gives the order's number."""
    buyer.look("pay")
    buyer.enter_card("4000000000000002")
    buyer.pay()
    expect(buyer.page.locator("#card-problem")).to_contain_text("declined")
    buyer.look("card-declined")
    buyer.enter_card("4242424242424242")
    with buyer.page.expect_navigation(url=re.compile("/checkout/done/")):
        buyer.pay()
    buyer.sees("Thank you", GUEST, "Yongfu", "Kedeng", "¥175.80")
    buyer.look("thanks")
    return buyer.page.url.rstrip("/").rpartition("/")[2]


def test_from_a_campaigns_link_to_a_households_credit(
    arrive: Arrive, open_site: OpenSite, set_clock: Any
) -> None:
    # A buyer follows the poster's link and pays.
    buyer = arrive("buyer", language="zh-CN")
    fill_a_basket(buyer)
    check_out(buyer)
    number = pay_for_it(buyer)
    assert [(each.status, each.amount) for each in intents(open_site)] == [("succeeded", 17580)]
    books_are_right()

    # The mail's link shows the order to whoever has it, in the language of the order.
    mail = open_site.mail(GUEST, number)
    reader = arrive("reader")
    reader.page.goto(link_in(mail, open_site))
    reader.sees(number, "sweet potato noodles")
    for step in ("Paid", "Packed", "On its way", "Delivered"):
        expect(reader.page.locator(".progress").first).to_contain_text(step)
    done = reader.page.locator(".progress li.done")
    expect(done).to_have_count(2)  # paid, in both parcels
    reader.look("order-paid")

    # One cooperative packs, ships, delivers; the buyer sees each step.
    packer = manager(arrive, NOODLES)
    packer.look("home")
    packer.page.locator(".coop-row").first.click()
    packer.page.wait_for_load_state()
    packer.sees("sweet potato noodles")
    packer.look("to-pack")
    packer.press("Packed")
    packer.look("packed")
    packer.press("Undo", exact=False)
    packer.press("Packed")
    books_are_right()
    reader.page.reload()
    expect(done).to_have_count(3)

    packer.page.locator("[name=carrier]").select_option("中通快递")
    packer.page.locator("[name=waybill]").fill("zt 7712 3456 789")
    packer.press("Handed over")
    packer.look("shipped")
    reader.page.reload()
    expect(done).to_have_count(4)
    reader.sees("ZT77123456789")
    open_site.mail(GUEST, "ZT77123456789")

    packer.press("Delivered to the buyer")
    packer.look("delivered")
    reader.page.reload()
    expect(done).to_have_count(5)
    reader.look("order-delivered")
    open_site.mail(GUEST, "elivered")
    books_are_right()

    # The other cooperative packs at another weight, and has not sent it yet.
    other = manager(arrive, APPLES)
    other.page.locator(".coop-row").first.click()
    other.page.wait_for_load_state()
    other.page.locator("[name^=line-]").fill("2580")
    other.press("Packed")
    other.sees("2.58")
    other.look("packed")
    books_are_right()

    # The money is shared out: every household of the pool is credited by its grams.
    share_out(packer)
    credits_are(packer, pending=credit_of(11600), available=0)
    packer.look("household-pending")
    books_are_right()

    # A week later the return window is over.
    set_clock(8 * DAY)
    share_out(packer)
    credits_are(packer, pending=0, available=credit_of(11600))
    packer.look("household-available")
    books_are_right()

    # Staff refund one of the two packs of noodles.
    staff = arrive("staff", width=DESK)
    refund_a_pack(staff, number, open_site)
    books_are_right()
    share_out(packer)
    credits_are(packer, pending=0, available=credit_of(5800))
    packer.look("household-after-refund")
    books_are_right()
    reader.page.reload()
    reader.sees("¥58.00 refunded", "−¥58.00")
    reader.look("order-refunded")
    open_site.mail(GUEST, "58.00")
    campaign_shows_it(staff)


def share_out(packer: Visitor) -> None:
    packer.follow("Sales pools")
    packer.press("Share out now")
    packer.look("shared-out")


def credit_of(earned: int) -> int:
    """What the household that delivered most of the drawn pool gets of what it earned, in fen.

    Fee and fund of the cooperative are 8 % and 2 % (cooperatives.csv); grades weigh 10:8.
    """
    weights, household = _weights()
    return earned * 9000 * weights[household] // (10_000 * sum(weights.values()))


def _weights() -> tuple[dict[str, int], str]:
    from cooperatives.households.models import Lot
    from cooperatives.routing.models import Draw

    drawn = Draw.objects.filter(
        grams__gt=0, drawing__line__consignment__partner__code=NOODLES
    ).values("lot__sales_pool")
    weights: dict[str, int] = {}
    for code, grams, grade in Lot.objects.filter(sales_pool__in=drawn).values_list(
        "household__code", "grams", "grade"
    ):
        weights[code] = weights.get(code, 0) + grams * (10_000 if grade == "A" else 8_000)
    return weights, max(weights, key=lambda code: weights[code])


def credits_are(packer: Visitor, pending: int, available: int) -> None:
    """The page of the household says so."""
    packer.follow("Households")
    packer.follow(_weights()[1])
    figures = packer.page.locator(".coop-five dd").all_inner_texts()
    assert [fen_in(text) for text in figures[-2:]] == [pending, available]


def refund_a_pack(staff: Visitor, number: str, site: OpenSite) -> None:
    staff.sign_in("admin@example.org", "/cms/")
    staff.look("cms")
    staff.go("/cms/orders/")
    staff.look("orders")
    staff.follow(number)
    staff.look("order")
    staff.go(f"/cms/orders/{number}/refund/")
    staff.look("refund")
    staff.page.get_by_label("sweet potato noodles", exact=False).check()
    staff.page.locator("[name=packs]").fill("1")
    staff.press("See the amount")
    expect(staff.page.locator("[name=expected]")).to_have_value("5800")
    staff.look("refund-confirm")
    staff.press("Refund ¥58.00")
    assert staff.page.url.endswith(f"/cms/orders/{number}/")
    site.mail(GUEST, "58.00")
    assert refunds(site) == [5800]
    staff.page.reload()
    staff.look("order-refunded")


def campaign_shows_it(staff: Visitor) -> None:
    """One order; placed and paid 145.80, net 87.80 after the refund; credited to households."""
    from livestream.campaigns.models import Campaign

    campaign = Campaign.objects.get()
    staff.go(f"/cms/snippets/campaigns/campaign/inspect/{campaign.pk}/")
    row = staff.page.locator("tbody tr", has_text=campaign.name_en).first
    cells = row.locator("td").all_inner_texts()
    assert cells[:2] == ["1", "2"]
    assert [fen_in(text) for text in cells[3:6]] == [14580, 14580, 8780]
    assert 0 < fen_in(cells[6]) <= 8780 * 9000 // 10_000
    staff.look("campaign")


def test_a_member_buys_with_a_card_that_its_bank_asks_about(
    arrive: Arrive, open_site: OpenSite
) -> None:
    # Given a member with snow pears, from a chat's link, in the basket
    buyer = arrive("member")
    buyer.sign_in("buyer@example.org", "/accounts/login/")
    buyer.go("/r/DEMO-PEAR")
    buyer.choose("snow pear", "2.5 kg", 2)
    buyer.go("/checkout/")
    buyer.give_address(ADDRESS | {"email": "buyer@example.org"})
    buyer.press("Pay by card")

    # When the bank's question is not answered, then nothing is paid and the page says so
    buyer.enter_card("4000002500003155")
    buyer.pay()
    bank = buyer.page.frame_locator("[data-testid=three-d-secure-frame]")
    buyer.look("bank-asks")
    bank.get_by_test_id("three-d-secure-fail").click()
    expect(buyer.page.locator("#card-problem")).to_contain_text("authenticate")
    buyer.look("bank-refused")
    assert [each.status for each in intents(open_site)] == ["requires_payment_method"]

    # When it is answered the second time, then the order is placed, once, and the books are right
    buyer.pay()
    with buyer.page.expect_navigation(url=re.compile("/checkout/done/")):
        bank.get_by_test_id("three-d-secure-complete").click()
    buyer.sees("Thank you", "snow pear")
    number = buyer.page.url.rstrip("/").rpartition("/")[2]
    assert [each.status for each in intents(open_site)] == ["succeeded"]
    buyer.follow("My orders")
    expect(buyer.page.locator(".order-row")).to_have_count(1)
    buyer.sees(number)
    buyer.look("my-orders")
    open_site.mail("buyer@example.org", number)
    books_are_right()
