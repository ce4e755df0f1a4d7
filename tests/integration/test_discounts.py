"""Who pays for a discount, within which limits; gift vouchers; what a refund gives back to whom."""

import pytest
from django.core import mail
from django.db import connection
from oscar.core.loading import get_model

from catalog.clock import now
from cooperatives.ledger.models import Account, Posting
from cooperatives.partner import stock
from cooperatives.routing.models import ConsignmentLine, LineSource
from livestream.campaigns.models import Campaign, LineAttribution
from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from storefront.aftersales.models import Refund
from storefront.aftersales.services import RefundWish, refund_lines, refund_order
from storefront.books.runner import check_database
from storefront.discounts import gifts, holding
from storefront.discounts.models import BuyerCount, Gift, Host, HostPayment, Terms, Use
from storefront.discounts.selectors import saving
from storefront.discounts.services import (
    CannotSave,
    CodeRefused,
    add_code,
    pause,
    record_host_payment,
    save_offer,
)
from storefront.notifications.models import Message
from storefront.notifications.services import send as send_message
from storefront.order.models import Order
from storefront.payments import services as payments
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt
from storefront.payments.quote import quote
from storefront.payments.services import CannotPay
from tests.support import chain, discounts
from tests.support.discounts import DAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_in_order(db):
    """Whatever a test did, the books agree with it."""
    yield
    with connection.cursor() as cursor:
        faults = {one.name: one.detail for one in check_database(cursor) if not one.ok}
    # Mails and refunds that wait are the workers' affair.
    assert {name: what for name, what in faults.items() if name not in WORK} == {}


WORK = ("messages.outbox", "refunds.amounts")
Voucher = get_model("voucher", "Voucher")


def begin(items, *codes, cards=(), user=None, contact=chain.CONTACT, **more):
    """Start the payment of a new basket with codes and gift vouchers."""
    chain.make_freight()
    basket = discounts.put_in(chain.make_basket(items, user), *codes, cards=cards)
    return payments.start_payment(
        basket, contact=contact, address=chain.ADDRESS, language="en", user=user, **more
    )


def buy(items, *codes, **more) -> Order:
    attempt = begin(items, *codes, **more)
    if attempt.amount_fen:
        chain.pay(attempt)
    outcome = finalize(attempt.uuid)
    assert outcome.order is not None, outcome.kind
    return outcome.order


def balance(kind: str) -> int:
    return sum(Posting.objects.filter(account__kind=kind).values_list("amount_fen", flat=True))


def sources() -> list[tuple]:
    rows = LineSource.objects.order_by("pk")
    return [(row.kind, row.consignment_line_id is None, row.fen, row.refunded_fen) for row in rows]


def counters(terms: Terms) -> tuple[int, int, int, int]:
    terms.refresh_from_db()
    return (
        terms.uses_held,
        terms.uses_done,
        terms.budget_held_fen,
        terms.budget_done_fen,
    )


def test_the_programme_pays_its_discount_and_the_village_is_credited_in_full(stripe):
    grove = chain.make_grove(price_fen=2480)
    terms = discounts.offer("SAVE5", amount_fen=500, uses_limit=3, budget_fen=1000)
    attempt = begin([(grove.pack, 2)], "SAVE5")
    # 2 × 24.80 and 5 kg freight of 12.00, less 5.00.
    assert attempt.amount_fen == 5660
    assert counters(terms) == (1, 0, 500, 0)

    chain.pay(attempt)
    order = finalize(attempt.uuid).order

    assert counters(terms) == (0, 1, 0, 500)
    line = ConsignmentLine.objects.get()
    assert (line.net_fen, str(order.total_incl_tax)) == (4960, "56.60")
    assert (balance("stripe"), balance("programme_expense")) == (5660, 500)
    assert (balance("sales"), balance("freight")) == (-4960, -1200)
    assert sources() == [("buyer", False, 4460, 0), ("programme", False, 500, 0)]
    order_line = order.lines.get()
    assert str(order_line.line_price_incl_tax) == "44.60"
    assert str(order_line.line_price_before_discounts_incl_tax) == "49.60"
    discount = order.discounts.get()
    assert (discount.voucher_code, str(discount.amount)) == ("SAVE5", "5.00")
    assert str(discount.discount_lines.get().amount) == "5.00"
    voucher = Voucher.objects.get()
    assert (voucher.num_orders, str(voucher.total_discount)) == (1, "5.00")
    assert voucher.applications.get().order == order


