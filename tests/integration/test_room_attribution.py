"""Order lines that come from a live session: from its room, its coupon, another platform."""

from datetime import timedelta

import pytest

from catalog.clock import now
from livestream.campaigns.models import LineAttribution
from livestream.campaigns.services import LineToAttribute, attribute_lines
from tests.support.sessions import begin_session, make_campaign, make_session
from tests.support.sold import make_farm, sell

pytestmark = pytest.mark.django_db


def credited(
    source: str, *, touches: tuple = (), coupons: tuple = (), days_later: int = 0
) -> tuple[str, int | None, dict]:
    """How a line of this source is attributed, if payment starts so many days from now."""
    order = sell((make_farm(), 2500))
    moment = now() + timedelta(days=days_later)
    line = LineToAttribute(order.lines.get().pk, source, coupons)
    attribute_lines([line], touches, started_at=moment, paid_at=moment, user_id=None)
    row = LineAttribution.objects.get()
    return row.rule, row.campaign_id, row.evidence


def touch(campaign_id: int) -> dict:
    at = (now() - timedelta(minutes=1)).isoformat()
    return {"link": "L", "campaign": campaign_id, "at": at, "visitor": "v"}


def test_what_was_added_in_the_room_is_the_sessions_whatever_link_led_there():
    session = begin_session()
    other = make_campaign("other")

    found = credited(f"room:{session.pk}", touches=(touch(other.pk),))

    assert found == ("room", session.campaign_id, {"session": session.pk})


def test_the_sessions_coupon_is_the_rule_and_the_session_stays_in_the_evidence():
    session = begin_session()
    coupon = {"terms": 3, "code": "LIVE5", "campaign": session.campaign_id}

    rule, campaign_id, evidence = credited(f"room:{session.pk}", coupons=(coupon,))

    assert (rule, campaign_id) == ("coupon", session.campaign_id)
    assert evidence == {"session": session.pk, "coupon": "LIVE5", "terms": 3}


def test_another_campaigns_coupon_takes_the_line_from_the_session():
    session, other = begin_session(), make_campaign("other")
    coupon = {"terms": 3, "code": "FAIR5", "campaign": other.pk}

    found = credited(f"room:{session.pk}", coupons=(coupon,))

    assert found == ("coupon", other.pk, {"coupon": "FAIR5", "terms": 3})


def test_a_sale_on_another_platform_is_the_sessions_that_it_was_imported_for():
    session = begin_session()

    found = credited(f"platform:douyin:{session.pk}")

    evidence = {"session": session.pk, "platform": "douyin"}
    assert found == ("platform", session.campaign_id, evidence)


@pytest.mark.parametrize("days_later", [44, 45])
def test_a_room_counts_until_its_campaigns_figures_are_frozen(days_later):
    session = begin_session()
    rule, *_ = credited(f"room:{session.pk}", days_later=days_later - 1)
    # It began a day ago, runs for 30 days, and is frozen 15 days after.
    assert rule == ("room" if days_later == 44 else "none")


@pytest.mark.parametrize("source", ["room:999999", "room:", "room:x", "platform:douyin:", "till:1"])
def test_a_source_that_is_no_session_says_nothing(source):
    campaign = make_campaign()
    rule, campaign_id, evidence = credited(source, touches=(touch(campaign.pk),))
    assert (rule, campaign_id) == ("link", campaign.pk)
    assert "session" not in evidence


@pytest.mark.parametrize("rehearsal", [True, False])
def test_rehearsals_and_sessions_that_never_began_are_credited_nothing(rehearsal):
    session = begin_session(rehearsal=True) if rehearsal else make_session()
    assert credited(f"room:{session.pk}") == ("none", None, {})
