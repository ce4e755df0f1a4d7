"""An earlier order's packs once more."""

from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from catalog.clock import now
from catalog.models import Product
from storefront.accounts.models import User
from storefront.order.models import Order
from storefront.shop.buying_again import buy_again
from storefront.shop.services import BasketLocked
from tests.support import chain

pytestmark = pytest.mark.django_db


def make_order(user, *items):
    """An order of (pack, packs), as far as its lines go."""
    order = Order.objects.create(
        number="A-1",
        user=user,
        currency="CNY",
        total_incl_tax=Decimal("1.00"),
        total_excl_tax=Decimal("1.00"),
        date_placed=now(),
    )
    for pack, packs in items:
        price = pack.offer_price
        order.lines.create(
            product=pack,
            title=pack.title,
            partner_sku=pack.upc,
            quantity=packs,
            num_allocated=0,
            unit_price_incl_tax=price,
            unit_price_excl_tax=price,
            line_price_incl_tax=price * packs,
            line_price_excl_tax=price * packs,
            line_price_before_discounts_incl_tax=price * packs,
            line_price_before_discounts_excl_tax=price * packs,
        )
    return order


@pytest.fixture
def buyer():
    return User.objects.create(email="buyer@example.org")


def quantities(basket):
    return {line.product: line.quantity for line in basket.lines.all()}


def test_what_there_is_goes_into_the_basket_and_the_rest_is_told(client, buyer):
    whole, part = chain.make_grove("A", grams=50_000), chain.make_grove("B", grams=6000)
    none, gone = chain.make_grove("C", grams=0), chain.make_grove("D")
    dearer = chain.make_grove("E", price_fen=1000)
    order = make_order(
        buyer,
        (whole.pack, 3),
        (part.pack, 4),
        (none.pack, 1),
        (gone.pack, 2),
        (dearer.pack, 1),
        (whole.pack, 1),
    )
    Product.objects.filter(pk=gone.pack.pk).update(is_public=False)
    Product.objects.filter(pk=dearer.pack.pk).update(offer_price=Decimal("12.00"))
    client.force_login(buyer)

    answer = client.post(reverse("orders:again", args=["A-1"]))

    assert (answer.status_code, answer.url) == (302, reverse("shop:basket"))
    basket = client.get(reverse("shop:basket")).wsgi_request.basket
    assert quantities(basket) == {whole.pack: 4, part.pack: 2, dearer.pack: 1}
    rows = buy_again(basket, order)
    assert [(row.wanted, row.packs) for row in rows] == [(4, 4), (4, 0), (1, 0), (2, 0), (1, 1)]
    # On top of what is there, to the last gram and no further
    assert quantities(basket) == {whole.pack: 8, part.pack: 2, dearer.pack: 2}
    assert rows[-1].costs_otherwise
    assert (rows[-1].then_fen, rows[-1].now_fen) == (1000, 1200)


def test_each_pack_that_falls_short_is_named(client, buyer, settings):
    part, none = chain.make_grove("B", grams=6000), chain.make_grove("C", grams=0)
    make_order(buyer, (part.pack, 4), (none.pack, 1))
    client.force_login(buyer)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    answer = client.post(reverse("orders:again", args=["A-1"]))

    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert told == [
        "2 packs of this order are in your basket.",
        "PB fruit 2500 g: only 2 of 4 packs could be put in.",
        "PC fruit 2500 g: none can be had now.",
    ]


def test_a_basket_that_is_being_paid_for_stays_as_it_is(buyer):
    grove = chain.make_grove()
    order = make_order(buyer, (grove.pack, 3))
    basket = chain.make_basket([(grove.pack, 1)])
    basket.freeze()

    with pytest.raises(BasketLocked):
        buy_again(basket, order)

    assert quantities(basket) == {grove.pack: 1}


def test_when_nothing_can_be_had_no_basket_is_made(client, buyer):
    grove = chain.make_grove(grams=0)
    make_order(buyer, (grove.pack, 3))
    client.force_login(buyer)

    client.post(reverse("orders:again", args=["A-1"]))

    assert client.get(reverse("shop:basket")).wsgi_request.basket.pk is None


def test_an_order_of_somebody_else_is_not_found_and_puts_nothing_in(client, buyer):
    grove = chain.make_grove()
    make_order(buyer, (grove.pack, 3))
    client.force_login(User.objects.create(email="other@example.org"))

    assert client.post(reverse("orders:again", args=["A-1"])).status_code == 404
    assert client.get(reverse("shop:basket")).context["shown"].lines == []