def test_a_cooperative_lowers_its_own_sales_alone(stripe):
    first, second = chain.make_grove("A", price_fen=2000), chain.make_grove("B", price_fen=1000)
    discounts.offer(funder="cooperative", partner_id=first.partner.pk, bps=1000)
    order = buy([(first.pack, 1), (second.pack, 1)])
    nets = dict(ConsignmentLine.objects.values_list("consignment__partner__code", "net_fen"))
    assert nets == {"COOP-A": 1800, "COOP-B": 1000}
    assert (balance("sales"), balance("programme_expense"), sources()) == (-2800, 0, [])
    assert str(order.discounts.get().amount) == "2.00"


def test_a_host_pays_in_what_the_offer_cost(stripe):
    grove = chain.make_grove(price_fen=2000)
    host = discounts.host()
    discounts.offer("HOST", funder="host", host_id=host.pk, bps=2500)
    buy([(grove.pack, 1)], "HOST")
    assert balance("host") == 500

    record_host_payment(host.pk, 400, "bank-1")
    with pytest.raises(CannotSave):
        record_host_payment(host.pk, 400, "bank-1")

    assert HostPayment.objects.count() == 1
    assert (balance("host"), balance("bank")) == (100, 400)


def test_limits_are_counted_and_what_expires_comes_back(stripe):
    grove = chain.make_grove(price_fen=2000)
    terms = discounts.offer("ONE", uses_limit=1, per_buyer=1)
    attempt = begin([(grove.pack, 1)], "ONE")
    other = chain.make_basket([(grove.pack, 1)])
    discounts.put_in(other, "ONE")
    with pytest.raises(CannotPay) as refusal:
        payments.start_payment(other, contact=chain.CONTACT, address=chain.ADDRESS, language="en")
    assert (refusal.value.kind, refusal.value.codes) == ("voucher_gone", ["ONE"])
    other.refresh_from_db()
    assert other.status == "Open"
    assert PaymentAttempt.objects.count() == 1
    with pytest.raises(CodeRefused):
        add_code(chain.make_basket([(grove.pack, 1)]), "one")

    payments.abandon(attempt.uuid)
    payments.close(attempt.uuid)
    assert counters(terms) == (0, 0, 0, 0)
    assert set(BuyerCount.objects.values_list("uses", flat=True)) == {0}

    buy([(grove.pack, 1)], "ONE")
    assert counters(terms) == (0, 1, 0, 500)


def test_one_buyer_is_known_by_phone_and_by_mail(stripe):
    grove = chain.make_grove(price_fen=2000)
    terms = discounts.offer("MINE", per_buyer=1)
    buy([(grove.pack, 1)], "MINE")
    for contact in (
        payments.Contact("x", "other@example.org", chain.CONTACT.phone),
        payments.Contact("x", chain.CONTACT.email.upper(), "13900000001"),
    ):
        with pytest.raises(CannotPay) as refusal:
            begin([(grove.pack, 1)], "MINE", contact=contact)
        assert refusal.value.kind == "voucher_gone"
    buy(
        [(grove.pack, 1)],
        "MINE",
        contact=payments.Contact("x", "other@example.org", "13900000001"),
    )
    assert counters(terms) == (0, 2, 0, 1000)


def test_a_pause_a_price_and_a_budget_between_quote_and_payment(stripe):
    grove = chain.make_grove(price_fen=2000)
    chain.make_freight()
    terms = discounts.offer("CAP", amount_fen=500, budget_fen=700)
    basket = discounts.put_in(chain.make_basket([(grove.pack, 1)]), "CAP")
    seen = quote(basket, "北京").total_fen
    assert seen == 2000 + 800 - 500
    buy([(grove.pack, 1)], "CAP")

    def start(**more):
        return payments.start_payment(
            basket, contact=chain.CONTACT, address=chain.ADDRESS, language="en", **more
        )

    with pytest.raises(CannotPay) as refusal:
        start(expected_fen=seen)
    assert refusal.value.kind == "voucher_gone"
    # The buyer was shown the total without it and goes on.
    attempt = start(expected_fen=2800)
    assert (attempt.amount_fen, attempt.snapshot["discounts"]) == (2800, [])
    assert counters(terms) == (0, 1, 0, 500)
    pause(terms.pk, True)
    with pytest.raises(CodeRefused, match="暂时不能使用"):
        add_code(chain.make_basket([(grove.pack, 1)]), "CAP")


