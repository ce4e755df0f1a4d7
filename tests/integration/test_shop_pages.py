"""The produce list and the product page."""

import pytest
from django.urls import reverse

from cooperatives.partner.models import Partner
from tests.support import chain
from tests.support.shop import make_many

pytestmark = pytest.mark.django_db
LIST = "/produce/"


def test_the_list_shows_name_price_place_and_price_per_jin(client):
    grove = chain.make_grove(grams=10_000, net_grams=2500, price_fen=2480)
    Partner.objects.update(county="灌阳县", village="永富村")

    page = client.get(LIST).content.decode()

    assert "PA果" in page
    assert "¥24.80" in page
    assert "¥4.96" in page
    assert "灌阳县永富村" in page
    assert grove.produce.get_absolute_url() in page


def test_a_produce_without_grams_is_shown_as_sold_out_and_cannot_be_added(client):
    grove = chain.make_grove(grams=0)

    card = client.get(LIST).context["cards"][0]
    page = client.get(grove.produce.get_absolute_url())

    assert not card.available
    assert not page.context["shown"].available
    assert "disabled" in page.content.decode()


def test_what_is_in_season_comes_first(client, set_clock):
    from catalog.clock import today

    month = today().month
    out, inside = chain.make_grove("A"), chain.make_grove("B")
    type(out.produce).objects.filter(pk=out.produce.pk).update(
        season_from=month % 12 + 1, season_to=month % 12 + 1
    )

    cards = client.get(LIST).context["cards"]

    assert [card.produce for card in cards] == [inside.produce, out.produce]
    assert [card.in_season for card in cards] == [True, False]


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [("2", 2), ("0", 2), ("-1", 2), ("99", 2), ("9" * 40, 2), ("abc", 1), ("", 1), ("1.5", 1)],
)
def test_a_page_that_does_not_exist_leads_to_one_that_does(client, wanted, shown):
    make_many(30)

    answer = client.get(LIST, {"page": wanted}, follow=True)

    assert answer.status_code == 200
    assert answer.context["shown"].number == shown


@pytest.mark.parametrize("category", ["nothing-like-it", "\x00", "'", "%"])
def test_an_unknown_category_is_not_found(client, category):
    chain.make_grove()

    assert client.get(LIST, {"category": category}).status_code == 404


def test_the_category_filters_and_the_pages_keep_it(client):
    packs = make_many(30)
    category = packs[0].produce.category

    page = client.get(LIST, {"category": category.slug})

    assert page.context["shown"].paginator.count == 30
    assert "category=" in page.content.decode().split('rel="next"')[1][:200]


def test_the_product_page_shows_packs_growers_and_the_months(client):
    grove = chain.make_grove(grams=10_000)
    second = chain.make_pack(grove.produce, [grove.partner], net_grams=5000, price_fen=4500)

    shown = client.get(f"/produce/PA/?pack={second.pk}").context["shown"]

    assert [(choice.product, choice.available) for choice in shown.packs] == [
        (grove.pack, 4),
        (second, 2),
    ]
    assert shown.chosen.product == second
    assert [(one.partner, one.households) for one in shown.growers] == [(grove.partner, 3)]
    assert shown.season == [(month, True) for month in range(1, 13)]


def test_two_households_are_too_few_to_be_counted_in_public(client):
    chain.make_cooperative("SMALL", households=2)
    produce = chain.make_produce("S")
    chain.make_pack(produce, [Partner.objects.get(code="SMALL")])

    shown = client.get("/produce/S/").context["shown"]

    assert shown.growers[0].households is None


@pytest.mark.parametrize("pack", ["0", "abc", "9" * 30, "\x00", "-1"])
def test_a_wrong_pack_in_the_address_chooses_the_first_that_can_be_had(client, pack):
    grove = chain.make_grove()

    answer = client.get("/produce/PA/", {"pack": pack})

    assert answer.status_code == 200
    assert answer.context["shown"].chosen.product == grove.pack


def test_an_unknown_produce_is_not_found_in_both_languages(client):
    assert client.get("/produce/NOWHERE/").status_code == 404
    assert client.get("/produce/NOWHERE/", headers={"accept-language": "en"}).status_code == 404


def test_the_language_switch_keeps_the_page(client):
    grove = chain.make_grove()
    here = f"{grove.produce.get_absolute_url()}?pack={grove.pack.pk}"
    assert "PA果" in client.get(here).content.decode()

    answer = client.post(reverse("set_language"), {"language": "en", "next": here})

    assert (answer.status_code, answer.url) == (302, here)
    page = client.get(here).content.decode()
    assert '<html lang="en">' in page
    assert "PA fruit" in page
    assert "Put into the basket" in page


def test_the_language_switch_never_leads_to_another_site(client):
    answer = client.post(
        reverse("set_language"), {"language": "en", "next": "https://elsewhere.example/"}
    )

    assert answer.url == "/"
