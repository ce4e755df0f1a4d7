"""The report of a live session: what it sold, exactly, and in every way of looking at it."""

import io
import re
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localtime
from openpyxl import load_workbook

from catalog.clock import now
from cooperatives.households.models import Lot
from livestream.campaigns.models import Campaign, CampaignCost
from livestream.campaigns.selectors import session_figures, site_figures
from livestream.figures.pools import PoolRow, merged, pools_of
from livestream.figures.report import report_of
from livestream.figures.sales import Sums, sold_by_time, sold_in
from livestream.figures.screen import screen_of
from livestream.figures.timeline import spans
from livestream.platforms.services import import_orders
from livestream.room.events import pin
from livestream.room.models import Visit
from livestream.sessions.models import LiveSession, SessionChannel
from storefront.accounts.roles import Role
from tests.support import chain
from tests.support.platform_export import row, write_export
from tests.support.sessions import begin_session, make_campaign
from tests.support.sold import (
    Farm,
    attribute,
    credit_households,
    make_farm,
    pack_into_pool,
    refund_from_pool,
    sell,
)
from tests.support.staff import person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def sell_in(session: LiveSession, *wanted: tuple[Farm, int], source: str = "room", **more: Any):
    """An order put into the basket in a session's room, packed into its sales pools."""
    order = sell(*wanted, **more)
    attribute(order, source=f"{source}:{session.pk}")
    for farm, _fen in wanted:
        pack_into_pool(order, farm)
    return order


def sign_in(client, role: Role):
    client.force_login(person(role))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_a_session_is_credited_with_its_room_and_imports_and_with_nothing_else():
    session, other = begin_session(), begin_session()
    pear, plum = make_farm("pear"), make_farm("plum")
    sell_in(session, (pear, 2500), (plum, 1800), guest_email="li@example.org")
    sell_in(session, (pear, 2500), guest_email="LI@example.org")
    sell_in(session, (plum, 900), source="platform:douyin", guest_email="wu@example.org")
    sell_in(other, (plum, 700))
    attribute(sell((pear, 100)))

    found = sold_in(session)

    assert found.whole == Sums(3, 4, 2, 4, 10_000, 7700, 7700, 7700)
    assert [(row.name, row.sums.paid_fen) for row in found.partners] == [
        (pear.partner.display_name, 5000),
        (plum.partner.display_name, 2700),
    ]
    assert [(row.name, row.sums.paid_fen, row.sums.orders) for row in found.channels] == [
        ("本站直播间", 6800, 2),
        ("抖音", 900, 1),
    ]
    assert sold_in(other).whole.paid_fen == 700


def test_every_split_adds_up_to_the_whole_and_all_sessions_to_the_site():
    first, second = begin_session(), begin_session()
    farms = [make_farm(name) for name in ("pear", "plum", "fig")]
    made = [(first, 0, 1), (first, 1, 2), (first, 2, 0), (second, 0, 2)]
    for number, (session, one, two) in enumerate(made):
        farm = farms[one]
        order = sell_in(session, (farm, 1000 + number), (farms[two], 501))
        if number % 2:
            refund_from_pool(order, farm, 300)
    alone = sell((farms[2], 777))
    attribute(alone)
    pack_into_pool(alone, farms[2])
    for number, farm in enumerate(farms):
        credit_households(farm, 701 + number, 300)

    site, by_session = site_figures(), session_figures()

    assert by_session.site == site.site
    parts = [by_session.none, *by_session.each.values()]
    for field in fields(site.site):
        if field.name != "orders":
            whole = getattr(site.site, field.name)
            assert sum(getattr(part, field.name) for part in parts) == whole, field.name
    for session in (first, second):
        report, same = report_of(session), by_session.of(session.pk)
        whole = report.sold.whole
        assert (whole.orders, whole.lines, whole.grams) == (same.orders, same.lines, same.grams)
        assert (whole.placed_fen, whole.paid_fen) == (same.placed_fen, same.paid_fen)
        assert (whole.net_fen, report.pools.credited_fen) == (same.net_fen, same.credited_fen)
        for split in ("products", "counties", "villages", "partners", "channels"):
            rows = [row.sums for row in getattr(report.sold, split)]
            for name in ("lines", "packs", "grams", "placed_fen", "paid_fen", "net_fen"):
                assert sum(getattr(row, name) for row in rows) == getattr(whole, name)
    credited = site.of(first.campaign_id).credited_fen
    assert sum(by_session.of(one.pk).credited_fen for one in (first, second)) == credited