def test_a_tampered_total_or_code_changes_nothing(stripe):
    grove = chain.make_grove(price_fen=2000)
    terms = discounts.offer("REAL")
    with pytest.raises(CannotPay) as refusal:
        begin([(grove.pack, 1)], "REAL", expected_fen=1)
    assert refusal.value.kind == "changed"
    basket = chain.make_basket([(grove.pack, 1)])
    for code in ("REAL ", "real", "REA", "' OR 1=1", "2345-6789-ABCD-EFGH", ""):
        if code.strip().upper() == "REAL":
            continue
        with pytest.raises(CodeRefused):
            add_code(basket, code)
    assert (basket.vouchers.count(), basket.gifts.count()) == (0, 0)
    assert counters(terms) == (0, 0, 0, 0)
    assert not Use.objects.exists()


def test_a_gift_voucher_pays_all_without_stripe_once(stripe):
    grove = chain.make_grove(price_fen=2000)
    card = discounts.gift(5000)
    attempt = begin([(grove.pack, 1)], cards=(card,))
    assert (attempt.amount_fen, attempt.intent_id, attempt.state) == (0, None, "open")
    card.refresh_from_db()
    assert (card.balance_fen, card.held_fen) == (2200, 2800)

    orders = {finalize(attempt.uuid).order.pk for _ in range(3)}

    assert len(orders) == 1
    card.refresh_from_db()
    assert (card.balance_fen, card.held_fen) == (2200, 0)
    assert (balance("gift"), balance("stripe"), balance("sales")) == (-2200, 0, -2000)
    order = Order.objects.get()
    assert str(order.total_incl_tax) == "28.00"
    assert list(card.moves.values_list("cause", flat=True)) == ["issued", "held", "spent"]


def test_an_abandoned_gift_payment_is_never_placed(stripe):
    grove = chain.make_grove(price_fen=2000)
    card = discounts.gift(5000)
    attempt = begin([(grove.pack, 1)], cards=(card,))
    payments.abandon(attempt.uuid)
    assert finalize(attempt.uuid).kind == "closed"
    card.refresh_from_db()
    assert (card.balance_fen, card.held_fen, Order.objects.count()) == (5000, 0, 0)


def test_a_refund_goes_back_to_each_source_by_what_remains(stripe):
    grove = chain.make_grove(price_fen=1111)
    discounts.offer("SUB", amount_fen=1000)
    card = discounts.gift(1001)
    order = buy([(grove.pack, 3)], "SUB", cards=(card,))
    # Goods 33.33, less 10.00; freight 18.00 for 7.5 kg; 10.01 of it by gift voucher.
    assert order.payment_attempt.amount_fen == 3333 - 1000 + 1800 - 1001
    line = ConsignmentLine.objects.get()
    # 10.01 over 23.33 of goods and 18.00 of freight.
    assert sources() == [
        ("buyer", False, 1768, 0),
        ("programme", False, 1000, 0),
        ("gift", False, 565, 0),
        ("buyer", True, 1364, 0),
        ("gift", True, 436, 0),
    ]
    refund = refund_lines(order.pk, [RefundWish(line.pk, amount_fen=1000)])
    assert (refund.amount_fen, refund.buyer_fen) == (1000, 530)
    assert [row[3] for row in sources()] == [530, 300, 170, 0, 0]
    refund_order(order.pk)
    assert [row[2] for row in sources()] == [row[3] for row in sources()]
    card.refresh_from_db()
    assert card.balance_fen == 1001
    assert (balance("gift"), balance("programme_expense")) == (-1001, 1001)
    assert -balance("refund_due") == order.payment_attempt.amount_fen
    assert sum(Refund.objects.values_list("buyer_fen", flat=True)) == 3132
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_gift_voucher_ends_and_a_refund_gives_it_a_while(stripe, set_clock):
    grove = chain.make_grove(price_fen=2000)
    card = discounts.gift(3000, days=1)
    order = buy([(grove.pack, 1)], cards=(card,))
    set_clock(2 * 86_400)
    assert gifts.ended() == [card.pk]
    assert (gifts.expire(card.pk), gifts.expire(card.pk)) == (200, 0)
    with pytest.raises(CodeRefused):
        add_code(chain.make_basket([(grove.pack, 1)]), "NOPE")
    refund_order(order.pk)
    card.refresh_from_db()
    assert (card.balance_fen, card.valid_until > now() + 29 * DAY) == (2800, True)
    assert balance("gift") == -2800
    set_clock(40 * 86_400)
    assert (gifts.expire(card.pk), gifts.ended()) == (2800, [])
    assert (balance("gift"), balance("programme_expense")) == (0, 0)


