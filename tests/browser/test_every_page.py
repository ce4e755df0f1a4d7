"""Every page in both languages, at a phone's and a desk's width: nothing sticks out, nothing fails,
and axe-core finds no fault of any impact.

axe is asked in Chinese, light and dark: words change no colour, and the rest of a page is the same
markup; AXE=full asks in English, too. Pictures of all eight ways in which a page looks lie in
var/screenshots/ after SCREENSHOTS=1 make test.
"""

import os
from functools import partial

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override
from playwright.sync_api import Route

from tests.support import axe, money_paths, page_types
from tests.support.open_site import DESK, PHONE, TAKE, Arrive, OpenSite, Visitor
from tests.support.page_types import Pages, World

pytestmark = pytest.mark.browser

LANGUAGES = ("zh-hans", "en")
ASKED_IN = LANGUAGES if os.environ.get("AXE") == "full" else LANGUAGES[:1]
THEMES = ("light", "dark")
# Wagtail's menu, header and footer around our staff's pages are not ours to mend.
OURS = ".staff-content"


@pytest.fixture
def world(shared_site: OpenSite) -> World:
    return page_types.happen(shared_site.url)


def look_at(visitor: Visitor, pages: Pages, root: str = "") -> None:
    """Open each page in each language, measure it, and ask axe about it."""
    found = []
    for language in LANGUAGES:
        visitor.speak(language)
        for name, path in pages.items():
            visitor.page.goto(path)
            assert visitor.page.locator("html").get_attribute("lang") == language, path
            if language in ASKED_IN:
                found += axe.faults(visitor.page, f"{name} {language}", root, THEMES)
            found += _sticking(visitor, f"{visitor.name}-{name}-{language}", root or "html, main")
    assert not found, "\n".join(found)


def _sticking(visitor: Visitor, what: str, parts: str) -> list[str]:
    """What sticks out in either width; take pictures of the page."""
    size = visitor.page.viewport_size
    assert size is not None
    found = []
    for width in sorted((PHONE, DESK), key=lambda each: each != size["width"]):
        visitor.turn(width)
        found.append(visitor.sticking(parts))
        for theme in THEMES if TAKE else ():
            visitor.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            visitor.picture(f"{what}-{width}-{theme}")
    visitor.turn(size["width"])
    return [each for each in found if each]


def test_pages_for_everybody(arrive_there: Arrive, world: World) -> None:
    look_at(arrive_there("anybody"), page_types.SHOP | page_types.room())


def test_from_the_basket_to_the_payment(
    arrive_there: Arrive, world: World, shared_site: OpenSite
) -> None:
    guest = arrive_there("guest")
    money_paths.fill(guest, ("HSF-2", 1), ("PG-2", 1))
    look_at(guest, {"basket": "/basket/", "delivery": "/checkout/", "review": "/checkout/review/"})
    guest.go("/checkout/review/")
    money_paths.to_payment(guest)
    look_at(guest, {"pay": guest.page.url, "basket-frozen": "/basket/"})


def test_a_members_pages(arrive_there: Arrive, world: World) -> None:
    member = arrive_there("member")
    member.sign_in(page_types.BUYER, "/accounts/login/")
    look_at(member, world.members())


def test_a_code_that_was_asked_for(arrive_there: Arrive, world: World) -> None:
    person = arrive_there("code")
    person.go("/accounts/code/")
    person.page.fill("[name=contact]", "code.person@example.org")
    person.page.locator("main form button[type=submit]").click()
    person.page.wait_for_url("**/accounts/code/enter/")
    look_at(person, {"code-enter": "/accounts/code/enter/"})


def test_the_cooperatives_pages(arrive_there: Arrive, world: World) -> None:
    manager = arrive_there("manager")
    manager.sign_in("manager.gy-yongfu@example.org", "/coop/")
    look_at(manager, world.portal())


def test_the_staffs_pages(arrive_there: Arrive, world: World) -> None:
    staff = arrive_there("staff", width=DESK)
    staff.sign_in("admin@example.org", "/cms/")
    look_at(staff, world.staff(), OURS)
    look_at(staff, world.sheets())


def test_pages_of_errors(arrive_there: Arrive, shared_site: OpenSite) -> None:
    visitor = arrive_there("lost")
    # The server's own 404; the others as it would write them, at an address of its own.
    look_at(visitor, {"404": "/nothing/"})
    visitor.faults.clear()
    for name in ("403", "403_csrf", "429", "500"):
        visitor.page.route(f"**/errors/{name}/", partial(_answer, visitor, name))
        look_at(visitor, {name: f"/errors/{name}/"})


def _answer(visitor: Visitor, name: str, route: Route) -> None:
    cookies = {each["name"]: each["value"] for each in visitor.page.context.cookies()}
    request = RequestFactory().get("/")
    request.user, request.session = AnonymousUser(), SessionStore()
    with override(cookies["django_language"]):
        page = render_to_string(f"{name}.html", request=request)
    route.fulfill(body=page, content_type="text/html")
