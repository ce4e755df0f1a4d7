"""Signing in by a code, the pages "Me", and the address book, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from storefront.accounts.models import User
from storefront.accounts.second_factor import turn_off
from tests.support.open_site import PASSWORD, Arrive, OpenSite
from tests.support.two_steps import digits

pytestmark = pytest.mark.browser
MODERATOR = "moderator@example.org"


def test_a_new_person_signs_in_by_a_code_and_keeps_an_address(
    arrive_there: Arrive, shared_site: OpenSite
) -> None:
    # Given somebody without an account
    person = arrive_there("people")
    page = person.page
    person.go("/accounts/login/")
    page.locator("main a[href^='/accounts/code/']").click()
    person.look("ask")

    # When they ask for a code, mistype it, and enter it
    page.fill("[name=contact]", "new.person@example.org")
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(re.compile("/accounts/code/enter/$"))
    mail = shared_site.mail("new.person@example.org")
    digits = re.findall(r"\b\d{6}\b", mail.get_body(("plain",)).get_content())[0]
    page.fill("[name=digits]", str((int(digits) + 1) % 1_000_000).zfill(6))
    page.locator("main form button[type=submit]").click()
    expect(page.locator("#id_digits_error")).to_be_visible()
    person.look("enter")
    page.fill("[name=digits]", digits)
    page.locator("main form button[type=submit]").click()

    # Then they agree, and are in
    expect(page).to_have_url(re.compile("/accounts/code/new/$"))
    person.look("agree")
    page.check("[name=agreed]")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main .note-success")).to_be_visible()
    person.go("/accounts/me/")
    expect(page.locator("main")).to_contain_text("new.person@example.org")
    person.look("me")

    # And in the address book each level offers the next one, without loading the page
    person.go("/accounts/me/addresses/new/")
    page.select_option("[name=province]", "广西")
    page.locator("select[name=city]").select_option("桂林市")
    page.locator("select[name=district]").select_option("灌阳县")
    page.locator("select[name=town]").select_option("灌阳镇")
    person.look("address")

    # And a pasted one fills the form
    page.fill("[name=pasted]", "李四 139-0000-0000 湖南长沙县星沙街道开元路18号")
    page.click("button[value=paste]")
    expect(page.locator("select[name=town]")).to_have_value("星沙街道")
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("main address")).to_contain_text("长沙县")
    person.look("addresses")
    for path in ("data/", "data/delete/", "password/", "contact/", "profile/"):
        person.go(f"/accounts/me/{path}")
        person.look(path.strip("/").replace("/", "-"))


def test_language_text_and_colours_are_one_tap_and_stay(arrive_there: Arrive) -> None:
    # Given somebody in the middle of a list, whose device likes it light
    person = arrive_there("eyes", language="zh-CN")
    page, html = person.page, person.page.locator("html")
    person.speak("zh-hans")
    person.go("/produce/?lang=zh-hans&sort=price")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    light, usual = page.evaluate(ground), page.evaluate(size)
    tools = page.locator(".masthead [data-look]")

    # When they tap for large text, then for dark
    tools.locator("[name=font]").click()
    expect(html).to_have_attribute("data-font", "large")
    assert page.evaluate(size) == usual * 1.25
    person.look("large")
    tools.locator("[name=theme]").click()
    expect(html).to_have_attribute("data-theme", "dark")
    assert page.evaluate(ground) != light
    person.look("large-dark")

    # And for English, then the page is the same one, and still theirs
    tools.get_by_role("button", name="English").click()
    expect(html).to_have_attribute("lang", "en")
    assert page.url.endswith("/produce/?sort=price")
    expect(html).to_have_attribute("data-theme", "dark")

    # On a field's way by keys alone: the first stop leads past the head
    person.go("/accounts/login/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert person.faults == []


def test_staff_set_a_second_step_up_and_sign_in_by_both(arrive_there: Arrive) -> None:
    # Given somebody of the staff, who sets it up under "Me"
    turn_off(User.objects.get(email=MODERATOR))
    person = arrive_there("steps")
    page = person.page
    person.sign_in(MODERATOR, "/accounts/login/?next=/accounts/me/second-step/")
    person.look("none")
    person.follow("Set it up")
    person.look("set-up")
    assert page.locator(".step-qr svg").bounding_box()["width"] > 150
    secret = page.locator(".step-key code").inner_text().replace(" ", "")

    # When a code of the app confirms it
    page.fill("[name=digits]", digits(secret))
    page.fill("[name=present]", PASSWORD)
    person.press("Confirm")

    # Then the recovery codes are shown, and the page says what it says from then on
    expect(page.locator(".step-codes li")).to_have_count(10)
    person.look("codes")
    person.press("I have kept them")
    person.look("own")

    # And the next sign-in asks for a code, at the staff's door too
    other = arrive_there("steps-again")
    other.sign_in(MODERATOR, "/cms/")
    other.look("enter")
    other.page.fill("[name=digits]", "000000")
    other.press("Sign in")
    expect(other.page.locator("#id_digits_error")).to_be_visible()
    other.look("wrong")
    other.go("/accounts/me/", status=200)
    assert "/accounts/second-step/" in other.page.url
    other.page.fill("[name=digits]", digits(secret, 1))
    other.press("Sign in")
    other.go("/cms/")
    assert other.page.url.endswith("/cms/")
    assert person.faults + other.faults == []
    turn_off(User.objects.get(email=MODERATOR))