def test_a_bought_gift_voucher_stands_against_the_bank_and_its_code_is_kept_as_a_hash():
    with pytest.raises(gifts.CannotIssue):
        discounts.gift(1000, funder="bank")
    card, code = gifts.issue(
        gifts.NewGift(1000, now() + DAY, "bank", reference="transfer 7", recipient="138")
    )
    assert (balance("bank"), balance("gift")) == (1000, -1000)
    assert gifts.find(code.lower().replace("-", " ")) == card
    assert not Gift.objects.filter(digest__icontains=code[:4]).exists()


def test_a_payment_that_comes_late_takes_its_discount_again_or_goes_back(stripe):
    grove = chain.make_grove(price_fen=2000)
    terms = discounts.offer("LATE", uses_limit=2, per_buyer=2)
    card = discounts.gift(1000)
    late, too_late = (begin([(grove.pack, 1)], "LATE", cards=(one,)) for one in (card, card))
    assert [row.amount_fen for row in (late, too_late)] == [1300, 2300]
    for attempt in (late, too_late):
        # What expire() does while Stripe is out of reach.
        holding.release(attempt.uuid)
        stock.release(attempt.uuid)
        chain.pay(attempt)
    assert counters(terms) == (0, 0, 0, 0)

    assert finalize(late.uuid).kind == "order"
    assert counters(terms) == (0, 1, 0, 500)
    card.refresh_from_db()
    assert (card.balance_fen, card.held_fen) == (0, 0)
    buy([(grove.pack, 1)], "LATE")
    assert finalize(too_late.uuid).kind == "refunded"

    assert counters(terms) == (0, 2, 0, 1000)
    assert set(BuyerCount.objects.values_list("uses", flat=True)) == {2}
    assert Refund.objects.get().amount_fen == 2300
    assert Use.objects.get(attempt=too_late).state == "released"


def test_a_coupon_of_a_campaign_is_credited_and_another_clears_nothing(stripe):
    grove = chain.make_grove(price_fen=2000)
    named, linked = (
        Campaign.objects.create(
            code=code, name_zh=code, starts_at=now() - 5 * DAY, ends_at=now() + 5 * DAY
        )
        for code in ("named", "linked")
    )
    touch = {
        "link": "L",
        "campaign": linked.pk,
        "at": (now() - DAY).isoformat(),
        "visitor": "0a8d6ab6-0000-4000-8000-000000000001",
    }
    terms = discounts.offer("COUPON", campaign_id=named.pk)
    discounts.offer("OTHER")
    buy([(grove.pack, 1)], "COUPON", touches=[touch])
    buy([(grove.pack, 1)], "OTHER", touches=[touch])
    rows = LineAttribution.objects.order_by("pk")
    assert [(row.rule, row.campaign_id) for row in rows] == [
        ("coupon", named.pk),
        ("link", linked.pk),
    ]
    assert rows[0].evidence == {"coupon": "COUPON", "terms": terms.pk}


