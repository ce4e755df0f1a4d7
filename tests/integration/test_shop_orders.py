"""Who sees an order, how a guest finds one, and what its page shows."""

from dataclasses import replace

import pytest
from django.test import Client

from catalog.numbers import to_fen
from cooperatives.routing.models import Consignment
from cooperatives.routing.services import pack, ship
from storefront.accounts.models import User
from storefront.aftersales.services import refund_order
from storefront.order.links import order_address, order_key
from storefront.shop.order_selectors import order_page
from tests.support import chain

pytestmark = pytest.mark.django_db
UNKNOWN = "We found no order with this number and contact."


@pytest.fixture
def order(stripe):
    """A guest's order of two packs: 13800000000, buyer@example.org."""
    return chain.buy([(chain.make_grove().pack, 2)])


@pytest.mark.parametrize(
    "contact", ["13800000000", "+86 138 0000 0000", "buyer@example.org", " BUYER@Example.org "]
)
def test_a_guest_finds_the_order_by_number_and_contact(client, order, contact):
    answer = client.post("/orders/find/", {"number": f" {order.number} ", "contact": contact})

    assert answer.url == f"/orders/{order.number}/"
    assert order.number in client.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("number", "contact"),
    [
        (None, "13811111111"),
        (None, "other@example.org"),
        ("1", "13800000000"),
        (None, "-"),
        (None, "%"),
    ],
)
def test_a_wrong_number_and_a_wrong_contact_get_the_same_answer(client, order, number, contact):
    answer = client.post(
        "/orders/find/",
        {"number": number or order.number, "contact": contact},
        headers={"accept-language": "en"},
    )

    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == [UNKNOWN]
    assert client.get(f"/orders/{order.number}/").status_code == 404


def test_one_number_is_not_tried_without_end(client, order, monkeypatch):
    from storefront.shop import order_views

    monkeypatch.setattr(order_views, "TRIES_PER_NUMBER", "2/h")
    wrong = {"number": order.number, "contact": "13811111111"}

    answers = [client.post("/orders/find/", wrong).status_code for _ in range(3)]

    assert answers == [422, 422, 429]
    right = {**wrong, "contact": "13800000000"}
    assert client.post("/orders/find/", right).status_code == 429


def test_the_link_of_a_mail_opens_the_order_and_no_other(client, order):
    address = order_address(order.number).removeprefix("http://testserver")

    assert client.get(address).status_code == 200
    assert client.get(f"/orders/{order.number}/").status_code == 404
    assert client.get(f"/orders/{order.number}/?key={order_key('1')}").status_code == 404
    assert client.get(f"/orders/{order.number}/?key=%00").status_code == 404
    assert client.get(f"/orders/1/?key={order_key('1')}").status_code == 404


def test_a_member_sees_own_orders_and_no_others(stripe):
    member, other = (User.objects.create(email=f"{name}@example.org") for name in "ab")
    grove = chain.make_grove()
    mine, others = (chain.buy([(grove.pack, 1)], user=user) for user in (member, other))
    browser = Client()
    browser.force_login(member)

    shown = browser.get("/orders/").context["shown"]

    assert [one.number for one in shown] == [mine.number]
    assert browser.get(f"/orders/{mine.number}/").status_code == 200
    assert browser.get(f"/orders/{others.number}/").status_code == 404
    assert browser.get(f"/checkout/done/{others.number}/").status_code == 404


def test_the_list_of_orders_asks_who_is_there(client):
    assert client.get("/orders/").url == "/accounts/login/?next=/orders/"


def test_the_page_follows_the_parcel_and_the_refund(client, order):
    consignment = Consignment.objects.get(order=order)
    pack(consignment.pk, {})
    ship(consignment.pk, "顺丰", "SF123")
    refund_order(order.pk, actor=None, reason="goodwill", note="")

    page = client.get(order_address(order.number).removeprefix("http://testserver"))

    shown = page.context["shown"]
    assert [step.done for step in shown.parcels[0].steps] == [True, True, True, False]
    back = sum(refund.amount_fen for refund in order.refunds.all())
    assert 0 < back == to_fen(order.total_incl_tax) - shown.left_fen
    assert "SF123" in page.content.decode()


def test_nothing_can_be_cancelled_while_the_bank_decides_about_the_money(order):
    shown = order_page(order.number)

    assert shown.may_cancel
    assert not replace(shown, disputed=True).may_cancel
