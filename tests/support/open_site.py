"""The whole site with its demo on real servers, and people with a browser in front of it."""

import email
import email.policy
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, Page, Response, expect

from deploy.embedded.places import VAR
from tests.support.servers import wait_for

SCREENSHOTS = VAR / "screenshots"
# Pictures are for people: SCREENSHOTS=1 make test. Whether things fit is measured in any case.
TAKE = bool(os.environ.get("SCREENSHOTS"))
# Of all the demo's people here.
PASSWORD = "only-for-tests"
PHONE, DESK = 375, 1280
HEIGHT = 812
# A refused card, a payment that is over, a form sent back are answers, not faults; the browser's
# console names them all.
ANSWERS = ("status of 402", "status of 400", "status of 422")
# So is a request that the next page cut off.
CUT_OFF = ("htmx:", "net::ERR_", "AbortError", "Failed to fetch")
# What our own policy forbids a page is always a fault, also where a request fails by it.
FORBIDDEN = "Content Security Policy"


@dataclass
class OpenSite:
    """Where the running site answers, and what it sent out."""

    url: str
    stripe_url: str
    mails: Path
    # Where its pages look for the event stream, and the environment of its servers.
    stream_port: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def mail(self, to: str, *words: str) -> EmailMessage:
        """Wait for the mail to this address that has these words in subject or text."""
        found: list[EmailMessage] = []

        def came() -> bool:
            found[:] = [each for each in self._mails(to) if all(w in _said(each) for w in words)]
            return bool(found)

        wait_for(came, 30, f"a mail to {to} with {words}")
        return found[0]

    def _mails(self, to: str) -> list[EmailMessage]:
        mails = []
        for path in sorted(self.mails.glob("*.eml")):
            read = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if read["To"] == to:
                mails.append(read)
        return mails


