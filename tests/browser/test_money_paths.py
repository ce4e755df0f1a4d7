"""What buyers do where money is concerned, on a phone, in both languages, at one site.

Each path ends with what the page, the ledger, Stripe and the outbox say, to the fen. Pictures of
every state of a page lie in var/screenshots/ after SCREENSHOTS=1 make test.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from catalog.clock import now
from storefront.aftersales.models import Refund
from storefront.aftersales.tasks import sweep_refunds
from storefront.books.runner import as_json
from storefront.management.commands.verify_books import verify_when_calm
from storefront.notifications.tasks import sweep_messages
from storefront.payments.services import abandon, expire
from storefront.payments.tasks import sweep_events
from tests.support import cases as said
from tests.support import chain, discounts
from tests.support import money_paths as paths
from tests.support.open_site import DESK, PHONE, Arrive, OpenSite, Visitor

pytestmark = pytest.mark.browser

# ¥24.80 and ¥58.00 for 2.5 kg, ¥68.00 for half a kilogram.
PEARS, NOODLES, OIL = "XL-1", "HSF-2", "CY-1"
VISA, DECLINED, POOR, ASKED = (
    "4242424242424242",
    "4000000000000002",
    "4000000000009995",
    "4000000000003220",
)
LATE = 16 * 60


@pytest.fixture
def shared_site(own_site: OpenSite) -> OpenSite:
    """These paths' own: at the end its books are looked through."""
    return own_site


