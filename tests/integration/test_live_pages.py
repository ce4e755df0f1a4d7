"""The staff's pages about live sessions."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime

from catalog.clock import now
from livestream.sessions.models import LiveSession, SessionChannel
from livestream.sessions.services import CardText, move, save_card
from storefront.accounts.models import User
from storefront.accounts.roles import Role
from tests.support import chain
from tests.support.sessions import make_campaign, make_session
from tests.support.staff import person

pytestmark = pytest.mark.django_db
# The list itself, whatever its length, and what Wagtail asks for each page.
LIST = 12


@pytest.fixture
def editor() -> User:
    return person(Role.EDITOR)


@pytest.fixture
def desk(editor: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(editor)
    return client


def typed(moment: Any) -> str:
    return f"{localtime(moment):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize("count", [2, 20])
def test_the_list_takes_as_many_queries_for_many_sessions(
    desk, count, django_assert_max_num_queries
):
    pack = chain.make_grove().pack
    made = [make_session(channels=3, packs=[pack]).pk for _ in range(count)]
    address = reverse("live:sessions")
    desk.get(address)

    with django_assert_max_num_queries(LIST):
        page = desk.get(address)

    assert [session.pk for session in page.context["shown"]] == made[::-1]
    assert {session.items for session in page.context["shown"]} == {1}
    assert page.content.decode().count("own room · Douyin · Kuaishou") == count


def test_a_session_is_made_and_run_from_its_pages(desk, editor):
    campaign = make_campaign()
    grove = chain.make_grove()
    begin = now() + timedelta(days=1)
    form = {
        "campaign": campaign.pk,
        "title_zh": "秋收专场",
        "title_en": "Harvest evening",
        "starts_at": typed(begin),
        "ends_at": typed(begin + timedelta(hours=2)),
    }

    wrong = desk.post(reverse("live:new"), form | {"ends_at": typed(begin)})
    assert (wrong.status_code, LiveSession.objects.count()) == (422, 0)
    assert "It ends before it begins." in wrong.content.decode()
    desk.post(reverse("live:new"), form)
    session = LiveSession.objects.get()
    at = {"session_id": session.pk}
    assert typed(session.starts_at) == form["starts_at"]
    shown = {"platform": "douyin", "account": "", "room": "1", "address": ""} | {
        key: form[key] for key in ("starts_at", "ends_at")
    }
    wrong = desk.post(reverse("live:new-channel", kwargs=at), shown)
    assert (wrong.status_code, SessionChannel.objects.count()) == (422, 0)
    desk.post(reverse("live:new-channel", kwargs=at), shown | {"account": "校园助农"})
    desk.post(reverse("live:add-item", kwargs=at), {"pack": grove.pack.pk, "per_buyer": "2"})
    item = session.shelf.get()
    one = at | {"item_id": item.pk}
    desk.post(reverse("live:item", kwargs=one), {"do": "limit", "per_buyer": "two"})
    assert session.shelf.get().per_buyer == 2
    desk.post(reverse("live:item", kwargs=one), {"do": "limit", "per_buyer": "3"})
    desk.post(reverse("live:item", kwargs=one), {"do": "up"})
    desk.post(reverse("live:move", kwargs=at), {"to": "scheduled", "seen": "draft"})

    page = desk.get(reverse("live:session", kwargs=at)).content.decode()

    assert (session.shelf.get().per_buyer, session.channels.get().account) == (3, "校园助农")
    for text in ("Harvest evening", "校园助农", grove.pack.display_name, "Go live…", "scheduled"):
        assert text in page
    assert "no way back" in page


def test_a_desk_with_an_old_page_is_told_and_moves_nothing(desk, editor):
    session = make_session()
    for to in ("scheduled", "live", "paused"):
        move(session, to, editor, "desk")
    address = reverse("live:move", kwargs={"session_id": session.pk})

    for seen in ("live", "", "nowhere"):
        page = desk.post(address, {"to": "ended", "seen": seen}, follow=True).content.decode()
        assert "Someone else has just moved it: it is “paused” now. Look again." in page
        assert LiveSession.objects.get().state == "paused"
        assert session.events.count() == 3
    page = desk.post(address, {"to": "replay", "seen": "paused"}, follow=True).content.decode()
    assert "from there it does not go to “replay” in this way." in page
    assert session.events.count() == 3


def test_a_cue_card_warns_of_words_and_keeps_them(desk):
    session = make_session(packs=[chain.make_grove().pack])
    item = session.shelf.get()
    address = reverse("live:card", args=[session.pk, item.pk])
    text = {"points_zh": "村里最甜\n最近上市", "proofs_zh": "能治疗咳嗽", "quota_zh": "40 箱"}

    page = desk.post(address, text, follow=True).content.decode()

    assert session.shelf.get().card.points_zh == "村里最甜\n最近上市"
    assert "Look at 2 words: they are marked below their fields." in page
    assert "<mark>最甜</mark>" in page
    assert "<mark>治疗</mark>" in page
    assert page.count("<mark>") == 2
    assert "an absolute claim (Advertising Law, article 9)" in page
    # Nothing to look at, nothing said.
    clean = desk.post(address, {"points_zh": "甜"}, follow=True).content.decode()
    assert "The cue card is saved." in clean
    assert "<mark>" not in clean


def test_words_are_found_while_they_are_typed(desk):
    found = desk.post(reverse("live:words"), {"points_zh": "村里最甜", "other": "顶级"}).json()

    assert found.pop("points_zh") == [
        {
            "before": "村里",
            "word": "最甜",
            "after": "",
            "reason": "an absolute claim (Advertising Law, article 9)",
        }
    ]
    assert set(found) == {
        *("points_en", "proofs_zh", "proofs_en", "quota_zh", "quota_en"),
        *("village_zh", "village_en"),
    }
    assert not any(found.values())


@pytest.mark.parametrize("count", [1, 5])
def test_the_cards_are_a_page_without_scripts(desk, count, django_assert_max_num_queries):
    packs = [chain.make_grove(letter).pack for letter in "ABCDE"[:count]]
    session = make_session(packs=packs)
    item = session.shelf.first()
    save_card(session.pk, item.pk, CardText(points_zh="<b>顶级</b>\n甜", quota_zh="40 箱"))
    address = reverse("live:cards", args=[session.pk])
    desk.get(address)

    with django_assert_max_num_queries(10):
        page = desk.get(address).content.decode()

    assert page.count('class="cue-card"') == count
    assert "<script" not in page
    assert "&lt;b&gt;<mark title=" in page
    assert "40 箱" in page
    assert all(pack.display_name in page for pack in packs)


def test_an_auditor_reads_and_changes_nothing():
    client = Client()
    client.force_login(person(Role.AUDITOR))
    session = make_session(channels=1, packs=[chain.make_grove().pack])

    page = client.get(reverse("live:session", args=[session.pk])).content.decode()
    assert session.title_zh in page or session.title_en in page
    assert "<form" not in page.split("staff-content")[1]
    answer = client.post(
        reverse("live:move", args=[session.pk]), {"to": "scheduled", "seen": "draft"}
    )
    assert answer.status_code in (302, 403)
    assert LiveSession.objects.get().state == "draft"


def test_a_draft_is_deleted_from_its_page(desk):
    session = make_session(channels=1)

    desk.post(reverse("live:delete", args=[session.pk]))

    assert not LiveSession.objects.exists()