def test_what_staff_may_not_save_is_told_at_its_field():
    terms = discounts.offer("TAKEN")
    wrong = {
        "value": {"bps": 0},
        "ends_at": {"ends_at": now() - 9 * DAY},
        "partner": {"funder": "cooperative"},
        "host": {"funder": "host"},
        "code": {"code": "taken"},
        "name_zh": {"name_zh": terms.offer.name},
        "least_packs": {"least_fen": 1, "least_packs": 1},
    }
    for field, wish in wrong.items():
        with pytest.raises(CannotSave) as refusal:
            discounts.offer(**{"code": "NEW", **wish})
        assert refusal.value.field == field
    assert Terms.objects.count() == 1
    assert save_offer is not None and Account.Kind.GIFT == "gift"


DELIVERY = {
    "name": "买家",
    "phone": "13800000000",
    "email": "buyer@example.org",
    "province": "北京",
    "city": "北京市",
    "district": "海淀区",
    "street": "学院路1号",
}


def test_a_buyer_types_a_voucher_and_a_gift_voucher_and_pays_nothing_by_card(client, stripe):
    grove = chain.make_grove(price_fen=2000)
    chain.make_freight()
    discounts.offer(bps=1000, stacks=True, name_zh="开学九折", name_en="A tenth off")
    discounts.offer("MINUS3", amount_fen=300, stacks=True, least_fen=2000)
    _card, code = gifts.issue(gifts.NewGift(9000, now() + DAY, "programme"))
    assert "开学九折" in client.get(grove.pack.get_absolute_url()).content.decode()
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    for typed in ("minus3", f" {code.lower()} "):
        client.post("/basket/codes/", {"code": typed})
    page = client.get("/basket/").content.decode()
    assert "MINUS3" in page and "15.00" in page and "90.00" in page

    wrong = client.post("/basket/codes/", {"code": "MINUS4"}, follow=True)
    assert len(wrong.context["messages"]) == 1
    client.post("/checkout/", DELIVERY)
    review = client.get("/checkout/review/")
    quoted = review.context["quote"]
    assert (quoted.discount_fen, quoted.gift_fen, quoted.total_fen) == (500, 2300, 0)
    done = client.post("/checkout/review/", {"total": "0"}, follow=True)

    order = Order.objects.get()
    assert order.number in done.content.decode()
    assert str(order.total_incl_tax) == "23.00"
    assert order.payment_attempt.intent_id is None
    shown = client.get(f"/orders/{order.number}/").content.decode()
    assert "开学九折" in shown and f"…{code[-4:]}" in shown
    message = Message.objects.get(kind=Message.Kind.CONFIRMED)
    send_message(message.pk)
    for body in (mail.outbox[0].body, mail.outbox[0].alternatives[0].content):
        assert "开学九折" in body and "−¥2.00" in body and f"…{code[-4:]}" in body


def test_a_voucher_that_is_taken_meanwhile_leaves_the_basket_and_says_so(client, stripe):
    grove = chain.make_grove(price_fen=2000)
    chain.make_freight()
    discounts.offer("LAST", uses_limit=1)
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    client.post("/basket/codes/", {"code": "LAST"})
    client.post("/checkout/", DELIVERY)
    assert client.get("/checkout/review/").context["quote"].total_fen == 2300
    buy([(grove.pack, 1)], "LAST", contact=payments.Contact("y", "", "13900000009"))

    said = client.post("/checkout/review/", {"total": "2300"}, follow=True)

    assert "LAST" in str(list(said.context["messages"])[0])
    assert said.context["quote"].total_fen == 2800
    assert PaymentAttempt.objects.count() == 1
    client.post("/basket/codes/", {"code": "LAST"})
    assert "LAST" not in client.get("/basket/").content.decode()


def test_who_tries_codes_too_often_waits(client):
    grove = chain.make_grove()
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    statuses = {client.post("/basket/codes/", {"code": str(n)}).status_code for n in range(130)}
    assert statuses == {302, 429}


@pytest.fixture
def finance(client):
    """A browser in which finance is signed in."""
    user = User.objects.create_user(email="finance@example.org", password="secret-words-9")
    user.groups.add(seed_roles()[Role.FINANCE])
    client.force_login(user)
    return client


