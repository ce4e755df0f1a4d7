"""Choosing how the site looks: remembered, on every page, back on the same one."""

import gzip

import pytest
from django.urls import reverse

from storefront.accounts.models import User
from storefront.look.choices import AFTER, THEMES, Look

pytestmark = pytest.mark.django_db

CHOOSE = "/look/"
PAGE = "/accounts/login/"


def head(client, page: str = PAGE) -> str:
    """The opening tag of a page."""
    return client.get(page).content.decode().split(">")[1] + ">"


def test_a_theme_and_large_text_are_remembered_and_come_with_the_page(client):
    # Given a page as the device likes it
    assert head(client).strip() == '<html lang="zh-hans">'

    # When somebody chooses dark, then large text, then English
    answers = [
        client.post(CHOOSE, {name: value, "next": f"{PAGE}?next=/orders/"})
        for name, value in {"theme": "dark", "font": "large", "language": "en"}.items()
    ]

    # Then each leads back to the same page, and every page is so
    assert {answer.url for answer in answers} == {f"{PAGE}?next=/orders/"}
    assert head(client).strip() == '<html lang="en" data-theme="dark" data-font="large">'
    assert answers[0].cookies["theme"]["max-age"] == 365 * 24 * 3600
    assert answers[0].cookies["theme"]["samesite"] == "Lax"

    # And what is usual needs no cookie
    client.post(CHOOSE, {"theme": "auto", "font": "normal", "language": "zh-hans"})
    assert head(client).strip() == '<html lang="zh-hans">'


def test_nonsense_is_not_kept_and_nobody_is_sent_away(client):
    for there in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "\x00", ""):
        answer = client.post(
            CHOOSE, {"theme": "pink", "font": "9", "language": "xx", "next": there}
        )

        assert (answer.status_code, answer.url) == (302, "/")
        assert not answer.cookies

    client.cookies["theme"] = '"><script>'
    client.cookies["font"] = "huge"
    assert head(client).strip() == '<html lang="zh-hans">'
    assert client.get(CHOOSE).status_code == 405


def test_one_button_goes_through_all_themes():
    assert set(AFTER) == set(AFTER.values()) == set(THEMES)
    assert len({Look(theme, font).key for theme in THEMES for font in ("normal", "large")}) == 6


def test_the_first_view_weighs_little(client, settings):
    dist = settings.BASE_DIR / "assets" / "dist"
    page = client.get(reverse("shop:produce-list")).content

    parts = [page, *((dist / name).read_bytes() for name in ("shop.css", "shop.js"))]

    assert sum(len(gzip.compress(part, 6)) for part in parts) < 200_000


def test_the_style_page_shows_each_component_on_one_desk_alone(client, settings):
    shown = client.get("/dev/style/")
    names = [path.name for path in (settings.BASE_DIR / "templates/components").glob("*.html")]

    assert shown.status_code == 200
    assert len(names) > 15
    for part in ("note-warning", "data-table", "timeline", "stepper", "sheet", "skeleton"):
        assert part in shown.content.decode()

    settings.MAILBOX = False
    assert client.get("/dev/style/").status_code == 404


def test_mails_to_a_member_follow_the_language_that_is_switched_to(client):
    # Given a member who is written to in Chinese
    member = User.objects.create_user(email="m@example.org", password="secret-words-9")
    User.objects.filter(pk=member.pk).update(language="zh-hans")
    client.force_login(member)

    # When they switch to English
    client.post(CHOOSE, {"language": "en", "next": "/"})

    # Then so are their mails; a theme or nonsense changes nothing
    for sent in ({}, {"theme": "dark"}, {"language": "xx"}):
        client.post(CHOOSE, sent)
        member.refresh_from_db()
        assert member.language == "en"