def test_refunds_of_the_first_hour_and_all_refunds_stand_apart(set_clock):
    session, pear = begin_session(), make_farm()
    early, late = sell_in(session, (pear, 2500)), sell_in(session, (pear, 2500))
    set_clock(3000)
    refund_from_pool(early, pear, 1000)
    set_clock(4000)
    refund_from_pool(early, pear, 100)
    refund_from_pool(late, pear, 200)

    whole = sold_in(session).whole

    assert (whole.hour_refunded_fen, whole.hour_refunded_orders) == (1000, 1)
    assert (whole.refunded_fen, whole.refunded_orders) == (1300, 2)
    assert (whole.paid_fen, whole.net_fen) == (5000, 3700)
    texts = {each.figure.code: each.text for each in report_of(session).figures}
    assert texts["hour_refund_rate"] == "20.00 %"
    assert texts["refund_rate"] == "26.00 %"
    assert texts["hour_net_fen"] == "¥40.00"
    assert texts["net_fen"] == "¥37.00"
    assert texts["gpm"] == "–"


def test_pools_of_few_households_are_told_together():
    def row(households: int, fen: int) -> PoolRow:
        return PoolRow(object(), households, fen, fen // 2)  # type: ignore[arg-type]

    big, bigger, one, two = row(3, 100), row(9, 400), row(1, 10), row(2, 20)

    assert merged([big, bigger]) == [big, bigger]
    assert merged([big, one, two, bigger]) == [big, bigger, PoolRow(None, 3, 30, 15)]
    # One household alone would be read off the total: the next smallest joins it.
    assert merged([big, one, bigger]) == [bigger, PoolRow(None, 4, 110, 55)]
    assert merged([one]) == [PoolRow(None, 1, 10, 5)]
    assert merged([]) == []


def test_households_are_counted_by_their_lots():
    session, pear = begin_session(), make_farm()
    for household in pear.households:
        Lot.objects.create(
            code=f"L-{household.code}",
            household=household,
            pool=pear.pool,
            sales_pool=pear.sales_pool,
            grams=1000,
            grade="A",
            delivered_on=pear.sales_pool.starts_on,
            expires_at=now() + timedelta(days=9),
        )
    sell_in(session, (pear, 2500))
    credit_households(pear, 1400, 600)

    found = pools_of(session)

    assert (found.net_fen, found.credited_fen) == (2500, 2000)
    assert found.rows == [PoolRow(None, 2, 2500, 2000)]


def test_what_was_shown_comes_back_when_the_next_pin_is_undone():
    begin = now()

    def at(minutes: int):
        return begin + timedelta(minutes=minutes)

    events = [
        (at(0), "pin", 1, 7, None),
        (at(5), "pin", 2, 8, None),
        (at(6), "undo", 3, None, 2),
        (at(9), "undo", 4, None, 99),
        (at(10), "pin", 5, None, None),
        (at(12), "pin", 6, 8, None),
    ]
    assert spans(events, at(20)) == [
        (at(0), at(5), 7),
        (at(5), at(6), 8),
        (at(6), at(10), 7),
        (at(12), at(20), 8),
    ]


def test_the_timeline_lays_sales_against_what_was_shown(set_clock):
    pear, plum = make_farm("pear"), make_farm("plum")
    session = begin_session(packs=[pear.pack, plum.pack])
    desk = get_user_model().objects.get(email="desk@example.org")
    first, second = session.shelf.all()
    pin(session.pk, first.pk, desk)
    set_clock(120)
    sell_in(session, (pear, 2500), (plum, 100))
    set_clock(600)
    pin(session.pk, second.pk, desk)
    sell_in(session, (plum, 900))
    set_clock(1200)

    found = report_of(session).timeline

    assert found is not None
    assert found.step_minutes == 1
    steps = {step.minutes: (step.orders, step.paid_fen) for step in found.steps if step.orders}
    assert steps == {2: (1, 2600), 10: (1, 900)}
    shown = [(each.item, each.sold.orders, each.sold.paid_fen) for each in found.pins]
    assert shown == [(first, 1, 2500), (second, 1, 900)]
    assert 599 <= found.pins[0].seconds <= 601


def test_the_page_shows_figures_with_formulas_and_costs_beside_net_sales(client):
    session, pear = begin_session(), make_farm()
    sell_in(session, (pear, 2500))
    desk = get_user_model().objects.get(email="desk@example.org")
    CampaignCost.objects.create(
        campaign=session.campaign,
        kind="travel",
        amount_fen=900,
        what_for="tickets",
        day=now().date(),
        entered_by=desk,
    )

    page = sign_in(client, Role.EDITOR).get(reverse("live:report", args=[session.pk]))

    text = page.content.decode()
    assert "¥25.00" in text
    assert "paid ÷ buyers" in text
    assert "¥16.00" in text  # net less costs
    assert "For whose households" not in text
    assert (
        reverse("live:report", args=[session.pk])
        in client.get(reverse("live:session", args=[session.pk])).content.decode()
    )


def test_sales_pools_are_for_those_who_may_see_them(client):
    session, pear = begin_session(), make_farm()
    sell_in(session, (pear, 2500))

    text = sign_in(client, Role.AUDITOR).get(reverse("live:report", args=[session.pk]))

    assert "Groups of fewer than three households, together" in text.content.decode()


@pytest.mark.parametrize(("role", "sheets"), [(Role.EDITOR, 8), (Role.AUDITOR, 9)])
def test_the_spreadsheet_has_the_same_numbers_and_no_formulas(client, role, sheets):
    session, pear = begin_session(), make_farm()
    pear.partner.name_en = "=1+1"
    pear.partner.save()
    sell_in(session, (pear, 2501))

    answer = sign_in(client, role).get(reverse("live:report-file", args=[session.pk]))

    book = load_workbook(io.BytesIO(answer.content))
    assert len(book.sheetnames) == sheets
    summary = {row[0].value: row[1] for row in book["Summary"].iter_rows()}
    assert Decimal(str(summary["Paid"].value)) == Decimal("25.01")
    assert summary["Paid"].number_format == "#,##0.00"
    assert summary["Paid per 1,000 views (GPM)"].value == "–"
    name = book["Cooperative"]["A2"]
    assert (name.value, name.data_type) == ("=1+1", "s")


def test_a_session_that_has_not_sold_has_an_empty_report(client):
    session = begin_session()
    sign_in(client, Role.EDITOR)
    assert (
        "Nothing is attributed"
        in client.get(reverse("live:report", args=[session.pk])).content.decode()
    )


def test_the_report_takes_as_many_queries_however_much_was_sold(client):
    farms = [make_farm(f"kind{number}") for number in range(6)]
    session = begin_session(packs=[farm.pack for farm in farms])
    desk = get_user_model().objects.get(email="desk@example.org")
    sign_in(client, Role.ADMINISTRATOR)
    items = list(session.shelf.all())

    def fill(*numbers: int) -> None:
        for number in numbers:
            pin(session.pk, items[number].pk, desk)
            sell_in(session, (farms[number], 2500))
            credit_households(farms[number], 700, 300)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("live:report", args=[session.pk])).status_code == 200
        return len(captured)

    fill(0)
    queries()
    few = queries()
    fill(1, 2, 3, 4, 5)

    assert (queries(), few <= 40) == (few, True)


