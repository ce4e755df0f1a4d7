"""The money ladder of campaigns adds up to the site's."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.clock import now
from livestream.campaigns.models import Campaign, LinkTouch, TrackedLink
from livestream.campaigns.selectors import Figures, link_figures, site_figures
from livestream.campaigns.services import override
from tests.support.sold import (
    attribute,
    credit_households,
    make_farm,
    pack_into_pool,
    refund_from_pool,
    sell,
)

pytestmark = pytest.mark.django_db


def a_campaign(code: str) -> Campaign:
    moment = now()
    campaign = Campaign.objects.create(
        code=code,
        name_zh=code,
        starts_at=moment - timedelta(days=3),
        ends_at=moment + timedelta(days=3),
    )
    TrackedLink.objects.create(code=f"{code}-1", campaign=campaign, channel="poster")
    TrackedLink.objects.create(code=f"{code}-2", campaign=campaign, channel="WeChat")
    return campaign


def credit_to(order, campaign: Campaign | None, link: str = "1") -> None:
    """Attribute all lines of an order, as placement does."""
    touches = []
    if campaign:
        code = f"{campaign.code}-{link}".upper()
        at = (now() - timedelta(hours=1)).isoformat()
        touches = [{"link": code, "campaign": campaign.pk, "at": at, "visitor": "v"}]
    attribute(order, touches)


def assert_adds_up() -> None:
    found = site_figures()
    parts = [found.none, *found.each.values()]
    for name in ("lines", "grams", "placed_fen", "paid_fen", "net_fen", "credited_fen"):
        assert sum(getattr(part, name) for part in parts) == getattr(found.site, name), name


def test_an_empty_site_has_zeros():
    found = site_figures()
    assert (found.site, found.none, found.each) == (Figures(), Figures(), {})
    assert found.of(1) == Figures()


def test_the_ladder_of_two_campaigns_and_none():
    pear, plum = make_farm("pear"), make_farm("plum", net_grams=1000)
    autumn, fair = a_campaign("autumn"), a_campaign("fair")
    first = sell((pear, 2500), (plum, 1800), freight_fen=600)
    second, third = sell((pear, 2501)), sell((pear, 2500))
    credit_to(first, autumn)
    credit_to(second, fair)
    credit_to(third, None)
    for order in (first, second, third):
        pack_into_pool(order, pear)
    refund_from_pool(second, pear, 1000)
    # 1000 cut by 2500 : 1501 : 2500: of the two fen left one goes to the largest remainder,
    # the other, at a tie, to the smaller key.
    credit_households(pear, 700, 300)

    found = site_figures()

    assert found.of(autumn.pk) == Figures(1, 2, 3500, 4300, 4300, 4300, 384)
    assert found.of(fair.pk) == Figures(1, 1, 2500, 2501, 2501, 1501, 231)
    assert found.none == Figures(1, 1, 2500, 2500, 2500, 2500, 385)
    assert found.site == Figures(3, 4, 8500, 9301, 9301, 8301, 1000)
    assert_adds_up()


def test_credits_that_await_their_reversal_stay_with_the_campaign():
    pear, autumn = make_farm(), a_campaign("autumn")
    order = sell((pear, 2500))
    credit_to(order, autumn)
    pack_into_pool(order, pear)
    credit_households(pear, 1500, 800)
    refund_from_pool(order, pear, 2500)

    assert site_figures().of(autumn.pk) == Figures(1, 1, 2500, 2500, 2500, 0, 2300)
    assert_adds_up()
    credit_households(pear, -1500, -800)
    assert site_figures().of(autumn.pk).credited_fen == 0
    assert_adds_up()


def test_an_override_moves_the_money_whole():
    pear, autumn, fair = make_farm(), a_campaign("autumn"), a_campaign("fair")
    order = sell((pear, 2500))
    credit_to(order, autumn)
    staff = get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")

    override(order.lines.get().pk, fair.pk, staff, "The fair's stall sold it.")

    assert site_figures().of(autumn.pk) == Figures()
    assert site_figures().of(fair.pk).paid_fen == 2500
    assert_adds_up()


def test_a_sale_without_attribution_counts_as_none():
    sell((make_farm(), 2500))
    assert site_figures().none.paid_fen == 2500
    assert_adds_up()


def test_links_add_up_to_their_campaign():
    pear, autumn, fair = make_farm(), a_campaign("autumn"), a_campaign("fair")
    orders = [sell((pear, net)) for net in (2500, 1800, 900)]
    credit_to(orders[0], autumn, "1")
    credit_to(orders[1], autumn, "2")
    credit_to(orders[2], fair)
    staff = get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")
    override(orders[2].lines.get().pk, autumn.pk, staff, "Sold in the broadcast.")
    poster = TrackedLink.objects.get(code="AUTUMN-1")
    for _ in range(3):
        LinkTouch.objects.create(
            link=poster, visitor="0a8d6ab6-0000-4000-8000-000000000001", touched_at=now()
        )

    rows = link_figures(autumn.pk)

    assert [(row.link and row.link.code, row.touches, row.figures.paid_fen) for row in rows] == [
        ("AUTUMN-1", 3, 2500),
        ("AUTUMN-2", 0, 1800),
        (None, 0, 900),
    ]
    assert sum(row.figures.paid_fen for row in rows) == site_figures().of(autumn.pk).paid_fen


def test_four_queries_for_all_figures_however_many():
    pear = make_farm()
    for number in range(5):
        order = sell((pear, 1000 + number))
        credit_to(order, a_campaign(f"c{number}"))
        pack_into_pool(order, pear)
    with CaptureQueriesContext(connection) as queries:
        site_figures()
    assert len(queries) == 4