def test_staff_make_pause_and_change_an_offer(finance):
    week = {"starts_at": "2026-01-01T08:00", "ends_at": "2030-01-01T08:00"}
    wish = {
        "name_zh": "新生礼",
        "name_en": "Welcome",
        "code": "new-1",
        "kind": "percent",
        "value": "12.5",
        "funder": "programme",
        "uses_limit": "10",
        "budget": "100",
        **week,
    }
    for field, wrong in (("value", "100.01"), ("ends_at", "2020-01-01T08:00"), ("code", "a b")):
        refused = finance.post("/cms/discounts/new/", {**wish, field: wrong})
        assert refused.status_code == 422 and refused.context["form"].errors.keys() == {field}
    assert not Terms.objects.exists()

    made = finance.post("/cms/discounts/new/", wish, follow=True)
    terms = Terms.objects.get()
    assert "NEW-1" in made.content.decode() and "12.5" in made.content.decode()
    assert (terms.uses_limit, terms.budget_fen, terms.version) == (10, 10_000, 1)
    assert terms.offer.vouchers.get().code == "NEW-1"
    finance.post(f"/cms/discounts/{terms.pk}/pause/", {"paused": "1"})
    terms = Terms.objects.get()
    assert (terms.paused, terms.version) == (True, 2)
    change = {**wish, "kind": "amount", "value": "8", "least": "50", "code": "OTHER"}
    finance.post(f"/cms/discounts/{terms.pk}/edit/", change)
    terms = Terms.objects.get()
    assert (terms.offer.vouchers.get().code, terms.version, terms.paused) == ("NEW-1", 3, True)
    assert saving(terms).count("8.00") == 1
    assert finance.get(f"/cms/discounts/{terms.pk}/edit/").status_code == 200
    assert finance.get("/cms/discounts/").status_code == 200


def test_staff_issue_a_gift_voucher_once_and_see_its_code_once(finance):
    form = {
        "amount": "50",
        "valid_until": "2030-01-01T08:00",
        "funder": "bank",
        "key": "0a8d6ab6-0000-4000-8000-000000000009",
    }
    refused = finance.post("/cms/discounts/gifts/new/", form)
    assert refused.context["form"].errors.keys() == {"reference"}
    form["reference"] = "transfer 12"
    shown = finance.post("/cms/discounts/gifts/new/", form, follow=True)
    again = finance.post("/cms/discounts/gifts/new/", form, follow=True)
    gift = Gift.objects.get()
    assert gifts.find(shown.context["code"]) == gift
    assert again.context["code"] == ""
    assert (gift.balance_fen, balance("bank")) == (5000, 5000)
    assert finance.get("/cms/discounts/gifts/").status_code == 200


def test_a_basket_costs_as_few_queries_with_many_offers(client, django_assert_max_num_queries):
    grove = chain.make_grove()
    for number in range(20):
        discounts.offer(stacks=True, amount_fen=10, per_buyer=number or None)
    discounts.offer("CODE", stacks=True)
    _card, code = gifts.issue(gifts.NewGift(9000, now() + DAY, "programme"))
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    for typed in ("CODE", code):
        client.post("/basket/codes/", {"code": typed})

    with django_assert_max_num_queries(16):
        page = client.get("/basket/")
    with django_assert_max_num_queries(14):
        client.get(grove.pack.get_absolute_url())

    assert len(page.context["codes"]) == 22
    assert page.context["priced"].discount_fen == 20 * 10 + 500


def test_staff_enter_what_a_host_paid_in(finance, stripe):
    grove = chain.make_grove(price_fen=2000)
    finance.post("/cms/discounts/hosts/new/", {"name": "校友会"})
    host = Host.objects.get()
    discounts.offer("ALUMNI", funder="host", host_id=host.pk, amount_fen=700)
    buy([(grove.pack, 1)], "ALUMNI")
    assert "7.00" in finance.get("/cms/discounts/hosts/").content.decode()
    order = Order.objects.get()
    assert "ALUMNI" in finance.get(f"/cms/orders/{order.number}/").content.decode()
    payment = {"host": host.pk, "amount": "7.00", "reference": "B-1"}
    for _ in range(2):
        finance.post("/cms/discounts/hosts/", payment)
    assert (HostPayment.objects.count(), balance("host"), balance("bank")) == (1, 0, 700)
