"""A campaign's kind, goals, villages and costs: entered, held by the database, and shown."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.clock import now, today
from livestream.campaigns.models import Campaign, CampaignCost, TrackedLink
from livestream.campaigns.selectors import Costs, Progress, costs_of, progress, site_figures
from tests.support.campaigns import NAMESPACE, form
from tests.support.sold import (
    attribute,
    credit_households,
    make_farm,
    pack_into_pool,
    refund_from_pool,
    sell,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return get_user_model().objects.create_superuser(
        email="staff@example.org", password="pears-4-me"
    )


@pytest.fixture
def staff(client, user):
    client.force_login(user)
    return client


def a_campaign(code: str = "autumn", **fields) -> Campaign:
    moment = now()
    return Campaign.objects.create(
        code=code,
        name_zh=code,
        starts_at=moment - timedelta(days=3),
        ends_at=moment + timedelta(days=3),
        **fields,
    )


def a_cost(campaign: Campaign, user, fen: int = 26_800, **fields) -> CampaignCost:
    values = {"kind": "travel", "what_for": "tickets", "day": today(), **fields}
    return CampaignCost.objects.create(campaign=campaign, amount_fen=fen, entered_by=user, **values)


def credit_to(order, campaign: Campaign) -> None:
    at = (now() - timedelta(hours=1)).isoformat()
    attribute(order, [{"link": "L", "campaign": campaign.pk, "at": at, "visitor": "v"}])


def test_goals_are_entered_in_yuan_and_kilograms_and_kept_in_fen_and_grams(staff):
    farm = make_farm()
    fields = {
        "kind": "fair",
        "goal_grams": "1250.005",
        "goal_paid_fen": "15000.01",
        "goal_households": "60",
        "villages": [farm.partner.pk],
        "produce": [farm.produce.pk],
    }

    response = staff.post(reverse(f"{NAMESPACE}:add"), form([], **fields))

    assert response.status_code == 302, response.context["form"].errors
    made = Campaign.objects.get()
    assert (made.kind, made.goal_grams, made.goal_paid_fen, made.goal_households) == (
        "fair",
        1_250_005,
        1_500_001,
        60,
    )
    assert list(made.villages.all()) == [farm.partner]
    assert list(made.produce.all()) == [farm.produce]
    edit = staff.get(reverse(f"{NAMESPACE}:edit", args=[made.pk])).content.decode()
    assert 'value="15000.01"' in edit
    assert 'value="1250.005"' in edit


def test_goals_may_be_empty(staff):
    staff.post(reverse(f"{NAMESPACE}:add"), form([]))

    made = Campaign.objects.get()
    assert (made.kind, made.goal_grams, made.goal_paid_fen, made.goal_households) == (
        "season",
        None,
        None,
        None,
    )
    assert progress(made, site_figures()) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"goal_paid_fen": "0"},
        {"goal_paid_fen": "-1"},
        {"goal_paid_fen": "10.005"},
        {"goal_paid_fen": "1e3x"},
        {"goal_paid_fen": "10000000000"},
        {"goal_grams": "0"},
        {"goal_grams": "0.0001"},
        {"goal_households": "0"},
        {"goal_households": "1.5"},
        {"kind": "party"},
        {"kind": ""},
    ],
)
def test_a_goal_or_kind_that_is_none_changes_nothing(staff, fields):
    made = a_campaign(goal_paid_fen=100_000)
    edit = reverse(f"{NAMESPACE}:edit", args=[made.pk])

    refused = staff.post(edit, form([], **{"goal_paid_fen": "2000", **fields}))

    assert refused.status_code == 200
    made.refresh_from_db()
    assert (made.code, made.goal_paid_fen, made.goal_grams, made.kind) == (
        "autumn",
        100_000,
        None,
        "season",
    )


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("campaign_kind", {"kind": "party"}),
        ("campaign_goal_grams", {"goal_grams": 0}),
        ("campaign_goal_paid_fen", {"goal_paid_fen": 0}),
        ("campaign_goal_households", {"goal_households": 0}),
    ],
)
def test_the_database_refuses_goals_that_are_none(constraint, fields):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        a_campaign(**fields)
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("cost_positive", {"fen": 0}),
        ("cost_kind", {"kind": "wages"}),
        ("cost_says_what_for", {"what_for": ""}),
    ],
)
def test_the_database_refuses_costs_that_are_none(user, constraint, fields):
    campaign = a_campaign()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        a_cost(campaign, user, **fields)
    assert not CampaignCost.objects.exists()


def test_costs_are_entered_in_yuan_by_whoever_signed_in(staff, user):
    costs = [
        {"kind": "advertising", "amount_fen": "268.00", "what_for": "posters"},
        {"kind": "travel", "amount_fen": "412.5", "what_for": "tickets", "day": "2026-09-03"},
    ]

    response = staff.post(reverse(f"{NAMESPACE}:add"), form([], costs))

    assert response.status_code == 302, response.context["form"].formsets["costs"].errors
    fields = ("kind", "amount_fen", "what_for", "day", "entered_by")
    assert list(CampaignCost.objects.values_list(*fields)) == [
        ("advertising", 26_800, "posters", date(2026, 9, 2), user.pk),
        ("travel", 41_250, "tickets", date(2026, 9, 3), user.pk),
    ]


def test_who_changes_a_cost_has_entered_it_and_the_others_stay(staff, user):
    other = get_user_model().objects.create_user(email="wu@example.org", password="pears-4-me")
    campaign = a_campaign()
    kept, changed = a_cost(campaign, other, day=date(2026, 9, 2)), a_cost(campaign, other, 100)
    row = {"kind": "travel", "what_for": "tickets"}
    costs = [
        {**row, "id": kept.pk, "amount_fen": "268.00", "day": "2026-09-02"},
        {**row, "id": changed.pk, "amount_fen": "1.01", "day": str(today())},
    ]

    response = staff.post(reverse(f"{NAMESPACE}:edit", args=[campaign.pk]), form([], costs))

    assert response.status_code == 302, response.context["form"].formsets["costs"].errors
    kept.refresh_from_db()
    changed.refresh_from_db()
    assert (kept.amount_fen, kept.entered_by) == (26_800, other)
    assert (changed.amount_fen, changed.entered_by) == (101, user)


@pytest.mark.parametrize(
    "wrong", [{"amount_fen": "0"}, {"amount_fen": "1.001"}, {"what_for": ""}, {"kind": "wages"}]
)
def test_a_cost_that_is_none_is_refused_with_the_whole_form(staff, user, wrong):
    campaign = a_campaign()
    cost = a_cost(campaign, user)
    row = {"id": cost.pk, "amount_fen": "5", "what_for": "tickets", "day": str(today()), **wrong}

    refused = staff.post(
        reverse(f"{NAMESPACE}:edit", args=[campaign.pk]), form([], [row], name_zh="别的")
    )

    assert refused.status_code == 200
    campaign.refresh_from_db()
    cost.refresh_from_db()
    assert (campaign.name_zh, cost.amount_fen, cost.what_for) == ("autumn", 26_800, "tickets")


def test_a_cost_is_taken_out_and_a_campaign_with_costs_is_not_deleted(staff, user):
    campaign = a_campaign()
    cost = a_cost(campaign, user)

    staff.post(reverse(f"{NAMESPACE}:delete", args=[campaign.pk]))
    assert Campaign.objects.exists()

    row = {"id": cost.pk, "amount_fen": "268", "what_for": "tickets", "DELETE": "on"}
    edit = reverse(f"{NAMESPACE}:edit", args=[campaign.pk])
    assert staff.post(edit, form([], [row])).status_code == 302
    assert not CampaignCost.objects.exists()


def test_progress_is_exact_and_never_rounded_up():
    pear, plum = make_farm("pear"), make_farm("plum")
    autumn = a_campaign(goal_grams=7501, goal_paid_fen=4300, goal_households=3)
    fair = a_campaign("fair", goal_households=1)
    first, second = sell((pear, 2500), (plum, 1800)), sell((plum, 900))
    credit_to(first, autumn)
    credit_to(second, fair)
    pack_into_pool(first, pear)
    pack_into_pool(second, plum)
    credit_households(pear, 700, 300)
    credit_households(plum, 500)

    found = site_figures()

    assert progress(autumn, found) == [
        Progress("grams", 5000, 7501),
        Progress("paid", 4300, 4300),
        Progress("households", 2, 3),
    ]
    assert [row.percent for row in progress(autumn, found)] == [66, 100, 66]
    assert progress(fair, found) == [Progress("households", 1, 1)]
    more = Progress("paid", 250, 100)
    assert (more.percent, more.drawn) == (250, 100)


def test_households_whose_credits_were_taken_back_do_not_count():
    pear, autumn = make_farm(), a_campaign(goal_households=2)
    order = sell((pear, 2500))
    credit_to(order, autumn)
    pack_into_pool(order, pear)
    credit_households(pear, 1500, 800)
    refund_from_pool(order, pear, 2500)
    credit_households(pear, -1500, -800)

    assert progress(autumn, site_figures()) == [Progress("households", 0, 2)]


def test_costs_stand_beside_net_sales_and_never_in_the_ladder(staff, user):
    pear, autumn = make_farm(), a_campaign(goal_paid_fen=10_000)
    order = sell((pear, 2500))
    credit_to(order, autumn)
    pack_into_pool(order, pear)
    refund_from_pool(order, pear, 1000)
    before = site_figures()
    rows = [a_cost(autumn, user, 26_800), a_cost(autumn, user, 41_250)]
    a_cost(a_campaign("fair"), user, 7)

    assert costs_of(autumn.pk) == Costs(rows, 68_050)
    assert site_figures() == before
    page = staff.get(reverse(f"{NAMESPACE}:inspect", args=[autumn.pk])).content.decode()
    assert "¥15.00" in page  # net of refunds
    assert "¥680.50" in page
    assert "−¥665.50" in page
    assert '<progress id="goal-paid" max="10000" value="2500">25 %</progress>' in page
    assert "staff@example.org" in page


def test_the_figures_page_takes_as_many_queries_however_much_there_is(staff, user):
    def fill(number: int) -> None:
        farm = make_farm(f"farm{number}")
        autumn.villages.add(farm.partner)
        autumn.produce.add(farm.produce)
        autumn.save()
        TrackedLink.objects.create(
            code=f"L{number}", campaign=autumn, channel="poster", produce=farm.produce
        )
        a_cost(autumn, user)
        order = sell((farm, 2500))
        credit_to(order, autumn)
        pack_into_pool(order, farm)
        credit_households(farm, 700, 300)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = staff.get(reverse(f"{NAMESPACE}:inspect", args=[autumn.pk]))
            assert page.status_code == 200
        return len(captured)

    autumn = a_campaign(goal_grams=1, goal_paid_fen=1, goal_households=1)
    fill(0)
    queries()
    few = queries()
    for number in range(1, 8):
        fill(number)

    assert (queries(), few <= 26) == (few, True)
