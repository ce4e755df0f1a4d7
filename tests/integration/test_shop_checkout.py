"""From the basket over address and review to the payment's pages."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from oscar.core.loading import get_model

from storefront.accounts.models import User
from storefront.order.models import Order
from storefront.payments import gateway
from storefront.payments.models import PaymentAttempt
from tests.support import chain

pytestmark = pytest.mark.django_db
Basket, Line = get_model("basket", "Basket"), get_model("basket", "Line")
GIVEN = {
    "name": "收货人",
    "phone": "+86 138-0000 0000",
    "email": "wang@example.org",
    "province": "广西",
    "city": "南宁市",
    "district": "青秀区",
    "street": "大学东路100号",
}


@pytest.fixture
def grove():
    """Four packs of 2.5 kg at ¥24.80; freight ¥8 for 3 kg, ¥2 for each kg more."""
    chain.make_freight()
    return chain.make_grove(grams=10_000)


@pytest.fixture
def buyer(client, grove):
    """A guest with two packs in the basket."""
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 2})
    return client


@pytest.fixture
def paying(buyer, stripe):
    """A guest whose payment is under way: (browser, attempt)."""
    buyer.post("/checkout/", GIVEN)
    buyer.post("/checkout/review/", {"total": "6160"})
    return buyer, PaymentAttempt.objects.get()


def test_an_empty_basket_cannot_be_checked_out(client):
    for address in ("/checkout/", "/checkout/review/"):
        assert client.get(address).url == "/basket/"
    assert client.post("/checkout/review/").url == "/checkout/"
    assert PaymentAttempt.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 61),
        ("phone", "123"),
        ("phone", "1380000000a"),
        ("email", ""),
        ("email", "nobody"),
        ("province", ""),
        ("province", "Atlantis"),
        ("city", " "),
        ("district", "\x00"),
        ("street", ""),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_remembered(buyer, field, value):
    answer = buyer.post("/checkout/", {**GIVEN, field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert buyer.get("/checkout/review/").url == "/checkout/"


def test_a_member_needs_no_email_and_finds_the_last_address(client, grove, stripe):
    member = User.objects.create(phone="13900000000")
    client.force_login(member)
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    assert client.post("/checkout/", {**GIVEN, "email": ""}).url == "/checkout/review/"
    client.post("/checkout/review/")
    attempt = PaymentAttempt.objects.get()
    chain.pay(attempt)
    client.get(f"/checkout/return/{attempt.uuid}/")

    again = Client()
    again.force_login(member)
    again.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    initial = again.get("/checkout/").context["form"].initial

    assert {name: initial[name] for name in ("name", "phone", "province", "street")} == {
        "name": "收货人",
        "phone": "13800000000",
        "province": "广西",
        "street": "大学东路100号",
    }


def test_the_review_shows_parcels_freight_and_total(buyer):
    buyer.post("/checkout/", GIVEN)

    page = buyer.get("/checkout/review/")

    quote = page.context["quote"]
    assert (quote.goods_fen, quote.freight_fen, quote.total_fen) == (4960, 1200, 6160)
    assert [(p.partner.code, p.grams) for p in page.context["parcels"]] == [("COOP-A", 5000)]
    assert "¥61.60" in page.content.decode()
    assert "13800000000" in page.content.decode()


def test_the_way_to_an_order(paying):
    browser, attempt = paying
    page = browser.get(f"/checkout/pay/{attempt.uuid}/").content.decode()
    assert attempt.client_secret in page
    assert "pk_test_suite" in page
    chain.pay(attempt)

    answer = browser.get(f"/checkout/return/{attempt.uuid}/")

    order = Order.objects.get()
    assert answer.url == f"/checkout/done/{order.number}/"
    assert order.total_incl_tax == Decimal("61.60")
    assert order.number in browser.get(answer.url).content.decode()
    assert browser.get("/basket/").context["shown"].lines == []
    assert browser.get(f"/checkout/pay/{attempt.uuid}/").status_code == 302


def test_a_double_click_starts_one_payment(buyer, stripe):
    buyer.post("/checkout/", GIVEN)

    first = buyer.post("/checkout/review/", {"total": "6160"})
    second = buyer.post("/checkout/review/", {"total": "6160"})

    assert first.url == second.url == f"/checkout/pay/{PaymentAttempt.objects.get().uuid}/"


def test_a_total_that_changed_since_the_review_is_shown_again(buyer, grove, stripe):
    buyer.post("/checkout/", GIVEN)
    type(grove.pack).objects.update(offer_price=Decimal("26.00"))

    answer = buyer.post("/checkout/review/", {"total": "6160"})

    assert answer.url == "/checkout/review/"
    assert PaymentAttempt.objects.count() == 0
    assert Basket.objects.get().status == Basket.OPEN


def test_goods_that_went_meanwhile_are_named_in_the_basket(buyer, grove, stripe):
    buyer.post("/checkout/", GIVEN)
    chain.buy([(grove.pack, 3)])

    answer = buyer.post("/checkout/review/", {"total": "6160"}, follow=True)

    assert answer.redirect_chain[-1][0] == "/basket/"
    assert "1" in str(list(answer.context["messages"])[-1])
    assert PaymentAttempt.objects.filter(state="open").count() == 0


def test_while_a_payment_is_under_way_the_basket_waits(paying, grove):
    browser, attempt = paying

    page = browser.get("/basket/")
    added = browser.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    checkout = browser.get("/checkout/")

    assert page.context["attempt"] == attempt
    assert f"/checkout/pay/{attempt.uuid}/" in page.content.decode()
    assert (added.url, checkout.url) == ("/basket/", "/basket/")
    assert Line.objects.get().quantity == 2


def test_giving_up_opens_the_guests_own_basket_again(paying, grove):
    browser, attempt = paying

    answer = browser.post(f"/checkout/give-up/{attempt.uuid}/")

    attempt.refresh_from_db()
    assert (answer.url, attempt.state) == ("/basket/", "closed")
    assert [row.line.quantity for row in browser.get("/basket/").context["shown"].lines] == [2]
    assert chain.figures(grove.partner, grove.produce) == (10_000, 0, 0, 0)
    assert browser.get(f"/checkout/return/{attempt.uuid}/").status_code == 200


def test_giving_up_what_was_paid_at_that_moment_leads_to_the_order(paying):
    browser, attempt = paying
    chain.pay(attempt)

    answer = browser.post(f"/checkout/give-up/{attempt.uuid}/", follow=True)

    assert answer.redirect_chain[-1][0] == f"/checkout/done/{Order.objects.get().number}/"


def test_while_stripe_does_not_answer_the_page_says_processing(paying, settings):
    from storefront.payments import gateway

    browser, attempt = paying
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway._client.cache_clear()

    page = browser.get(f"/checkout/return/{attempt.uuid}/")

    assert page.status_code == 200
    assert page.headers["Refresh"] == f"4; url=/checkout/return/{attempt.uuid}/"
    assert Order.objects.count() == 0


def test_after_fifteen_minutes_an_unpaid_attempt_ends_and_the_basket_opens(paying, set_clock):
    browser, attempt = paying
    set_clock(15 * 60 + 5)

    answer = browser.get(f"/checkout/pay/{attempt.uuid}/", follow=True)

    attempt.refresh_from_db()
    assert attempt.state == "closed"
    assert answer.context["outcome"] == "closed"
    assert Basket.objects.get().status == Basket.OPEN


def test_a_payment_whose_first_answer_was_lost_goes_on_from_the_basket(buyer, stripe, settings):
    # given a payment service that is out of reach after the goods were reserved
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway._client.cache_clear()
    buyer.post("/checkout/", GIVEN)
    assert buyer.post("/checkout/review/", {"total": "6160"}).url == "/basket/"
    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.intent_id) == ("open", None)

    # when it is back, and the buyer follows the basket's link
    settings.STRIPE_API_BASE = stripe.url
    gateway._client.cache_clear()
    pay = f"/checkout/pay/{attempt.uuid}/"
    assert pay in buyer.get("/basket/").content.decode()
    page = buyer.get(pay)

    # then it is theirs, from here on also without the basket
    assert page.status_code == 200
    attempt.refresh_from_db()
    assert attempt.client_secret in page.content.decode()
    chain.pay(attempt)
    placed = buyer.get(f"/checkout/return/{attempt.uuid}/").url
    assert buyer.get(f"/checkout/return/{attempt.uuid}/").url == placed
    assert placed == f"/checkout/done/{Order.objects.get().number}/"


def test_another_browser_sees_nothing_of_a_payment(paying):
    _, attempt = paying
    stranger, member = Client(), Client()
    member.force_login(User.objects.create(email="other@example.org"))

    for browser in (stranger, member):
        for name in ("pay", "return"):
            assert browser.get(f"/checkout/{name}/{attempt.uuid}/").status_code == 404
        assert browser.post(f"/checkout/give-up/{attempt.uuid}/").status_code == 404
        assert browser.get(f"/checkout/pay/{uuid4()}/").status_code == 404

    attempt.refresh_from_db()
    assert attempt.state == "open"


def test_without_a_token_nothing_starts(buyer, stripe):
    buyer.post("/checkout/", GIVEN)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = buyer.cookies

    assert strict.post("/checkout/review/", {"total": "6160"}).status_code == 403
    assert PaymentAttempt.objects.count() == 0


def test_payments_are_not_started_without_end(buyer, stripe, monkeypatch):
    from storefront.checkout import views

    monkeypatch.setattr(views, "PAYMENTS_PER_SESSION", "2/h")
    buyer.post("/checkout/", GIVEN)

    answers = [buyer.post("/checkout/review/", {"total": "6160"}).status_code for _ in range(3)]

    assert answers == [302, 302, 429]