@pytest.fixture(params=paths.LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def buyer(arrive_there: Arrive, language: str, request: pytest.FixtureRequest) -> Visitor:
    """Somebody with a phone, who speaks the language."""
    path = request.node.originalname.removeprefix("test_")
    return arrive_there(f"money-{path}-{language}", language=paths.LOCALES[language])


def both_widths(buyer: Visitor, what: str) -> None:
    """Look at a page on the phone and on a desk."""
    buyer.look(what)
    buyer.turn(DESK)
    buyer.look(f"{what}-{DESK}")
    buyer.turn(PHONE)


def test_three_d_secure(buyer: Visitor, language: str) -> None:
    # Given a card whose bank asks
    paths.fill(buyer, (NOODLES, 1))
    both_widths(buyer, "review")
    assert paths.sums(buyer) == [5800, 1200, 7000]
    paths.to_payment(buyer)
    buyer.enter_card(ASKED)
    bank = buyer.page.frame_locator("[data-testid=three-d-secure-frame]")

    # When the buyer says no there, then nothing is paid, and the page says so
    buyer.pay()
    expect(bank.get_by_test_id("three-d-secure-fail")).to_be_visible()
    buyer.look("bank-asks")
    bank.get_by_test_id("three-d-secure-fail").click()
    expect(buyer.page.locator("#card-problem")).to_be_visible()
    buyer.look("bank-refused")

    # When the buyer says yes, then the order is there
    buyer.pay()
    with buyer.page.expect_navigation(url=re.compile("/checkout/done/")):
        bank.get_by_test_id("three-d-secure-complete").click()
    both_widths(buyer, "thanks")
    order = paths.placed(buyer)
    assert paths.sums(buyer) == [5800, 1200, 7000]
    assert paths.charged(order) == [(7000, 0)]
    assert paths.sale_of(order) == {"stripe": 7000, "sales": -5800, "freight": -1200}
    paths.told("confirmed", language, order.number, "¥70.00", order=order)


def test_refused_card(buyer: Visitor, language: str) -> None:
    # Given two refusals, each with its reason
    paths.fill(buyer, (PEARS, 2), (NOODLES, 1))
    paths.to_payment(buyer)
    reasons = set()
    for card in (DECLINED, POOR):
        buyer.enter_card(card)
        buyer.pay()
        expect(buyer.page.locator("#card-problem")).not_to_be_empty()
        expect(buyer.page.locator("#pay-button")).to_be_enabled()
        reasons.add(buyer.page.locator("#card-problem").inner_text())
        buyer.look(f"refused-{card[-4:]}")
    assert len(reasons) == 2

    # When another card is good
    order = paths.pay_by(buyer, VISA)

    # Then it is charged once
    parcels = order.consignments.count()
    freight = [each.freight_fen for each in order.consignments.all()]
    total = 2 * 2480 + 5800 + sum(freight)
    assert parcels in (1, 2)
    assert paths.sums(buyer) == [10760, sum(freight), total]
    assert paths.charged(order) == [(total, 0)]
    assert paths.sale_of(order) == {"stripe": total, "sales": -10760, "freight": -sum(freight)}
    paths.told("confirmed", language, order.number, order=order)
    buyer.look("thanks")


def test_late_payment_goes_on_with_one_tap(buyer: Visitor, set_clock: Any, language: str) -> None:
    # Given a card form that was left open until its time was over
    paths.fill(buyer, (NOODLES, 1))
    paths.to_payment(buyer)
    set_clock(LATE)
    expire(attempt_of(buyer).uuid)

    # When the buyer pays then, nothing is charged, and the page says so
    buyer.enter_card(VISA)
    with buyer.page.expect_navigation(url=re.compile("/checkout/return/")):
        buyer.pay()
    buyer.look("over")

    # When the buyer goes on
    paths.tap(buyer, "form[action*=renew] button")
    expect(buyer.page.locator("#pay-button")).to_be_visible()
    buyer.look("pay-again")
    order = paths.pay_by(buyer, VISA)

    # Then it is one order of the same goods
    assert paths.charged(order) == [(7000, 0)]
    assert paths.sale_of(order) == {"stripe": 7000, "sales": -5800, "freight": -1200}
    paths.told("confirmed", language, order.number, order=order)


def attempt_of(buyer: Visitor) -> Any:
    """The payment whose page the buyer sees."""
    from storefront.payments.models import PaymentAttempt

    return PaymentAttempt.objects.get(pk=buyer.page.url.rstrip("/").rpartition("/")[2])


def expire_out_of_reach(buyer: Visitor, attempt: Any) -> None:
    """The time is over while Stripe does not answer: the goods are free, the card form works."""
    faults = f"{buyer.site.stripe_url}/_sandbox/faults"
    fault = {"kind": "500", "path": "/v1/payment_intents*", "count": None}
    assert buyer.page.request.post(faults, data=fault).ok
    expire(attempt.uuid)
    assert buyer.page.request.delete(faults).ok
    attempt.refresh_from_db()
    assert attempt.state == "open"


def test_late_payment_of_goods_that_were_sold(
    buyer: Visitor, set_clock: Any, language: str
) -> None:
    # Given a payment whose time is over, unknown to Stripe; another buyer takes what is left
    rice = paths.pack({"zh-hans": "EHM-1", "en": "CY-2"}[language])
    paths.fill(buyer, (rice.upc, 1))
    total = paths.sums(buyer)[-1]
    paths.to_payment(buyer)
    attempt = attempt_of(buyer)
    set_clock(LATE)
    expire_out_of_reach(buyer, attempt)
    pool = rice.stockrecords.get().pool
    pool.refresh_from_db()
    free = pool.on_hand + pool.promised - pool.reserved - pool.allocated
    other = chain.start([(rice, free // rice.net_grams)])

    # When the card is charged all the same
    buyer.enter_card(VISA)
    with buyer.page.expect_navigation(url=re.compile("/checkout/return/")):
        buyer.pay()

    # Then there is no order; all of it goes back by itself, and the buyer is told
    buyer.sees(f"¥{total // 100}.{total % 100:02}")
    buyer.look("goods-were-gone")
    refund = paths.done(Refund.objects.get(attempt=attempt))
    assert (refund.order, refund.amount_fen, refund.buyer_fen) == (None, total, total)
    assert paths.posted("refund_paid", refund) == {"refund_due": total, "stripe": -total}
    paths.told("goods_gone", language, context__amount_fen=total, recipient=paths.GUEST)
    abandon(other.uuid)


def test_cancellation(buyer: Visitor, language: str) -> None:
    # Given a paid order of two parcels
    order = paths.bought(language, (NOODLES, 2), (OIL, 1))
    paths.open_order(buyer, order)
    both_widths(buyer, "order")
    assert paths.sums(buyer) == [18400, 3000, 21400]

    # When the address is changed, it says so
    paths.tap(buyer, "a[href*='/address/']")
    buyer.look("address")
    buyer.page.locator("main [name=street]").fill("学院路9号")
    paths.tap(buyer, "main form.panel button[type=submit]")
    buyer.sees("学院路9号")

    # When one pack is cancelled
    cancel(buyer, order, {NOODLES: 1, OIL: 0}, "one-pack")
    refund = paths.done(Refund.objects.get(order=order))
    assert (refund.amount_fen, refund.reason) == (5800, "cancelled")
    assert paths.posted("refund_decided", refund) == {"sales": 5800, "refund_due": -5800}

    # When the rest of that parcel is cancelled, then its freight comes back as well
    cancel(buyer, order, {NOODLES: 1, OIL: 0}, "parcel")
    rest = paths.done(Refund.objects.exclude(pk=refund.pk).get(order=order))
    assert rest.amount_fen == 5800 + 1800
    decided = {"sales": 5800, "freight": 1800, "refund_due": -7600}
    assert paths.posted("refund_decided", rest) == decided
    buyer.page.reload()
    both_widths(buyer, "cancelled")
    assert paths.sums(buyer)[-1] == 21400 - 5800 - 7600
    assert paths.charged(order) == [(21400, 13400)]
    paths.told("refunded", language, "¥76.00", order=order, reference__contains=str(rest.uuid))


def cancel(buyer: Visitor, order: Any, packs: dict[str, int], what: str) -> None:
    """Choose how many packs of each line go back, see the amount, and confirm."""
    paths.tap(buyer, "a[href*='/cancel/']")
    for upc, count in packs.items():
        line = paths.line_of(order, upc)
        buyer.page.locator(f"[name=line_{line.pk}]").select_option(str(count))
    buyer.look(f"{what}-choose")
    paths.tap(buyer, "main form.panel button[type=submit]")
    buyer.look(f"{what}-confirm")
    paths.tap(buyer, "main form.panel button[type=submit]")
    buyer.look(f"{what}-done")


def test_damaged_fruit_with_pictures(buyer: Visitor, language: str) -> None:
    # Given two packs of pears that arrived
    order = paths.bought(language, (PEARS, 2))
    said.arrive(order)
    paths.open_order(buyer, order)

    # When a fifth is bad, and the first try forgets the pictures
    paths.tap(buyer, ".line-claim:not(.line-review)")
    both_widths(buyer, "claim")
    buyer.page.locator("[name=extent]").select_option("share:2000")
    paths.tap(buyer, "main form.claim button[type=submit]")
    expect(buyer.page.locator(".field-error")).to_be_visible()
    buyer.look("claim-fault")
    claim(buyer, "share:2000")
    buyer.look("paid-at-once")

    # Then that is paid at once
    first = paths.done(Refund.objects.get(order=order))
    assert (first.amount_fen, first.reason) == (992, "damaged")
    paths.told("case", language, order=order)

    # When the buyer claims a whole pack, then a person decides
    paths.tap(buyer, ".line-claim:not(.line-review)")
    claim(buyer, "packs:1")
    buyer.look("waiting")
    case = order.cases.latest("pk")
    assert (case.state, case.asked_fen, case.given_fen) == ("open", 2480, 0)
    decide(case, 1000, said.words("cooperative", "照片里看到有 4 个坏果，退 10 元。"))
    buyer.page.reload()
    buyer.sees("¥10.00")
    buyer.look("cooperative-decided")

    # When the buyer asks the staff, who give the rest
    buyer.page.locator(f"#text-{case.pk}").fill("坏的不止 4 个，请再看看照片。")
    paths.tap(buyer, "form[action*=escalate] button")
    buyer.look("with-the-staff")
    decide(case, None, said.words("staff", "看过照片了，其余的也退给您。"))
    buyer.page.reload()
    both_widths(buyer, "staff-decided")

    # Then the line's refunds are these, and Stripe has made them
    refunds = [paths.done(each) for each in Refund.objects.filter(order=order)]
    assert sorted(each.amount_fen for each in refunds) == [992, 1000, 1480]
    paid = order.payment_attempt.amount_fen
    assert paths.charged(order) == [(paid, 3472)]
    assert paths.sums(buyer)[-1] == paid - 3472
    for refund in refunds:
        decided = paths.posted("refund_decided", refund)
        assert decided["refund_due"] == -refund.amount_fen


def claim(buyer: Visitor, extent: str) -> None:
    """Fill the claim's form with two pictures, and send it."""
    buyer.page.locator("[name=kind][value=damaged]").check()
    buyer.page.locator("[name=extent]").select_option(extent)
    pictures = [paths.picture_of_bad_fruit(f"IMG_{number}.jpg") for number in (1, 2)]
    buyer.page.locator("[name=pictures]").last.set_input_files(pictures)
    buyer.page.locator("[name=text]").last.fill("打开箱子时有几个已经坏了。")
    paths.tap(buyer, "main form.claim button[type=submit]")


def decide(case: Any, amount_fen: int | None, words: Any) -> None:
    from storefront.aftersales.cases import services

    services.decide(case.pk, words, amount_fen=amount_fen)


def test_partial_refund(buyer: Visitor, language: str) -> None:
    from storefront.aftersales.services import RefundWish, refund_lines

    # Given two packs of noodles: staff refund one, and a sum that the programme bears
    order = paths.bought(language, (NOODLES, 2))
    line = paths.line_of(order, NOODLES)
    pack = paths.done(
        refund_lines(order.pk, [RefundWish(line.pk, packs=1)], reason="returned", freight=False)
    )
    wish = RefundWish(line.pk, amount_fen=1234)
    more = paths.done(refund_lines(order.pk, [wish], bearer="programme", reason="goodwill"))

    # When the buyer follows the mail's link
    mail = paths.told("refunded", language, "¥12.34", reference__contains=str(more.uuid))
    buyer.page.goto(next(word for word in mail.text.split() if "?key=" in word))

    # Then the page has both, and what is left; the ledger and Stripe the same
    buyer.sees("¥58.00", "¥12.34", "¥70.34")
    both_widths(buyer, "order")
    assert paths.sums(buyer) == [11600, 1800, 13400, 6366]
    assert paths.charged(order) == [(13400, 7034)]
    assert paths.posted("refund_decided", pack) == {"sales": 5800, "refund_due": -5800}
    assert paths.posted("refund_decided", more) == {"programme_expense": 1234, "refund_due": -1234}
    assert paths.posted("refund_paid", more) == {"refund_due": 1234, "stripe": -1234}


def enter_code(buyer: Visitor, code: str) -> None:
    buyer.page.locator("#code").fill(code)
    paths.tap(buyer, "form.code-form button")


def test_voucher(buyer: Visitor, language: str) -> None:
    # Given a voucher of the programme, 10 % off
    code = f"HARVEST-{language[:2].upper()}"
    names = {"zh-hans": ("秋收九折", "Harvest, 10 % off"), "en": ("采收九折", "Autumn, 10 % off")}
    name_zh, name_en = names[language]
    discounts.offer(code, bps=1000, name_zh=name_zh, name_en=name_en)

    # When the buyer types a wrong code into the basket, then the right one
    buyer.go("/produce/HSF/")
    buyer.page.locator(".pack").nth(1).click()
    buyer.page.locator("#quantity").fill("2")
    paths.tap(buyer, ".buy-add")
    buyer.go("/basket/")
    enter_code(buyer, "HARVEST-99")
    buyer.look("wrong-code")
    enter_code(buyer, code.lower())
    both_widths(buyer, "basket")
    assert paths.sums(buyer) == [11600, -1160, 10440]

    # And buys
    buyer.go("/checkout/")
    buyer.give_address(paths.ADDRESS)
    both_widths(buyer, "review")
    assert paths.sums(buyer) == [11600, 1800, -1160, 12240]
    paths.to_payment(buyer)
    order = paths.pay_by(buyer, VISA)

    # Then the order page has it, and the programme's part stands in the ledger
    both_widths(buyer, "thanks")
    assert paths.sums(buyer) == [11600, -1160, 1800, 12240]
    assert paths.charged(order) == [(12240, 0)]
    sold = {"stripe": 12240, "programme_expense": 1160, "sales": -11600, "freight": -1800}
    assert paths.sale_of(order) == sold
    paths.told("confirmed", language, order.number, "¥122.40", order=order)

    # When a pack is cancelled, then the programme has its tenth back, and the buyer the rest
    cancel(buyer, order, {NOODLES: 1}, "cancelled")
    refund = paths.done(Refund.objects.get(order=order))
    assert (refund.amount_fen, refund.buyer_fen) == (5800, 5220)
    buyer.page.reload()
    buyer.sees("−¥52.20", "¥52.20 refunded" if language == "en" else "已退 ¥52.20")
    buyer.look("refunded")
    assert paths.sums(buyer)[-1] == 12240 - 5220
    decided = {"sales": 5800, "programme_expense": -580, "refund_due": -5220}
    assert paths.posted("refund_decided", refund) == decided
    assert paths.charged(order) == [(12240, 5220)]
    paths.told("refunded", language, "¥52.20", order=order)


def test_gift_balance(buyer: Visitor, language: str) -> None:
    from storefront.discounts import gifts

    # Given a gift voucher of ¥100, typed in at the review
    new = gifts.NewGift(10_000, now() + 30 * discounts.DAY, funder="programme")
    gift, code = gifts.issue(new)
    paths.fill(buyer, (NOODLES, 1))
    enter_code(buyer, code)
    both_widths(buyer, "review")
    assert paths.sums(buyer) == [5800, 1200, -7000, 0]

    # When it pays for all of the first order, no card is asked for
    paths.tap(buyer, "main aside form:has([name=total]) button")
    buyer.page.wait_for_url("**/checkout/done/**")
    first = paths.placed(buyer)
    both_widths(buyer, "all-paid")
    assert paths.sale_of(first) == {"gift": 7000, "sales": -5800, "freight": -1200}
    gift.refresh_from_db()
    assert gift.balance_fen == 3000

    # And for a part of the second
    paths.fill(buyer, (NOODLES, 1))
    enter_code(buyer, code)
    buyer.look("review-part")
    assert paths.sums(buyer)[-2:] == [-3000, 4000]
    paths.to_payment(buyer)
    second = paths.pay_by(buyer, VISA)
    buyer.look("part-paid")
    assert paths.charged(second) == [(4000, 0)]
    sold = {"stripe": 4000, "gift": 3000, "sales": -5800, "freight": -1200}
    assert paths.sale_of(second) == sold

    # When the second is cancelled, then each part goes back to where it came from
    cancel(buyer, second, {NOODLES: 1}, "cancelled")
    refund = paths.done(Refund.objects.get(order=second))
    assert (refund.amount_fen, refund.buyer_fen, refund.gift_fen) == (7000, 4000, 3000)
    assert paths.charged(second) == [(4000, 4000)]
    gift.refresh_from_db()
    assert gift.balance_fen == 3000
    paths.told("refunded", language, "¥70.00", order=second)
    buyer.page.reload()
    buyer.look("refunded")
    assert paths.sums(buyer) == [5800, 1200, 7000, 3000, 0]


def test_the_desks_see_it_and_the_books_are_right(
    arrive_there: Arrive, shared_site: OpenSite, set_clock: Any
) -> None:
    # The wording's preview says what it would say to a buyer
    staff = arrive_there("money-staff", width=DESK)
    staff.sign_in("admin@example.org", "/cms/messages/wording/refunded/mail/")
    preview = staff.page.frame_locator("iframe").last.locator("body")
    expect(preview).to_contain_text("We have given back ¥101.50")

    # Some payments were late
    set_clock(LATE)
    sweep()
    answer = as_json(verify_when_calm(20))
    assert answer["ok"], [check for check in answer["checks"] if not check["ok"]]


def sweep() -> None:
    """Do what a task would have done that was forgotten between two tests."""
    for task in (sweep_events, sweep_refunds, sweep_messages):
        task()
