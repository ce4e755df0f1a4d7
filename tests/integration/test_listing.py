"""The produce list's page: what it shows, says and counts, and that it follows what changes."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.http import QueryDict

from catalog.clock import SHANGHAI, now, today
from catalog.models import Category, Produce, Product
from cooperatives.partner.models import Partner
from cooperatives.partner.selectors import available_packs
from storefront.listing import keeper, rows
from storefront.listing.selectors import list_page
from storefront.listing.tasks import forget_changes
from tests.support import chain

LIST = "/produce/"


def make_world():
    """Three cooperatives in two counties and what they sell: PA, PB, PC and PD, sold out."""
    ya, yb, ca = (chain.make_cooperative(code) for code in ("YA", "YB", "CA"))
    for partner, county, code, village in (
        (ya, "灌阳县", "450327", "永富村"),
        (yb, "灌阳县", "450327", "永富村"),
        (ca, "从江县", "522633", "加瓦村"),
    ):
        partner.county, partner.county_code, partner.village = county, code, village
        partner.save()
    fruit = Category.add_root(name="新鲜水果", name_en="Fresh fruit", slug="fruit")
    dry = Category.add_root(name="干货", name_en="Dry goods", slug="dry")
    month = today().month
    packs = {}
    for code, category, sellers, grams, fen, stock in (
        ("PA", fruit, [ya], 2500, 2480, 10_000),
        ("PB", fruit, [yb, ca], 1500, 2980, 6_000),
        ("PC", dry, [ca], 250, 3200, 5_000),
        ("PD", dry, [ca], 500, 900, 0),
    ):
        produce = chain.make_produce(code)
        produce.category = category
        produce.season_from = produce.season_to = month if code in ("PA", "PD") else month % 12 + 1
        produce.gi_certificate = "AGI-1" if code == "PC" else ""
        produce.temperature = "chilled" if code == "PB" else "ambient"
        produce.save()
        packs[code] = chain.make_pack(produce, sellers, net_grams=grams, price_fen=fen)
        if stock:
            chain.deliver(f"{sellers[0].code}-001", produce, stock)
    return packs


def page_of(query=""):
    return list_page(QueryDict(query))


def codes(query=""):
    return [card.produce.code for card in page_of(query).cards]


def counts(page, name):
    facet = next(each for each in page.facets if each.name == name)
    return {one.value: one.count for one in facet.options}


@pytest.mark.django_db
def test_filters_combine_in_the_address_and_each_value_says_how_many_there_are(client):
    make_world()

    answer = client.get(f"{LIST}?stock=yes&county=522633", headers={"accept-language": "en"})

    page, html = answer.context["page"], answer.content.decode()
    assert [card.produce.code for card in page.cards] == ["PB", "PC"]
    assert counts(page, "county") == {"522633": 2, "450327": 2}
    assert counts(page, "village") == {"CA": 2, "YA": 1}
    assert counts(page, "price") == {"5-10": 1, "50-": 1}
    assert counts(page, "pack") == {"0-1": 1, "3-5": 1}
    assert counts(page, "delivery") == {"ambient": 1, "chilled": 1}
    assert [(one.name, one.count) for one in page.switches] == [("stock", 2), ("gi", 1)]
    assert [(way.url, way.count) for way in page.categories] == [
        (f"{LIST}?stock=yes&county=522633", 0),
        (f"{LIST}?category=fruit&stock=yes&county=522633", 1),
        (f"{LIST}?category=dry&stock=yes&county=522633", 1),
    ]
    assert [chip.url for chip in page.chips] == [f"{LIST}?county=522633", f"{LIST}?stock=yes"]
    assert answer.context["canonical_query"] == "stock=yes&county=522633"
    assert "<title>All produce · In stock only · Congjiang County ·" in html
    assert 'role="status"' in html
    assert "2 kinds" in html


@pytest.mark.django_db
def test_a_village_of_two_cooperatives_is_one_and_either_code_leads_to_it(client):
    make_world()

    answer = client.get(f"{LIST}?village=YB")

    assert answer.status_code == 302
    assert answer.url == f"{LIST}?village=YA"
    assert set(codes("village=YA")) == {"PA", "PB"}


@pytest.mark.django_db
def test_what_cannot_be_read_is_said_and_the_list_is_shown_all_the_same(client):
    make_world()

    for query in (
        "county=nowhere", "price=1;DROP", "sort=%00", "page=99", "page=abc", "pack=%F0%9F%8D%90",
        "q=" + "%E6%A2%A8" * 3000, "stock=%3Cscript%3Ealert(1)%3C/script%3E",
    ):  # fmt: skip
        answer = client.get(f"{LIST}?{query}")
        assert answer.status_code == 200, query
        assert len(answer.context["page"].notices) == 1, query
        assert "<script>alert" not in answer.content.decode()
    assert client.get(f"{LIST}?category=nothing").status_code == 404
    Category.add_root(name="空", slug="empty")
    assert client.get(f"{LIST}?category=empty").context["page"].cards == []
    assert client.get(f"{LIST}?" + "&".join(["stock=yes"] * 2000)).status_code == 400
    for said, canonical in (
        ("q=&sort=best&stock=yes", "?stock=yes"),
        ("stock=yes&category=dry", "?category=dry&stock=yes"),
        ("page=1", ""),
    ):
        assert client.get(f"{LIST}?{said}").url == f"{LIST}{canonical}"
    assert client.get(f"{LIST}?utm_source=poster&stock=yes").status_code == 200


@pytest.mark.django_db
def test_an_empty_answer_offers_ways_on(client):
    make_world()

    answer = client.get(f"{LIST}?category=fruit&price=50-&delivery=ambient")

    page = answer.context["page"]
    assert page.cards == []
    assert [(way.url, way.count) for way in page.ways_on] == [
        (f"{LIST}?category=fruit&delivery=ambient", 1),
        (f"{LIST}?price=50-&delivery=ambient", 1),
    ]
    assert [card.produce.code for card in page.season_cards] == ["PA"]
    assert f'href="{LIST}?category=fruit&amp;delivery=ambient"' in answer.content.decode()


@pytest.mark.django_db
def test_a_card_shows_the_pack_that_was_asked_for_and_leads_to_it():
    packs = make_world()
    seller = Partner.objects.get(code="YA")
    big = chain.make_pack(packs["PA"].produce, [seller], net_grams=20_000, price_fen=15_000)

    def card(query):
        return page_of(query).cards[0]

    assert (card("category=fruit").pack, card("category=fruit").url) == (
        packs["PA"], packs["PA"].produce.get_absolute_url(),
    )  # fmt: skip
    assert available_packs([big.pk, packs["PA"].pk]) == {big.pk: 0, packs["PA"].pk: 4}
    # 10 kg are in the pool: the pack of 20 kg is sold out, and shown so.
    shown = card("pack=10-")
    assert (shown.pack, shown.url, shown.available) == (big, big.get_absolute_url(), False)
    assert codes("pack=10-&stock=yes") == []


@pytest.mark.django_db
def test_most_sold_counts_the_packs_paid_for_in_thirty_days_less_those_cancelled(stripe, set_clock):
    packs = make_world()
    chain.buy([(packs["PB"], 3)])
    chain.buy([(packs["PC"], 2)])

    assert codes("sort=sold") == ["PB", "PC", "PA", "PD"]
    set_clock(31 * 24 * 3600)
    assert rows.read_sold() == {}


@pytest.mark.django_db
def test_one_tap_puts_the_only_pack_into_the_basket_and_stays(client):
    packs = make_world()
    html = client.get(LIST).content.decode()
    htmx = {"HX-Request": "true", "accept-language": "en"}

    added = client.post("/basket/add/", {"pack": packs["PA"].pk, "quantity": 1}, headers=htmx)
    refused = client.post("/basket/add/", {"pack": packs["PD"].pk, "quantity": 1}, headers=htmx)
    wrong = client.post("/basket/add/", {"pack": "x"}, headers=htmx)

    assert f'name="pack" value="{packs["PA"].pk}"' in html
    assert f'name="pack" value="{packs["PD"].pk}"' not in html  # sold out
    assert "is in your basket" in added.content.decode()
    assert '<span class="count">1</span>' in added.content.decode()
    assert "sold out" in refused.content.decode()
    assert "choose a pack" in wrong.content.decode()
    assert len(client.get("/basket/").context["shown"].lines) == 1


def in_another_connection(work):
    """Run something in a thread, hence in a transaction of its own, and wait for it."""

    def run():
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_the_list_is_right_at_once_after_each_change(
    fresh_database, django_assert_num_queries, set_clock
):
    packs = make_world()
    assert codes() == ["PA", "PB", "PC", "PD"]
    kept = keeper.fresh()
    produce = {code: pack.produce for code, pack in packs.items()}

    def change(model, pk, **values):
        in_another_connection(lambda: model.objects.filter(pk=pk).update(**values))

    # Nothing changed: one question.
    with django_assert_num_queries(1):
        assert keeper.fresh() is kept
    # Stock
    chain.deliver("CA-001", produce["PD"], 5_000)
    assert codes("stock=yes") == ["PA", "PD", "PB", "PC"]
    # Price: 24.80 for 5 斤 is 4.96; 25.00 is 5.00
    assert codes("price=0-5") == ["PA"]
    change(Product, packs["PA"].pk, offer_price="25.00")
    assert codes("price=0-5") == []
    # Withdrawn, and on sale again
    change(Product, packs["PB"].pk, is_public=False)
    assert codes("category=fruit") == ["PA"]
    change(Product, packs["PB"].pk, is_public=True)
    # Of the produce itself
    change(Produce, produce["PC"].pk, temperature="frozen", code="PX")
    assert codes("delivery=frozen") == ["PX"]
    assert keeper.fresh() is kept
    # What concerns many is read anew.
    change(Partner, Partner.objects.get(code="CA").pk, county="榕江县", county_code="522632")
    assert set(codes("county=522632")) == {"PB", "PX", "PD"}
    # Gone, and new
    packs["PD"].stockrecords.all().delete()
    chain.make_pack(chain.make_produce("PN"), [Partner.objects.get(code="YA")])
    assert codes("sort=new") == ["PN", "PX", "PB", "PA"]
    # Time alone: in an hour the picking day after tomorrow's counts.
    day = now().astimezone(SHANGHAI)
    ripe = chain.make_produce("PR", ship_within_hours=24 + 23 - day.hour)
    chain.make_pack(ripe, [Partner.objects.get(code="YA")], net_grams=1000)
    start = today() + timedelta(days=2)
    chain.promise("YA-001", ripe, 10_000, per_day=5_000, from_day=start)
    assert "PR" not in codes("stock=yes")
    set_clock(3600)
    assert "PR" in codes("stock=yes")


def test_what_commits_late_is_not_missed_and_what_is_rolled_back_never_seen(fresh_database):
    packs = make_world()
    codes()
    pack = packs["PA"]

    with transaction.atomic():
        Product.objects.filter(pk=pack.pk).update(offer_price="60.00")
        # Its own change is seen here, and by nobody else.
        assert codes("price=10-20") == ["PA"]
        others = []
        in_another_connection(lambda: others.append(codes("price=0-5")))
        # Somebody else commits meanwhile, later numbers first.
        in_another_connection(
            lambda: Product.objects.filter(pk=packs["PC"].pk).update(offer_price="1.00")
        )
        in_another_connection(lambda: others.append(codes("price=0-5")))
    assert others == [["PA"], ["PA", "PC"]]
    assert codes("price=0-5") == ["PC"]
    with transaction.atomic():
        Product.objects.filter(pk=pack.pk).update(offer_price="1.00")
        assert codes("price=0-5") == ["PA", "PC"]
        transaction.set_rollback(True)
    assert codes("price=0-5") == ["PC"]

    # In the end the notes are forgotten, and nothing else.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM listing_change")
        (noted,) = cursor.fetchone()
        cursor.execute("UPDATE listing_change SET written_at = written_at - interval '61 minutes'")
    assert noted > 0
    assert (forget_changes(), forget_changes()) == (noted, 0)
    assert set(codes()) == {"PA", "PB", "PC", "PD"}
