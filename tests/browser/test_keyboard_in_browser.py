"""A keyboard alone buys: every stop can be seen, nothing holds the focus, dialogs give it back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.money_paths import ADDRESS
from tests.support.open_site import DESK, Arrive

pytestmark = pytest.mark.browser

# What has the focus: how to find it again, and whether its outline or shadow shows that. What is
# drawn by a label, or by a field around it, is shown there; a frame says a moment later that it
# has the focus.
STOP = """async () => {
    const one = document.activeElement;
    const drawn = ["label", ".search-field", ".card-element", ".stepper", ".tile", ".list-sort"]
        .map((each) => one.closest(each)).filter(Boolean);
    const visible = (each) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
        return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    };
    for (let left = one.tagName === "IFRAME" ? 100 : 0; left > 0; left -= 1) {
        if ([one, ...drawn].some(visible)) break;
        await new Promise((later) => setTimeout(later, 50));
    }
    const shown = [one, ...drawn].some(visible);
    return { tag: one.tagName, shown, what: one.outerHTML.slice(0, 200) };
}"""
ENOUGH = 150


class Keyboard:
    """Presses keys, and looks at each stop of the focus."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def tab(self) -> str:
        """Go one stop further; gives what has the focus."""
        self.page.keyboard.press("Tab")
        stop: dict[str, Any] = self.page.evaluate(STOP)
        assert stop["shown"] or stop["tag"] == "BODY", f"{self.page.url}: {stop['what']}"
        return str(stop["what"])

    def to(self, selector: str) -> None:
        """Press Tab until what the selector finds has the focus."""
        for _ in range(ENOUGH):
            self.tab()
            if self.page.evaluate("(each) => document.activeElement.matches(each)", selector):
                return
        raise AssertionError(f"{self.page.url}: no way to {selector}")

    def press(self, key: str) -> None:
        """Press a key that leads to another page."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press(key)

    def choose(self, name: str, wanted: str) -> None:
        """Go to a list of choices, and down to the one that is wanted."""
        self.to(f"select[name={name}]")
        here = self.page.locator(f"select[name={name}]")
        expect(here.locator("option").nth(1)).to_be_attached()
        for _ in range(here.locator("option").count()):
            if here.input_value() == wanted:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{wanted} is not among {name}")


def test_a_keyboard_alone_buys(arrive_there: Arrive) -> None:
    buyer = arrive_there("keyboard", width=DESK)
    page, keys = buyer.page, Keyboard(buyer.page)

    # The first stop skips the head, and the round through the page comes back to it
    buyer.go("/")
    assert 'class="skip"' in keys.tab()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    keys.to(".skip")

    # From the search to the produce, by a suggestion
    keys.to("#search-q")
    page.keyboard.type("noodle")
    expect(page.locator("#search-suggestions [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/produce/[A-Z]+/$"))

    # Another pack, into the basket, and on to the checkout
    keys.to("[name=pack]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=pack]").nth(1)).to_be_checked()
    keys.to(".buy-add")
    keys.press("Space")
    keys.to("a[href='/basket/']")
    keys.press("Enter")
    keys.to("main a[href='/checkout/']")
    keys.press("Enter")

    # The address
    for name in ("name", "phone", "email"):
        keys.to(f"main [name={name}]")
        page.keyboard.type(ADDRESS[name])
    for name in ("province", "city", "district"):
        keys.choose(name, ADDRESS[name])
    keys.to("main [name=street]")
    page.keyboard.type(ADDRESS["street"])
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/checkout/review/$"))
    keys.to("main aside form:has([name=total]) button")
    keys.press("Enter")

    # The card
    expect(page.locator("#pay-button")).to_be_visible()
    card = page.frame_locator('iframe[name^="__privateStripeFrame"]').first
    expect(card.locator("[name=cardnumber]")).to_be_visible()
    keys.to("iframe")
    for name, value in (("cardnumber", "4242424242424242"), ("exp-date", "1240"), ("cvc", "123")):
        if not card.locator(f"[name={name}]").evaluate("(each) => each.matches(':focus')"):
            keys.tab()
        page.keyboard.type(value)
    keys.to("#pay-button")
    with page.expect_navigation(url=re.compile("/checkout/done/")):
        page.keyboard.press("Enter")
    buyer.sees("¥")
    expect(page.locator("h1")).to_be_visible()


def test_a_dialog_keeps_the_focus_and_gives_it_back(arrive_there: Arrive) -> None:
    developer = arrive_there("dialog", width=DESK)
    page, keys = developer.page, Keyboard(developer.page)
    developer.go("/dev/style/")
    page.locator("[data-opens]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_visible()

    for _ in range(4):
        keys.tab()
        assert page.evaluate("!!document.activeElement.closest('dialog, body:not(:focus)')")
    page.keyboard.press("Escape")

    expect(page.locator("dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('[data-opens]')")
