"""Staff keep produce, prices, freight and the cooperatives' people in Wagtail's admin."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from cooperatives.portal.models import Membership
from cooperatives.routing.models import FreightRate
from storefront.accounts.models import User
from storefront.accounts.roles import Role, seed_roles
from storefront.shop.admin import GoodsGroup
from tests.support import chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def grove():
    return chain.make_grove(price_fen=2480)


def signed_in(role: Role) -> Client:
    user = User.objects.create_user(email=f"{role}@example.org", password="secret-words-9")
    user.is_staff = True
    user.save()
    user.groups.add(seed_roles()[role])
    client = Client()
    client.force_login(user)
    return client


def address(model, view: str, *arguments) -> str:
    return reverse(model.snippet_viewset.get_url_name(view), args=arguments)


def test_an_administrator_changes_an_offer_price_and_the_shop_sells_at_it(grove, stripe):
    admin = signed_in(Role.ADMINISTRATOR)
    pack = grove.pack

    answer = admin.post(
        address(type(pack), "edit", pack.pk),
        {"offer_price": "19.90", "pack_zh": "五斤装", "pack_en": "5 jin", "is_public": "on"},
    )

    assert answer.status_code == 302
    pack.refresh_from_db()
    assert pack.offer_price == Decimal("19.90")
    # the cooperative asks 24.80: below it, it sells nothing until it agrees
    pack.stockrecords.update(agreed_price=Decimal("19.90"))
    assert chain.buy([(pack, 1)]).total_excl_tax == Decimal("19.90") + 8


def test_a_price_of_nothing_is_refused_with_a_word(grove):
    admin = signed_in(Role.ADMINISTRATOR)

    answer = admin.post(
        address(type(grove.pack), "edit", grove.pack.pk),
        {"offer_price": "0", "pack_zh": "五斤装", "is_public": "on"},
    )

    assert answer.status_code == 200
    grove.pack.refresh_from_db()
    assert grove.pack.offer_price == Decimal("24.80")


@pytest.mark.parametrize("place", [0, 1], ids=["produce", "packs"])
def test_produce_and_packs_are_neither_added_nor_deleted_by_hand(grove, place):
    admin = signed_in(Role.ADMINISTRATOR)
    model = GoodsGroup.items[place].model
    one = (grove.produce, grove.pack)[place]

    for url in (address(model, "add"), address(model, "delete", one.pk)):
        assert admin.get(url).status_code in (302, 403, 404)
        assert admin.post(url).status_code in (302, 403, 404)

    assert model.objects.filter(pk=one.pk).exists()
    assert model.objects.count() == 1


def test_a_new_member_reaches_the_cooperatives_portal(grove):
    admin = signed_in(Role.ADMINISTRATOR)
    person = User.objects.create_user(email="packer@example.org", password="secret-words-9")
    client = Client()
    client.force_login(person)
    portal = f"/coop/{grove.partner.code}/"
    assert client.get(portal).status_code == 404

    admin.post(
        address(Membership, "add"),
        {"user": person.pk, "partner": grove.partner.pk, "role": "packer"},
    )

    assert client.get(portal).status_code == 200


def test_finance_keeps_the_freight_table_and_no_members(grove):
    finance = signed_in(Role.FINANCE)
    rate = {
        "province": "北京",
        "first_grams": 1000,
        "first_fen": 500,
        "step_grams": 1000,
        "step_fen": 100,
        "transit_days": 4,
    }

    finance.post(address(FreightRate, "add"), rate)
    denied = finance.post(
        address(Membership, "add"), {"user": 1, "partner": grove.partner.pk, "role": "manager"}
    )

    rate = FreightRate.objects.get()
    assert (rate.first_fen, rate.transit_days) == (500, 4)
    assert denied.status_code in (302, 403)
    assert not Membership.objects.exists()


@pytest.mark.parametrize("place", range(4))
def test_each_list_opens_within_its_queries(grove, place, django_assert_max_num_queries):
    admin = signed_in(Role.ADMINISTRATOR)
    chain.make_freight()
    url = address(GoodsGroup.items[place].model, "list")
    admin.get(url)

    with django_assert_max_num_queries(16):
        assert admin.get(url).status_code == 200
