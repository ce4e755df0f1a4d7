"""The basket: lines and their sources, quantities, merging at sign-in."""

from decimal import Decimal

import pytest
from django.urls import reverse
from oscar.core.loading import get_model

from storefront.accounts.models import User
from storefront.shop import services
from tests.support import chain

pytestmark = pytest.mark.django_db
Basket, Line = get_model("basket", "Basket"), get_model("basket", "Line")
ADD = "/basket/add/"


def lines(basket) -> list[tuple[str, int]]:
    """(line reference, packs) of a basket, in order."""
    rows = Line.objects.filter(basket=basket).order_by("pk")
    return list(rows.values_list("line_reference", "quantity"))


@pytest.fixture
def grove():
    """Forty packs of 2.5 kg at ¥24.80."""
    return chain.make_grove(grams=100_000)


def reference(grove) -> str:
    return f"{grove.pack.pk}_{grove.pack.stockrecords.get().pk}"


def test_a_guest_adds_changes_and_removes(client, grove):
    client.post(ADD, {"pack": grove.pack.pk, "quantity": 2})
    answer = client.post(ADD, {"pack": grove.pack.pk, "quantity": 1})
    basket = Basket.objects.get()
    assert answer.url == "/basket/"
    assert lines(basket) == [(reference(grove), 3)]

    address = reverse("shop:basket-line", args=[Line.objects.get().pk])
    client.post(address, {"quantity": 5})
    shown = client.get("/basket/").context["shown"]
    assert (shown.total, shown.grams) == (Decimal("124.00"), 12_500)

    client.post(address, {"quantity": 0})
    assert lines(basket) == []
    assert client.get("/basket/").status_code == 200


def test_looking_around_makes_no_basket(client, grove):
    client.get("/basket/")
    client.force_login(User.objects.create(email="buyer@example.org"))
    client.get("/produce/")
    client.get("/basket/")

    assert Basket.objects.count() == 0


def test_the_same_pack_from_a_room_and_from_the_catalogue_is_two_lines(grove):
    basket = Basket()
    services.add_to_basket(basket, grove.pack, 1)
    services.add_to_basket(basket, grove.pack, 2, "room:5")
    services.add_to_basket(basket, grove.pack, 3, "room:5")

    assert lines(basket) == [(reference(grove), 1), (f"{reference(grove)}~room:5", 5)]


def test_signing_in_loses_nothing_of_the_guests_basket(client, grove):
    # given a member's basket and a guest's, with lines of both sources
    member = User.objects.create(email="buyer@example.org")
    mine = chain.make_basket([(grove.pack, 2), (grove.pack, 1, "room:5")], user=member)
    client.post(ADD, {"pack": grove.pack.pk, "quantity": 3})
    guests = Basket.objects.get(owner=None)
    services.add_to_basket(guests, grove.pack, 4, "room:6")

    # when the guest turns out to be the member
    client.force_login(member)
    client.get("/basket/")
    client.get("/basket/")

    # then every line is there, and the same one's packs are added up
    assert lines(mine) == [
        (reference(grove), 5),
        (f"{reference(grove)}~room:5", 1),
        (f"{reference(grove)}~room:6", 4),
    ]
    guests.refresh_from_db()
    assert guests.status == Basket.MERGED
    assert not client.cookies["oscar_open_basket"].value


def test_merging_the_same_basket_twice_adds_its_packs_once(grove):
    member = User.objects.create(email="buyer@example.org")
    mine = chain.make_basket([(grove.pack, 2)], user=member)
    guests = chain.make_basket([(grove.pack, 3)])

    assert services.merge_baskets(mine.pk, guests.pk) == 3
    assert services.merge_baskets(mine.pk, guests.pk) == 0

    assert lines(mine) == [(reference(grove), 5)]


def test_more_than_there_is_is_refused_and_changes_nothing(client, grove):
    client.post(ADD, {"pack": grove.pack.pk, "quantity": 39})
    basket = Basket.objects.get()

    answer = client.post(ADD, {"pack": grove.pack.pk, "quantity": 2}, follow=True)

    assert "40" in str(list(answer.context["messages"])[-1])
    assert lines(basket) == [(reference(grove), 39)]
    with pytest.raises(services.NotEnough):
        services.add_to_basket(basket, grove.pack, 2, "room:5")
    with pytest.raises(services.NotEnough):
        services.set_quantity(basket, Line.objects.get().pk, 41)
    assert lines(basket) == [(reference(grove), 39)]


def test_a_line_holds_at_most_999_packs():
    grove = chain.make_grove(grams=3_000_000)
    basket = Basket()
    services.add_to_basket(basket, grove.pack, 990)
    services.add_to_basket(basket, grove.pack, 990)

    assert lines(basket) == [(reference(grove), 999)]


@pytest.mark.parametrize("quantity", ["0", "-1", "1000", "abc", "", "1.5", "\x00"])
def test_a_senseless_quantity_adds_nothing(client, grove, quantity):
    answer = client.post(ADD, {"pack": grove.pack.pk, "quantity": quantity})

    assert answer.status_code == 302
    assert Basket.objects.count() == 0


@pytest.mark.parametrize("pack", ["0", "abc", "", "9" * 30, "\x00"])
def test_a_senseless_pack_adds_nothing(client, grove, pack):
    answer = client.post(ADD, {"pack": pack, "quantity": 1})

    assert (answer.status_code, answer.url) == (302, "/produce/")
    assert Basket.objects.count() == 0


def test_another_buyers_line_cannot_be_changed(client, grove):
    other = chain.make_basket([(grove.pack, 2)])
    client.post(ADD, {"pack": grove.pack.pk, "quantity": 1})

    client.post(reverse("shop:basket-line", args=[other.lines.get().pk]), {"quantity": 0})

    assert lines(other) == [(reference(grove), 2)]


def test_the_basket_warns_when_the_goods_went_and_of_a_new_price(client, grove):
    client.post(ADD, {"pack": grove.pack.pk, "quantity": 30})
    type(grove.pack).objects.update(offer_price=Decimal("26.00"))
    pool = chain.pool_of(grove.partner, grove.produce)
    type(pool).objects.filter(pk=pool.pk).update(reserved=50_000)

    shown = client.get("/basket/").context["shown"]

    assert (shown.lines[0].left, shown.lines[0].short) == (20, True)
    assert shown.lines[0].old_price == Decimal("24.80")
    assert shown.total == Decimal("780.00")
    assert not shown.can_be_bought


def test_a_frozen_basket_stays_as_it_is(client, grove):
    client.post(ADD, {"pack": grove.pack.pk, "quantity": 1})
    basket = Basket.objects.get()
    Basket.objects.update(status=Basket.FROZEN)

    with pytest.raises(services.BasketLocked):
        services.add_to_basket(basket, grove.pack, 1)
    with pytest.raises(services.BasketLocked):
        services.set_quantity(basket, Line.objects.get().pk, 9)

    assert lines(basket) == [(reference(grove), 1)]
