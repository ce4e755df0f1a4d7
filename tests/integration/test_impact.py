"""The public figures: exact from the ledger, by the ladder, and nobody's income among them."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.clock import now, today
from cooperatives.partner.models import StockRecord
from cooperatives.settlement.models import CreditRule
from livestream.campaigns.models import Campaign, TrackedLink
from storefront.impact import selectors, services
from tests.support.impact import bring, credit, make_village, pack_all, pay_out, refund_beside
from tests.support.sold import attribute, make_farm, refund_from_pool, sell

pytestmark = pytest.mark.django_db


def count() -> None:
    services.count()
    cache.clear()


def figures(row: Any) -> tuple[int, int, int]:
    return row.sold_fen, row.net_fen, row.credited_fen


def make_campaign() -> tuple[Campaign, list[dict]]:
    campaign = Campaign.objects.create(
        code="fair",
        name_zh="秋收展",
        name_en="Harvest fair",
        starts_at=now() - timedelta(days=3),
        ends_at=now() + timedelta(days=3),
    )
    TrackedLink.objects.create(code="FAIR", campaign=campaign, channel="poster")
    at = (now() - timedelta(hours=1)).isoformat()
    return campaign, [{"link": "FAIR", "campaign": campaign.pk, "at": at, "visitor": "v"}]


def test_each_figure_is_what_the_ledger_says_to_the_fen() -> None:
    pears, rice = make_village("pear", 3), make_village("rice", 4)
    campaign, touches = make_campaign()
    first, second = sell((pears, 10_001), freight_fen=800), sell((pears, 5000), (rice, 7000))
    attribute(first)
    attribute(second, touches)
    third = sell((rice, 4000))
    attribute(third)
    for order, farm in ((first, pears), (second, pears), (second, rice)):
        pack_all(order, farm)
    # half of the third is given back before it is packed, of the first a part that the programme
    # bears; of the second's pears a part after they were shared out
    refund_beside(third, rice, "sales", 1500)
    pack_all(third, rice)
    refund_beside(first, pears, "programme_expense", 101)
    credit(pears, 4000, 4000, 5000)
    credit(rice, 2000, 2000, 2000, 3500)
    refund_from_pool(second, pears, 600)
    credit(pears, -200, -200, -140, name="again")
    unpacked = sell((pears, 99_999))
    attribute(unpacked)

    count()

    pear_row, rice_row = (15_001, 14_300, 12_460), (11_000, 9500, 9500)
    assert [(row.village, *figures(row)) for row in selectors.by_village()] == [
        ("pear村", *pear_row),
        ("rice村", *rice_row),
    ]
    assert [(row.orders, row.households) for row in selectors.by_village()] == [(2, 3), (2, 4)]
    totals = selectors.totals()
    assert figures(totals) == (26_001, 23_800, 21_960)
    assert (totals.settled_fen, totals.paid_out_fen) == (23_800, 0)
    assert (totals.orders, totals.households, totals.villages) == (3, 7, 2)
    assert selectors.merged() == selectors.Row(0, 0, 0)
    assert [(row.month, *figures(row), row.orders) for row in selectors.by_month()] == [
        (today().replace(day=1), 26_001, 23_800, 21_960, 3)
    ]
    # pears: 12,460 cut by 9,900 (no campaign) and 4,400; rice: 9,500 by 7,000 and 2,500
    by_campaign = {row.campaign_id: figures(row) for row in selectors.by_campaign()}
    assert by_campaign == {
        campaign.pk: (12_000, 11_400, 3834 + 7000),
        None: (14_001, 12_400, 8626 + 2500),
    }


def test_what_is_paid_out_is_told_when_it_tells_of_nobody() -> None:
    pears = make_village("pear", 3)
    order = sell((pears, 10_000))
    attribute(order)
    pack_all(order, pears)
    credit(pears, 3000, 3000, 3000)

    pay_out(pears, 3000, 3000)
    count()
    assert selectors.totals().paid_out_fen == 0

    pay_out(pears, 0, 0, 3000)
    count()
    assert selectors.totals().paid_out_fen == 9000
    assert selectors.totals().credited_fen == 9000


def test_groups_of_fewer_than_three_households_stand_only_in_one_sum() -> None:
    pears, tea, nuts = make_village("pear", 3), make_village("tea", 1), make_village("nut", 2)
    for farm, fen in ((pears, 10_000), (tea, 777)):
        order = sell((farm, fen))
        attribute(order)
        pack_all(order, farm)
    credit(pears, 3000, 3000, 3000)
    credit(tea, 700, 0)

    count()

    # one household's tea is nowhere, by no subtraction
    assert [row.village for row in selectors.by_village()] == ["pear村"]
    assert selectors.merged() == selectors.Row(0, 0, 0)
    assert figures(selectors.totals()) == (10_000, 10_000, 9000)
    assert [figures(row) for row in selectors.by_campaign()] == [(10_000, 10_000, 9000)]

    # two households' nuts: the three of them are one sum
    order = sell((nuts, 2000))
    attribute(order)
    pack_all(order, nuts)
    credit(nuts, 900, 900)
    count()

    assert figures(selectors.merged()) == (2777, 2777, 2500)
    assert figures(selectors.totals()) == (12_777, 12_777, 11_500)
    assert [row.village for row in selectors.by_village()] == ["pear村"]
    assert sum(row.sold_fen for row in selectors.by_month()) == 10_000

    # what comes later to two of them waits
    refund_from_pool(order, nuts, 300)
    count()
    assert figures(selectors.merged()) == (2777, 2777, 2500)

    # with more of them it joins the sum; what was merged once is never taken out of it
    for household in pears.households[:2]:
        bring(nuts, household)
    count()
    assert figures(selectors.merged()) == (2777, 2477, 2500)
    assert [row.village for row in selectors.by_village()] == ["pear村"]


def test_a_months_row_is_of_the_ledgers_day_in_shanghai(set_clock: Any) -> None:
    pears = make_village("pear", 3)
    first_of_month = today().replace(day=1)
    order = sell((pears, 1000))
    attribute(order)
    pack_all(order, pears)
    set_clock(40 * 86_400)
    credit(pears, 300, 300, 300)

    count()

    months = selectors.by_month()
    assert [figures(row) for row in months if any(figures(row))] == [(1000, 1000, 0), (0, 0, 900)]
    assert months[0].month == first_of_month
    assert [row.finished for row in months] == [True] * (len(months) - 1) + [False]


def test_the_share_of_the_price_is_that_of_the_rules_valid_today() -> None:
    first = make_farm("pear")  # 5 % and 3 %
    second = make_farm("far")
    CreditRule.objects.create(
        partner=second.partner, version=2, valid_from=today(), fee_bps=1000, fund_bps=250
    )
    CreditRule.objects.create(
        partner=second.partner,
        produce=first.produce,
        valid_from=today() + timedelta(days=1),
        fee_bps=9000,
        fund_bps=0,
    )
    assert selectors.household_share(first.produce) is None

    for farm in (first, second):
        StockRecord.objects.create(
            product=first.pack,
            partner=farm.partner,
            partner_sku="P",
            price_currency="CNY",
            price=25,
            pool=first.pool,
        )
    cache.clear()

    assert selectors.household_share(first.produce) == selectors.Share(8750, 9200)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Credited to households", "Harvest fair", "Small groups, together")),
        ("zh-hans", ("秋收展", "pear村")),
    ],
)
def test_the_page_says_the_figures_in_words_and_as_tables(language: str, words: Any) -> None:
    pears, tea, nuts = make_village("pear", 3), make_village("tea", 1), make_village("nut", 2)
    _, touches = make_campaign()
    for farm, fen in ((pears, 1_234_567), (tea, 700), (nuts, 900)):
        order = sell((farm, fen))
        attribute(order, touches)
        pack_all(order, farm)
    count()

    page = Client(headers={"accept-language": language}).get(reverse("impact:page"))

    said = page.content.decode()
    assert page.status_code == 200
    for word in (*words, "¥12,345.67", "¥16.00"):
        assert word in said
    assert 'role="img"' in said
    # names of small villages, and their parts
    for secret in ("tea村", "nut村", "¥7.00", "¥9.00"):
        assert secret not in said
    assert " style=" not in said.split("<main", 1)[1].split("</main", 1)[0]


def test_the_figures_to_take_along_are_the_pages() -> None:
    pears = make_village("pear", 3)
    order = sell((pears, 1000))
    attribute(order)
    pack_all(order, pears)
    count()

    data = json.loads(Client().get(reverse("impact:json")).content)
    text = Client().get(reverse("impact:csv")).content.decode("utf-8-sig")

    rows = [{k: str(v) for k, v in row.items()} for row in data["rows"]]
    assert list(csv.DictReader(io.StringIO(text))) == rows
    assert data["ladder"]["placed_and_paid"] == 1000
    assert rows[1]["row"] == "灌阳县 pear村"


def test_before_anything_was_counted_the_page_says_so() -> None:
    page = Client(headers={"accept-language": "en"}).get(reverse("impact:page"))

    assert "Nothing has been counted yet." in page.content.decode()
    assert selectors.totals().households is None


def test_neither_page_nor_count_asks_more_of_the_database_as_the_ledger_grows() -> None:
    def asked(name: str, number: int) -> tuple[int, int]:
        for which in range(number):
            farm = make_village(f"{name}-{which}", 3)
            order = sell((farm, 1000))
            attribute(order)
            pack_all(order, farm)
            refund_beside(order, farm, "programme_expense", 10)
            credit(farm, 300, 300, 300)
        with CaptureQueriesContext(
            connection,
        ) as counting:
            count()
        cache.clear()
        with CaptureQueriesContext(connection) as reading:
            selectors.totals(), selectors.by_village(), selectors.by_month()
            selectors.by_campaign(), selectors.merged()
        return len(counting), len(reading)

    asked("first", 1)
    small, large = asked("few", 1), asked("many", 6)

    assert small == large
    assert large[1] == 1