def test_viewers_are_compared_with_what_our_own_room_sold():
    session, pear = begin_session(), make_farm("pear")
    sell_in(session, (pear, 3000), guest_email="li@example.org")
    sell_in(session, (pear, 9000), source="platform:douyin", guest_email="wu@example.org")
    for visitor, views in (("a", 1), ("b", 2), ("c", 1)):
        Visit.objects.create(
            session=session, visitor=visitor, first_at=now(), last_at=now(), views=views
        )

    figures = {each.figure.code: each.value for each in report_of(session).figures}

    assert figures["watch_to_buy"] == Decimal("0.3333")
    assert figures["watch_to_buy_times"] == Decimal("0.2500")
    assert figures["viewer_value"] == Decimal("10.00")
    assert figures["gpm"] == Decimal("7500.00")
    assert figures["per_buyer"] == Decimal("60.00")
    assert figures["click_rate"] is None


def test_an_import_is_reported_when_it_was_sold_and_not_when_it_was_imported(tmp_path):
    # given a session of three days ago, and an export of today: one of two was given back
    at = now() - timedelta(days=3)
    campaign = make_campaign()
    Campaign.objects.filter(pk=campaign.pk).update(starts_at=at - HOUR)
    session = begin_session(starts_at=at, ends_at=at + 2 * HOUR)
    LiveSession.objects.filter(pk=session.pk).update(started_at=at)
    SessionChannel.objects.create(
        session=session, platform="douyin", account="店", starts_at=at, ends_at=at + 2 * HOUR
    )
    grove = chain.make_grove("A", grams=25_000)
    paid = localtime(at + timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M:%S")
    rows = [row(1, paid=paid), row(2, paid=paid, state="已关闭", after="退款成功")]
    import_orders(write_export(tmp_path, grove.pack.upc, *rows), "douyin", "店")
    session.refresh_from_db()

    whole = report_of(session).sold.whole

    assert (whole.orders, whole.paid_fen, whole.refunded_fen) == (2, 6000, 3000)
    # nobody knows when the platform gave it back, but not within an hour
    assert (whole.hour_refunded_fen, whole.hour_refunded_orders) == (0, 0)
    assert sold_by_time(session, at, 3600) == [(0, 2, 6000)]


def test_the_big_screen_shows_what_was_sold_up_to_now(
    client, monkeypatch, django_assert_max_num_queries
):
    session, pear, plum = begin_session(), make_farm("A"), make_farm("B")
    sign_in(client, Role.EDITOR)
    address = reverse("live:screen", args=[session.pk])
    assert "¥0.00" in client.get(address).content.decode()

    for _one in range(3):
        sell_in(session, (pear, 3000), (plum, 1000))

    with django_assert_max_num_queries(20):
        part = client.get(address, {"part": "1"}).content.decode()
    assert "<strong>¥120.00</strong>" in part
    widths = [int(width) for width in re.findall(r'rect width="(\d+)"', part)]
    assert widths == [1000, 333, 1000]  # two products, and the one village of both
    # Fewer than three households are not counted, and nobody's name is there.
    assert screen_of(session).households is None
    for number, household in enumerate(pear.households):
        Lot.objects.create(
            code=f"LOT-{number}",
            household=household,
            pool=pear.sales_pool.pool,
            sales_pool=pear.sales_pool,
            delivered_on=now().date(),
            expires_at=now() + HOUR,
            grams=5000,
            grade="A",
        )
    monkeypatch.setattr("livestream.figures.screen.FEWEST", len(pear.households))
    assert screen_of(session).households == len(pear.households) > 1
    assert 'data-screen="' in client.get(address).content.decode()