def _said(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return f"{mail['Subject']}\n{body.get_content() if body else ''}"


def link_in(mail: EmailMessage, site: OpenSite) -> str:
    """The first address of the site in a mail's text."""
    words = _said(mail).split()
    return next(word for word in words if word.startswith(f"{site.url}/"))


@dataclass
class Visitor:
    """A person with a browser of their own. `faults` collects what the console complains of."""

    page: Page
    site: OpenSite
    name: str
    faults: list[str] = field(default_factory=list)
    pictures: int = 0

    @classmethod
    def arrive(
        cls, browser: Browser, site: OpenSite, name: str, language: str = "en", width: int = PHONE
    ) -> Self:
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": HEIGHT},
            locale=language,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            has_touch=width == PHONE,
        )
        context.set_default_timeout(45_000)
        visitor = cls(context.new_page(), site, name)
        visitor._listen()
        return visitor

    def _listen(self) -> None:
        def told(message: Any) -> None:
            fine = any(each in message.text for each in ANSWERS + CUT_OFF)
            if message.type == "error" and (not fine or FORBIDDEN in message.text):
                self.faults.append(f"{self.page.url}: {message.text} {message.location}")

        self.page.on("console", told)

        def failed(error: Any) -> None:
            if not any(each in str(error) for each in CUT_OFF):
                self.faults.append(f"{self.page.url}: {error}")

        self.page.on("pageerror", failed)

    def go(self, path: str, status: int = 200) -> Response:
        """Open an address of the site."""
        response = self.page.goto(path)
        assert response is not None
        assert response.status == status, f"{path}: {response.status}"
        return response

    def look(self, what: str) -> None:
        """Nothing sticks out of the page; take a picture, numbered in the order of the steps."""
        self.fits()
        self.pictures += 1
        self.picture(f"{self.name}-{self.pictures:02}-{what}")

    def picture(self, name: str) -> None:
        """Take a picture of the whole page, also of one that scrolls inside, as the admin's do.

        Only with SCREENSHOTS=1.
        """
        if not TAKE:
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size
        assert size is not None
        height = self.page.evaluate(
            """Math.max(...[document.scrollingElement, ...document.querySelectorAll("main")]
                .map((each) => each.scrollHeight))"""
        )
        if height > HEIGHT:
            self.page.set_viewport_size({"width": size["width"], "height": height})
        # A change of colours is over first; pictures further down are fetched only now, those in
        # what is closed, never.
        self.page.evaluate(
            """async () => {
                const there = (each) => each.complete || !each.checkVisibility();
                do {
                    await new Promise((later) => setTimeout(later, 50));
                } while (document.getAnimations().length || ![...document.images].every(there));
            }"""
        )
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        self.page.set_viewport_size({"width": size["width"], "height": HEIGHT})

    def turn(self, width: int) -> None:
        """Make the window so wide."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def speak(self, language: str) -> None:
        """Have the next pages in this language."""
        cookie = {"name": "django_language", "value": language, "url": self.site.url}
        self.page.context.add_cookies([cookie])  # type: ignore[list-item]

    def fits(self, parts: str = "html, main") -> None:
        """These parts of the page, and what scrolls inside them, do not stick out of its window."""
        sticking = self.sticking(parts)
        assert not sticking, sticking

    def sticking(self, parts: str) -> str:
        """What sticks out of the window in these parts of the page; "" where nothing does."""
        wide, window, out = self.page.evaluate(
            """(parts) => {
                const all = [...document.querySelectorAll(parts)];
                // scrollWidth is a whole number: what it is rounded by is not added twice.
                const left = (each) => Math.floor(each.getBoundingClientRect().left);
                const out = all.flatMap((each) => [...each.querySelectorAll("*")])
                    .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
                    .slice(0, 8).map((each) => each.tagName + "." + each.className);
                const wide = Math.max(...all.map((each) => left(each) + each.scrollWidth));
                return [wide, innerWidth, out];
            }""",
            parts,
        )
        return f"{self.page.url}: {wide} > {window} px: {out}" if wide > window else ""

    def press(self, name: str, *, exact: bool = True) -> None:
        """Press the button with this name, and wait for the page that it leads to."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.get_by_role("button", name=name, exact=exact).click()

    def follow(self, name: str, *, exact: bool = True) -> None:
        """Follow the first link with this name."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.get_by_role("link", name=name, exact=exact).first.click()

    def sign_in(self, address: str, path: str) -> None:
        """Go to a page that asks for it, and sign in as one of the demo's people."""
        self.go(path)
        self.page.locator("[name=username]").fill(address)
        self.page.locator("[name=password]").fill(PASSWORD)
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator("main form button[type=submit]").last.click()

    def sees(self, *texts: str) -> None:
        """These words stand on the page."""
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)

    def choose(self, produce: str, pack: str, packs: int = 1) -> None:
        """On a produce's page: put packs into the basket."""
        self.sees(produce)
        self.page.locator(".pack", has_text=pack).click()
        self.page.locator("#quantity").fill(str(packs))
        self.page.locator(".buy-add").click()
        self.page.wait_for_load_state("load")

    def give_address(self, given: dict[str, str]) -> None:
        """Fill the checkout's first form and go on; a saved address is not taken."""
        closed = self.page.locator("details.other-address:not([open]) > summary")
        if closed.count():
            closed.click()
        for name, value in given.items():
            if name in ("province", "city", "district"):
                self.page.locator(f"main select[name={name}]").select_option(value)
            else:
                self.page.locator(f"main [name={name}]").fill(value)
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator("main form:has([name=street]) button[type=submit]:visible").click()

    def enter_card(self, number: str) -> None:
        """Type a card into the payment service's own field."""
        inside = self.page.frame_locator('iframe[name^="__privateStripeFrame"]').first
        inside.locator("[name=cardnumber]").fill(number)
        inside.locator("[name=exp-date]").fill("12 / 40")
        inside.locator("[name=cvc]").fill("123")

    def pay(self) -> None:
        self.page.locator("#pay-button").click()

    def leave(self) -> None:
        """Close the browser; what its console complained of fails the test."""
        self.page.context.close()
        assert not self.faults, "\n".join(self.faults)


Arrive = Callable[..., Visitor]
