"""The page of one produce: freight, arrival, shares, seasons, what to have instead."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from catalog.clock import SHANGHAI, today
from catalog.models import Category, Produce
from cooperatives.routing.models import FreightRate
from storefront.impact.selectors import household_share
from storefront.payments.quote import quote
from storefront.shop.produce_page import Wanted, delivery_of, produce_page
from tests.support import chain

pytestmark = pytest.mark.django_db


def rate(partner=None, province="", *, first=(3000, 1200), step=(1000, 300), days=3):
    return FreightRate.objects.create(
        partner=partner,
        province=province,
        first_grams=first[0],
        first_fen=first[1],
        step_grams=step[0],
        step_fen=step[1],
        transit_days=days,
    )


def at(set_clock, text):
    """Set the clock to a time in Shanghai."""
    wanted = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    set_clock(round((wanted - datetime.now(SHANGHAI)).total_seconds()))


def shown_delivery(produce, **asked):
    return delivery_of(produce, Wanted.read({key: str(value) for key, value in asked.items()}))


def test_freight_is_what_the_checkout_will_ask_for_and_says_how_it_grows(client):
    grove = chain.make_grove(grams=50_000, net_grams=2500)
    rate()
    rate(grove.partner, "广西", first=(3000, 900), step=(1000, 150))

    near = shown_delivery(grove.produce, packs=3, to="guangxi")
    anywhere = shown_delivery(grove.produce, packs=3)
    charged = quote(chain.make_basket([(grove.pack, 3)]), "广西")

    # 7,500 g: the first 3 kg, then five started kilograms
    assert (near.low_fen, near.high_fen, near.now_fen) == (1650, 1650, 1650)
    assert charged.freight_fen == 1650
    assert [terms.rate.step_fen for terms in near.terms] == [150]
    assert near.packers == [grove.partner]
    # Guangxi is the cheapest, everywhere else by the common rate
    assert (anywhere.low_fen, anywhere.high_fen, anywhere.terms) == (1650, 2700, [])
    page = client.get("/produce/PA/", {"packs": "3", "to": "guangxi"}).content.decode()
    assert "¥16.50" in page


def test_freight_can_be_free_and_a_province_can_be_out_of_reach(client):
    grove = chain.make_grove(grams=50_000, net_grams=2500)
    rate(None, "广西", first=(5000, 0))

    assert shown_delivery(grove.produce, packs=2, to="guangxi").is_free
    assert shown_delivery(grove.produce, packs=3, to="guangxi").now_fen == 900
    nowhere = shown_delivery(grove.produce, to="beijing")
    assert (nowhere.low_fen, nowhere.days, nowhere.now_fen) == (None, None, None)
    assert client.get("/produce/PA/", {"to": "beijing"}).status_code == 200


def test_of_several_cooperatives_each_that_could_pack_counts_and_parts_add_up():
    first, second = chain.make_cooperative("C1"), chain.make_cooperative("C2")
    produce = chain.make_produce("S")
    pack = chain.make_pack(produce, [first, second], net_grams=1000)
    chain.deliver("C1-001", produce, 3000)
    chain.deliver("C2-001", produce, 2000)
    rate(first, "", first=(3000, 800))
    rate(second, "", first=(3000, 1200), days=6)

    either = shown_delivery(produce, packs=2, to="beijing")
    both = shown_delivery(produce, packs=5, to="beijing")
    more = shown_delivery(produce, packs=9, to="beijing")

    # Both are at 0: the tie goes by code
    assert either.packers == [first]
    assert (either.now_fen, either.low_fen, either.high_fen) == (800, 800, 1200)
    assert (both.now_fen, both.low_fen, both.high_fen) == (2000, 2000, 2000)
    assert both.packers == [first, second]
    assert both.days.transit == (3, 6)
    assert quote(chain.make_basket([(pack, 5)]), "北京").freight_fen == 2000
    assert (more.left, more.packs, more.now_fen) == (5, 5, 2000)


@pytest.mark.parametrize(
    ("moment", "leaves", "first", "last", "said"),
    [
        ("2026-12-31T23:59:00", (2027, 1, 2), (2027, 1, 3), (2027, 1, 4), "1月3–4日"),
        ("2027-01-01T00:01:00", (2027, 1, 3), (2027, 1, 4), (2027, 1, 5), "1月4–5日"),
        ("2026-12-28T12:00:00", (2026, 12, 30), (2026, 12, 31), (2027, 1, 1), "12月31日–1月1日"),
    ],
)
def test_arrival_counts_shanghai_days_from_the_order(
    client, set_clock, moment, leaves, first, last, said
):
    at(set_clock, moment)
    grove = chain.make_grove(grams=50_000)
    rate(days=2)

    days = shown_delivery(grove.produce, to="beijing").days

    # Packed on the next day at the earliest, within 48 hours at the latest; two days on its way
    assert (days.leaves, days.first, days.last) == (date(*leaves), date(*first), date(*last))
    assert (days.transit, days.picked) == ((2, 2), False)
    assert said in client.get("/produce/PA/", {"to": "beijing"}).content.decode()


def test_what_is_picked_first_arrives_when_its_days_allow():
    grove = chain.make_grove(grams=2500)
    tomorrow = today() + timedelta(days=1)
    chain.promise("COOP-A-001", grove.produce, 50_000, per_day=5000, from_day=tomorrow)
    rate(days=3)

    one = shown_delivery(grove.produce, packs=1, to="beijing").days
    three = shown_delivery(grove.produce, packs=3, to="beijing").days
    four = shown_delivery(grove.produce, packs=4, to="beijing").days

    # In store; the rest of tomorrow's 5 kg; the day after too, which is the last within 48 hours
    assert (one.picked, one.first) == (False, tomorrow + timedelta(days=3))
    assert (three.picked, three.first) == (True, tomorrow + timedelta(days=3))
    assert (four.picked, four.first) == (True, tomorrow + timedelta(days=4))
    assert {days.last for days in (one, three, four)} == {today() + timedelta(days=5)}


def test_the_price_is_shared_out_by_the_rules_of_today_to_the_fen(client):
    plain = chain.make_cooperative("C1", fee_bps=800, fund_bps=200)
    dear = chain.make_cooperative("C2", fee_bps=1000, fund_bps=150, period="day")
    same = chain.make_cooperative("C3", fee_bps=800, fund_bps=200)
    produce = chain.make_produce("S")
    chain.make_pack(produce, [plain, dear, same], price_fen=2480)

    shown = produce_page(produce, Wanted())

    assert [
        (share.partners, share.household_fen, share.fund_fen, share.fee_fen)
        for share in shown.shares
    ] == [([plain, same], 2232, 50, 198), ([dear], 2195, 37, 248)]
    assert (str(shown.least_share), str(shown.most_share)) == ("88.5", "90")
    impact = household_share(produce)
    assert (impact.low_bps, impact.high_bps) == (8850, 9000)
    page = client.get("/produce/S/").content.decode()
    assert "88.5–90" in page
    assert "¥22.32" in page


def test_a_season_may_go_over_new_year(set_clock):
    at(set_clock, "2027-01-15T12:00:00")
    grove = chain.make_grove()
    Produce.objects.filter(pk=grove.produce.pk).update(season_from=11, season_to=3)
    grove.produce.refresh_from_db()

    shown = produce_page(grove.produce, Wanted())

    assert (shown.month, shown.in_season, shown.all_year) == (1, True, False)
    assert [month for month, on in shown.season if on] == [1, 2, 3, 11, 12]


def test_what_is_sold_out_leads_to_what_can_be_had_of_its_kind(client):
    out = chain.make_grove("A", grams=0)
    near, far = chain.make_grove("B"), chain.make_grove("C")
    empty = chain.make_grove("D", grams=0)
    Produce.objects.filter(pk=far.produce.pk).update(
        category=Category.add_root(name="菌菇", name_en="Mushrooms")
    )

    sold_out, other = produce_page(out.produce, Wanted()), produce_page(near.produce, Wanted())

    assert not sold_out.available
    assert [card.produce for card in sold_out.alternatives] == [near.produce]
    assert [card.produce for card in sold_out.related] == [empty.produce]
    assert other.alternatives == []
    assert [card.produce for card in other.related] == [empty.produce, out.produce]
    page = client.get("/produce/PA/").content.decode()
    assert "buy-now" not in page
    assert near.produce.get_absolute_url() in page


def test_at_most_six_others_are_shown_and_the_same_village_goes_first():
    grove = chain.make_grove("A")
    for code in "BCDEFGH":
        chain.make_grove(code)
    mine = chain.make_produce("PZ")
    chain.make_pack(mine, [grove.partner])
    chain.deliver("COOP-A-001", mine, 10_000)

    related = produce_page(grove.produce, Wanted()).related

    assert [card.produce.code for card in related] == ["PZ", "PB", "PC", "PD", "PE", "PF"]


def test_the_province_is_remembered_but_the_page_stays_the_same_for_all(client):
    grove = chain.make_grove(grams=50_000)
    rate(days=2)
    address = reverse("shop:produce-delivery", args=["PA"])

    plain = client.get(address, {"pack": grove.pack.pk, "packs": "2", "to": "inner-mongolia"})
    part = client.get(address, {"pack": grove.pack.pk}, headers={"HX-Request": "true"})
    page = client.get("/produce/PA/")

    assert plain.status_code == 302
    assert plain.url == f"/produce/PA/?pack={grove.pack.pk}&packs=2&to=inner-mongolia#delivery"
    assert plain.cookies["province"].value == "inner-mongolia"
    assert part.context["delivery"].province == "inner-mongolia"
    assert "<html" not in part.content.decode()
    assert page.context["shown"].delivery.province == ""


@pytest.mark.parametrize(
    "query",
    [
        "to=nowhere",
        "to=%00",
        "packs=-1",
        "packs=9999999",
        "packs=%F0%9F%8D%8E",
        "packs=٣&to=",
        "pack=%00",
    ],
)
def test_an_absurd_address_is_as_if_nothing_had_been_asked(client, query):
    chain.make_grove(grams=50_000)
    rate()
    address = reverse("shop:produce-delivery", args=["PA"])

    page = client.get(f"/produce/PA/?{query}")
    part = client.get(f"{address}?{query}", headers={"HX-Request": "true"})

    assert (page.status_code, part.status_code) == (200, 200)
    assert (page.context["shown"].delivery.packs, part.context["delivery"].province) == (1, "")
    assert "province" not in part.cookies


def test_texts_of_people_are_shown_escaped(client):
    grove = chain.make_grove()
    Produce.objects.filter(pk=grove.produce.pk).update(
        name_zh="很" * 90 + "🍎<b>",
        description_zh="<script>alert(1)</script>",
        storage_zh="<img src=x onerror=alert(2)>",
    )

    page = client.get("/produce/PA/").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "🍎&lt;b&gt;" in page


def test_buy_now_goes_straight_to_the_checkout_with_the_packs(client):
    grove = chain.make_grove(grams=5000)
    form = {"pack": grove.pack.pk, "quantity": 2, "then": "checkout"}

    answer = client.post(reverse("shop:basket-add"), form)
    again = client.post(reverse("shop:basket-add"), form)

    assert (answer.status_code, answer.url) == (302, reverse("checkout:start"))
    assert client.get(reverse("checkout:start")).status_code == 200
    # Two more there are not: back to the page, and nothing was added
    assert again.url == grove.pack.get_absolute_url()
    shown = client.get(reverse("shop:basket")).context["shown"]
    assert [line.line.quantity for line in shown.lines] == [2]
