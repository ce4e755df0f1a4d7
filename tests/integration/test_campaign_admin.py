"""Staff make campaigns and tracked links in Wagtail's admin."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.clock import now
from livestream.campaigns.codes import ALPHABET
from livestream.campaigns.models import Campaign, LinkTouch, TrackedLink
from tests.support.campaigns import NAMESPACE, form
from tests.support.sold import make_farm, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = get_user_model().objects.create_superuser(
        email="staff@example.org", password="pears-4-me"
    )
    client.force_login(user)
    return client


def test_a_campaign_is_made_with_links_whose_codes_make_themselves(staff):
    produce = make_farm().produce
    links = [
        {"channel": "WeChat group"},
        {"channel": "poster", "produce": produce.pk},
        {"channel": "Douyin", "code": "dy-1"},
    ]

    response = staff.post(reverse(f"{NAMESPACE}:add"), form(links))

    assert response.status_code == 302, response.context["form"].errors
    campaign = Campaign.objects.get()
    made = {link.channel: link for link in campaign.links.all()}
    assert made["Douyin"].code == "DY-1"
    assert made["poster"].produce == produce
    for channel in ("WeChat group", "poster"):
        assert re.fullmatch(f"[{ALPHABET}]{{7}}", made[channel].code)
    assert made["poster"].address == f"http://testserver/r/{made['poster'].code}"


def test_a_code_that_exists_in_other_case_is_refused(staff):
    other = Campaign.objects.create(
        code="other", name_zh="别的", starts_at=now(), ends_at=now() + timedelta(days=1)
    )
    TrackedLink.objects.create(code="PEAR", campaign=other, channel="poster")

    response = staff.post(
        reverse(f"{NAMESPACE}:add"), form([{"channel": "poster", "code": "pear"}])
    )

    assert response.status_code == 200
    assert Campaign.objects.count() == 1
    twice = [{"channel": "a", "code": "plum"}, {"channel": "b", "code": "PLUM"}]
    assert staff.post(reverse(f"{NAMESPACE}:add"), form(twice)).status_code == 200
    assert Campaign.objects.count() == 1


def test_a_campaign_that_ends_before_it_begins_is_refused(staff):
    response = staff.post(reverse(f"{NAMESPACE}:add"), form([], ends_at="2026-08-01 00:00"))
    assert response.status_code == 200
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("change", [{"code": "NEWCODE"}, {"DELETE": "on"}])
def test_a_link_that_was_followed_stays(staff, change):
    staff.post(reverse(f"{NAMESPACE}:add"), form([{"channel": "poster", "code": "PEAR"}]))
    link = TrackedLink.objects.get()
    LinkTouch.objects.create(
        link=link, visitor="0a8d6ab6-0000-4000-8000-000000000001", touched_at=now()
    )
    edit = reverse(f"{NAMESPACE}:edit", args=[link.campaign_id])
    row = {"id": link.pk, "channel": "big poster", "code": "PEAR"}

    refused = staff.post(edit, form([{**row, **change}]))
    assert (refused.status_code, "PEAR" in refused.content.decode()) == (200, True)
    link.refresh_from_db()
    assert (link.code, link.channel) == ("PEAR", "poster")

    assert staff.post(edit, form([row])).status_code == 302
    link.refresh_from_db()
    assert link.channel == "big poster"


def test_a_link_that_nobody_followed_goes(staff):
    staff.post(reverse(f"{NAMESPACE}:add"), form([{"channel": "poster", "code": "PEAR"}]))
    link = TrackedLink.objects.get()
    edit = reverse(f"{NAMESPACE}:edit", args=[link.campaign_id])
    row = {"id": link.pk, "channel": "poster", "code": "PEAR", "DELETE": "on"}
    assert staff.post(edit, form([row])).status_code == 302
    assert not TrackedLink.objects.exists()


def test_a_campaign_with_links_is_not_deleted(staff):
    staff.post(reverse(f"{NAMESPACE}:add"), form([{"channel": "poster"}]))
    campaign = Campaign.objects.get()
    staff.post(reverse(f"{NAMESPACE}:delete", args=[campaign.pk]))
    assert Campaign.objects.count() == 1


def test_the_figures_page_shows_addresses_and_what_they_sold(staff):
    staff.post(reverse(f"{NAMESPACE}:add"), form([{"channel": "poster", "code": "PEAR"}]))
    sell((make_farm(), 2500))
    campaign = Campaign.objects.get()

    page = staff.get(reverse(f"{NAMESPACE}:inspect", args=[campaign.pk])).content.decode()

    assert "http://testserver/r/PEAR" in page
    assert "¥25.00" in page


def test_the_list_shows_figures_in_few_queries(staff):
    pear = make_farm()
    address = reverse(f"{NAMESPACE}:list")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff.get(address).status_code == 200
        return len(captured)

    for number in range(2):
        Campaign.objects.create(
            code=f"c{number}", name_zh="推广", starts_at=now(), ends_at=now() + timedelta(days=1)
        )
    queries()
    few = queries()
    for number in range(2, 20):
        sell((pear, 2500))
        Campaign.objects.create(
            code=f"c{number}", name_zh="推广", starts_at=now(), ends_at=now() + timedelta(days=1)
        )
    many = queries()
    assert (many, many <= 16) == (few, True)


def test_a_buyer_and_staff_without_the_permission_see_nothing(client):
    user = get_user_model().objects.create_user(email="li@example.org", password="pears-4-me")
    client.force_login(user)
    for name in ("list", "add"):
        assert client.get(reverse(f"{NAMESPACE}:{name}")).status_code == 302
    assert not Campaign.objects.exists()
