"""What an order line is credited to, and how staff correct it."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.clock import now
from livestream.campaigns.models import Campaign, LineAttribution
from livestream.campaigns.services import (
    LineToAttribute,
    OverrideRefused,
    attribute_lines,
    override,
)
from tests.support.sold import attribute, make_farm, sell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
VISITOR = "0a8d6ab6-0000-4000-8000-000000000001"


def a_campaign(code: str, starts: int = -9, ends: int = 9) -> Campaign:
    """A campaign from and to so many days from now."""
    moment = now()
    return Campaign.objects.create(
        code=code, name_zh=code, starts_at=moment + starts * DAY, ends_at=moment + ends * DAY
    )


def touch(campaign_id: int, days_ago: float, code: str = "CODE") -> dict:
    at = now() - days_ago * DAY
    return {"link": code, "campaign": campaign_id, "at": at.isoformat(), "visitor": VISITOR}


def attributed(order) -> list[tuple[str, int | None]]:
    rows = LineAttribution.objects.filter(order_line__order=order, replaced_by__isnull=True)
    return list(rows.order_by("order_line_id").values_list("rule", "campaign_id"))


def test_the_last_link_wins_and_each_line_keeps_the_evidence():
    early, late = a_campaign("early"), a_campaign("late")
    order = sell((make_farm("pear"), 2500), (make_farm("plum"), 1800))
    newest = touch(late.pk, 0.5, "LATE")

    attribute(order, [newest, touch(early.pk, 2)], user_id=7)

    assert attributed(order) == [("link", late.pk)] * 2
    row = LineAttribution.objects.first()
    assert row.rule_version == 2
    assert row.evidence == {"link": "LATE", "at": newest["at"], "visitor": VISITOR, "user": 7}


def test_without_a_touch_the_line_says_so():
    order = sell((make_farm(), 2500))
    attribute(order, [])
    assert attributed(order) == [("none", None)]


def test_a_campaign_deleted_since_gives_way_to_the_touch_before():
    kept = a_campaign("kept")
    order = sell((make_farm(), 2500))
    attribute(order, [touch(kept.pk, 2), touch(999_999, 1)])
    assert attributed(order) == [("link", kept.pk)]


def test_a_touch_counts_only_while_its_campaign_ran():
    over, ahead = a_campaign("over", -9, -2), a_campaign("ahead", 1, 9)
    order = sell((make_farm("pear"), 2500))
    attribute(order, [touch(over.pk, 1), touch(ahead.pk, 1)])
    assert attributed(order) == [("none", None)]

    later = sell((make_farm("plum"), 2500))
    attribute(later, [touch(over.pk, 3)])
    assert attributed(later) == [("link", over.pk)]


@pytest.mark.parametrize(("days_ago", "rule"), [(6.99, "link"), (7.01, "none"), (-0.1, "none")])
def test_seven_days_end_when_payment_starts(days_ago, rule):
    campaign = a_campaign("autumn")
    order = sell((make_farm(), 2500))
    started = now()
    attribute(order, [touch(campaign.pk, days_ago)], started=started)
    assert [row[0] for row in attributed(order)] == [rule]


def test_two_queries_for_any_number_of_lines():
    campaign = a_campaign("autumn")
    order = sell(*[(make_farm(f"kind{number}"), 1000) for number in range(8)])
    lines = [LineToAttribute(pk) for pk in order.lines.values_list("pk", flat=True)]
    moment = now()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        attribute_lines(
            lines, [touch(campaign.pk, 1)], started_at=moment, paid_at=moment, user_id=None
        )
    assert len(queries) == 2
    assert LineAttribution.objects.count() == 8


@pytest.fixture
def staff():
    return get_user_model().objects.create_user(email="staff@example.org", password="pears-4-me")


def test_an_override_is_a_new_row_with_a_name_and_a_reason(staff):
    first, second = a_campaign("first"), a_campaign("second")
    order = sell((make_farm(), 2500))
    attribute(order, [touch(first.pk, 1)])
    line_id = order.lines.get().pk

    row = override(line_id, second.pk, staff, " The host asked for it. ")

    assert (row.rule, row.named_by, row.reason) == ("assigned", staff, "The host asked for it.")
    assert row.replaces.campaign == first
    assert attributed(order) == [("assigned", second.pk)]
    override(line_id, None, staff, "Neither.")
    assert attributed(order) == [("none", None)]
    assert LineAttribution.objects.count() == 3


@pytest.mark.parametrize(
    ("ends", "target", "reason"),
    [
        (-16, "second", "too late for the first"),
        (9, "frozen", "too late for the second"),
        (9, "first", "the same"),
        (9, "second", "  "),
        (9, "missing", "no such campaign"),
    ],
)
def test_a_refused_override_changes_nothing(staff, ends, target, reason):
    campaigns = {
        "first": a_campaign("first", -30, ends).pk,
        "second": a_campaign("second").pk,
        "frozen": a_campaign("frozen", -30, -15).pk,
        "missing": 999_999,
    }
    order = sell((make_farm(), 2500))
    attribute(order, [touch(campaigns["first"], 20)], started=now() - 19 * DAY)
    before = list(LineAttribution.objects.values())

    with pytest.raises(OverrideRefused) as refusal:
        override(order.lines.get().pk, campaigns[target], staff, reason)

    assert str(refusal.value)
    assert list(LineAttribution.objects.values()) == before
    assert attributed(order) == [("link", campaigns["first"])]


def test_an_override_is_possible_to_the_last_moment_of_the_fifteen_days(staff):
    first = a_campaign("first", -30, -15)
    Campaign.objects.filter(pk=first.pk).update(ends_at=now() - 15 * DAY + timedelta(minutes=1))
    order = sell((make_farm(), 2500))
    attribute(order, [touch(first.pk, 20)], started=now() - 19 * DAY)
    override(order.lines.get().pk, None, staff, "Just in time.")
    assert attributed(order) == [("none", None)]
