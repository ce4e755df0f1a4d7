"""/r/CODE: where it leads, what it remembers, what it does not count."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from catalog.clock import now
from livestream.campaigns import cookie, services
from livestream.campaigns.models import Campaign, LinkTouch, TrackedLink
from tests.support.sold import make_farm

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    moment = now()
    return Campaign.objects.create(
        code="autumn",
        name_zh="秋收",
        name_en="Autumn",
        starts_at=moment - timedelta(days=1),
        ends_at=moment + timedelta(days=1),
    )


@pytest.fixture
def link(campaign: Campaign) -> TrackedLink:
    return TrackedLink.objects.create(code="PEAR7", campaign=campaign, channel="poster")


def candidates_of(client: Client, user=None) -> list[dict]:
    """What payment would freeze for this browser."""
    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    request.user = user or AnonymousUser()
    return services.candidates(request)


def test_a_link_leads_to_its_produce_and_is_remembered(client, link):
    link.produce = make_farm().produce
    link.save()

    response = client.get("/r/PEAR7")

    assert (response.status_code, response["Location"]) == (302, "/produce/pear/")
    touch = LinkTouch.objects.get()
    assert (touch.link_id, touch.user_id) == (link.pk, None)
    morsel = client.cookies[cookie.NAME]
    assert (morsel["httponly"], morsel["samesite"]) == (True, "Lax")
    assert morsel["max-age"] == 8 * 24 * 3600
    assert candidates_of(client) == [
        {
            "link": "PEAR7",
            "campaign": link.campaign_id,
            "at": touch.touched_at.isoformat(),
            "visitor": str(touch.visitor),
        }
    ]


@pytest.mark.parametrize("address", ["/r/pear7", "/r/Pear7/", "/r/PEAR7"])
def test_case_and_a_slash_do_not_matter(client, link, address):
    assert client.get(address)["Location"] == "/produce/"
    assert LinkTouch.objects.count() == 1


def test_the_cookie_is_secure_where_the_session_is(client, link, settings):
    settings.SESSION_COOKIE_SECURE = True
    client.get("/r/PEAR7")
    assert client.cookies[cookie.NAME]["secure"] is True


def test_a_browser_keeps_its_visitor_and_its_last_ten_touches(client, link, set_clock):
    for second in range(12):
        set_clock(second)
        client.get("/r/PEAR7")

    assert LinkTouch.objects.values("visitor").distinct().count() == 1
    times = [touch["at"] for touch in candidates_of(client)]
    assert len(times) == 10
    last = LinkTouch.objects.order_by("-touched_at")[:10].values_list("touched_at", flat=True)
    assert times == [at.isoformat() for at in reversed(last)]


@pytest.mark.parametrize(
    "address", ["/r/nothing", "/r/%00", "/r/%E7%BB%BF%E8%89%B2", "/r/" + "A" * 300]
)
def test_an_unknown_code_lands_on_the_list_with_a_word(client, address):
    response = client.get(address, follow=True)

    assert response.redirect_chain == [("/produce/", 302)]
    assert [str(message) for message in response.context["messages"]]
    assert cookie.NAME not in client.cookies
    assert not LinkTouch.objects.exists()


@pytest.mark.parametrize(("starts", "ends"), [(-3, -1), (1, 3)])
def test_a_campaign_that_is_over_or_not_begun_counts_no_touch(client, link, starts, ends):
    link.campaign.starts_at = now() + timedelta(days=starts)
    link.campaign.ends_at = now() + timedelta(days=ends)
    link.campaign.save()

    response = client.get("/r/PEAR7", follow=True)

    assert response.redirect_chain == [("/produce/", 302)]
    assert len(response.context["messages"]) == 1
    assert cookie.NAME not in client.cookies
    assert not LinkTouch.objects.exists()


@pytest.mark.parametrize(
    "agent", ["Mozilla/5.0 (compatible; Baiduspider/2.0)", "Googlebot/2.1", "facebookexternalhit"]
)
def test_robots_are_led_on_but_not_remembered(client, link, agent):
    assert client.get("/r/PEAR7", headers={"user-agent": agent}).status_code == 302
    assert not LinkTouch.objects.exists()


def test_a_phone_whose_name_ends_in_bot_is_a_person(client, link):
    client.get("/r/PEAR7", headers={"user-agent": "Mozilla/5.0 (Linux; CUBOT NOTE 20)"})
    assert LinkTouch.objects.count() == 1


def test_head_is_answered_and_not_counted_and_post_is_refused(client, link):
    assert client.head("/r/PEAR7").status_code == 302
    assert client.post("/r/PEAR7").status_code == 405
    assert not LinkTouch.objects.exists()
    assert cookie.NAME not in client.cookies


def test_a_forged_cookie_is_ignored(client, link):
    client.get("/r/PEAR7")
    client.cookies[cookie.NAME] = client.cookies[cookie.NAME].value[:-2] + "xx"
    assert candidates_of(client) == []

    client.get("/r/PEAR7")

    assert len(candidates_of(client)) == 1
    assert LinkTouch.objects.values("visitor").distinct().count() == 2


def test_touches_older_than_seven_days_are_no_candidates(client, link, set_clock):
    client.get("/r/PEAR7")
    set_clock(7 * 24 * 3600 - 60)
    assert len(candidates_of(client)) == 1
    set_clock(7 * 24 * 3600 + 60)
    assert candidates_of(client) == []


def test_a_member_brings_the_accounts_touches_from_another_device_once(client, link, campaign):
    user = get_user_model().objects.create_user(email="wang@example.org", password="pears-4-me")
    other = TrackedLink.objects.create(code="OTHER", campaign=campaign, channel="WeChat")
    client.force_login(user)
    client.get("/r/PEAR7")
    phone = Client()
    phone.force_login(user)
    phone.get("/r/other")

    here, there = candidates_of(client, user), candidates_of(phone, user)

    assert [touch["link"] for touch in here] == ["PEAR7", "OTHER"]
    assert here == there
    assert [touch["link"] for touch in candidates_of(phone)] == [other.code]


def test_a_flood_from_one_address_is_led_on_but_not_written(client, link, monkeypatch):
    monkeypatch.setattr("livestream.campaigns.views.TOUCHES_PER_ADDRESS", "2/h")
    for _ in range(4):
        assert client.get("/r/PEAR7").status_code == 302
    assert LinkTouch.objects.count() == 2
