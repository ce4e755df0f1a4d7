"""Random buyers over HTTP. Each keeps the receipts of what it was told and did."""

import http.client
import json
import random
import re
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.support.light_browser import Answer, Browser
from tests.support.sandbox import bank_answers
from tests.support.shoppers import DELIVERY

PATIENCE = 40.0
PROVINCES = ["北京", "上海", "广东", "四川", "新疆"]
GOOD_CARDS = ["pm_card_visa"] * 7 + ["pm_card_unionpay", "pm_card_mastercard"]
REFUSED_CARD, CHALLENGED_CARD = "pm_card_visa_chargeDeclined", "pm_card_threeDSecure2Required"
LATE = "paid when the time was over"
DONE, RETURNED, ENDED = "order", "refunded", "nothing charged"


@dataclass
class Receipt:
    """One payment as its buyer knows it: `told` is the last word of the shop, `paid` of the card.

    `paid` None: the buyer does not know.
    """

    email: str
    attempt: str
    browser: Browser
    intent: str = ""
    paid: bool | None = False
    told: str = ""
    number: str = ""


@dataclass
class Buyers:
    """What all buyers share. `done` counts what they did, `answers` what the web server said."""

    url: str
    port: int
    stripe: str
    publishable: str
    packs: list[tuple[int, int]]
    codes: list[str] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    broken: list[str] = field(default_factory=list)

    def go_on(self, seed: str, until: float) -> None:
        """Buy one thing after another until the time is over."""
        dice, number = random.Random(seed), 0
        try:
            while time.monotonic() < until:
                number += 1
                Buyer(self, dice, f"{seed}-{number}@buyers.example").buy()
        except Exception as error:
            self.broken.append(f"buyer {seed}-{number}: {type(error).__name__}: {error}")


class GaveUp(Exception):
    """The buyer waited long enough, or may not buy this."""


class Buyer:
    """One person with one browser and one basket."""

    def __init__(self, all_of_them: Buyers, dice: random.Random, email: str) -> None:
        self.all, self.dice, self.email = all_of_them, dice, email
        self.browser = Browser(all_of_them.port)
        self.browser.timeout = 20

    # -- HTTP that survives ---------------------------------------------------------------------

    def ask(self, method: str, path: str, **given: object) -> Answer:
        """Ask until the shop answers with a page; whoever is killed meanwhile."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                if method == "GET":
                    answer = self.browser.get(path)
                else:
                    answer = self.browser.post(path, **given)
            except (OSError, http.client.HTTPException):
                self.all.answers["no answer"] += 1
            else:
                where = re.sub(r"[0-9a-f-]{36}|[0-9]+", "…", path)
                self.all.answers[f"{answer.status} {method} {where}"] += 1
                if answer.status < 500:
                    return answer
            if time.monotonic() > end:
                raise GaveUp
            time.sleep(0.3)

    # -- one purchase ---------------------------------------------------------------------------

    def buy(self) -> None:
        try:
            receipt = self._reserve()
            self._settle_it(receipt)
        except GaveUp:
            self.all.done["gave up waiting"] += 1

    def _reserve(self) -> Receipt:
        for pack, most in self.dice.sample(self.all.packs, self.dice.choice([1, 1, 2])):
            self.ask("POST", "/basket/add/", pack=pack, quantity=self.dice.randint(1, most))
        if self.all.codes and self.dice.random() < 0.4:
            self.ask("POST", "/basket/codes/", code=self.dice.choice(self.all.codes))
        # A city that the lists don't know may lie in any province.
        place = {"province": self.dice.choice(PROVINCES), "city": "小城", "district": "老区"}
        given = DELIVERY | place | {"email": self.email}
        if self.ask("POST", "/checkout/", **given).location != "/checkout/review/":
            self.all.done["refused: sold out"] += 1
            raise GaveUp
        led_to = self.ask("POST", "/checkout/review/").location
        end = time.monotonic() + PATIENCE
        while not led_to.startswith("/checkout/pay/"):
            # The basket's page shows a payment that is under way, if its answer was lost.
            page = self.ask("GET", "/basket/").text
            found = re.search(r'href="(/checkout/pay/[^"]+)"', page)
            if found:
                led_to = found[1]
            elif time.monotonic() > end or "/checkout/" not in page:
                self.all.done["refused: sold out"] += 1
                raise GaveUp
            else:
                time.sleep(0.5)
                led_to = self.ask("POST", "/checkout/review/").location
        receipt = Receipt(self.email, led_to.split("/")[3], self.browser)
        self.all.receipts.append(receipt)
        self.all.done["payments started"] += 1
        return receipt

    def _settle_it(self, receipt: Receipt) -> None:
        way = self.dice.random()
        if way < 0.05:
            self.all.done["went away before paying"] += 1
            return
        if way < 0.10:
            self._give_up(receipt)
            return
        secret = self._card_form(receipt)
        if not secret:
            self.come_back(receipt)
            return
        if way > 0.92:
            # Until the goods are not held any more, and a little longer or not.
            time.sleep(self.dice.uniform(29, 34))
            self.all.done[LATE] += 1
        if self.dice.random() < 0.1:
            self._confirm(receipt, secret, REFUSED_CARD)
            self.all.done["cards refused"] += 1
        challenged = self.dice.random() < 0.1
        self._confirm(receipt, secret, CHALLENGED_CARD if challenged else "")
        if receipt.paid:
            self.all.done["paid"] += 1
        way = self.dice.random()
        if way < 0.25:
            self.all.done["did not come back"] += 1
        elif way < 0.4:
            # Two tabs and, most likely, the webhook at once.
            with ThreadPoolExecutor(2) as tabs:
                for tab in [tabs.submit(self.come_back, receipt) for _ in range(2)]:
                    tab.result()
            self.all.done["came back twice"] += 1
        else:
            self.come_back(receipt)
            self.all.done["came back"] += 1

    def _give_up(self, receipt: Receipt) -> None:
        self.ask("POST", f"/checkout/give-up/{receipt.attempt}/")
        self.all.done["given up"] += 1
        self.come_back(receipt)

    def _card_form(self, receipt: Receipt) -> str:
        """The client secret on the payment page; empty where there is nothing (more) to pay."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            page = self.ask("GET", f"/checkout/pay/{receipt.attempt}/")
            found = re.search(r'data-client-secret="([^"]+)"', page.text)
            if found:
                receipt.intent = found[1].partition("_secret_")[0]
                return found[1]
            if page.status == 302:
                return ""
            time.sleep(0.5)
        raise GaveUp

    def _confirm(self, receipt: Receipt, secret: str, card: str) -> None:
        """What the card form does: confirm, and ask again when the answer was lost."""
        receipt.paid = None
        asked = {"client_secret": secret}
        for _ in range(6):
            try:
                intent = self._stripe(
                    "POST",
                    f"{receipt.intent}/confirm",
                    asked | {"payment_method": card or self.dice.choice(GOOD_CARDS)},
                )
            except urllib.error.HTTPError as error:
                if error.code in (402, 400):
                    receipt.paid = self._is_paid(receipt, secret)
                    if receipt.paid is not None:
                        return
                time.sleep(0.2)
                continue
            except OSError:
                time.sleep(0.2)
                continue
            if intent["status"] == "requires_action":
                self._answer_the_bank(intent)
            receipt.paid = self._is_paid(receipt, secret)
            return

    def _answer_the_bank(self, intent: dict[str, Any]) -> None:
        try:
            bank_answers(intent["next_action"]["use_stripe_sdk"]["stripe_js"], "complete")
        except OSError:
            self.all.done["the bank's page did not open"] += 1
        else:
            self.all.done["3-D Secure"] += 1

    def _is_paid(self, receipt: Receipt, secret: str) -> bool | None:
        for _ in range(5):
            try:
                intent = self._stripe("GET", f"{receipt.intent}?client_secret={secret}", None)
            except OSError:
                time.sleep(0.3)
                continue
            status = intent["status"]
            return status == "succeeded"
        return None

    def _stripe(self, method: str, path: str, form: dict[str, str] | None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.all.stripe}/v1/payment_intents/{path}",
            method=method,
            data=None if form is None else urlencode(form).encode(),
            headers={"Authorization": f"Bearer {self.all.publishable}"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def come_back(self, receipt: Receipt, patience: float = 6.0) -> None:
        """Look what became of it, again while it is being processed."""
        end = time.monotonic() + patience
        while True:
            try:
                answer = self.ask("GET", f"/checkout/return/{receipt.attempt}/")
            except GaveUp:
                return
            if answer.location.startswith("/checkout/done/"):
                receipt.told, receipt.number = DONE, answer.location.split("/")[3]
                return
            if answer.status == 200 and "the goods were gone" in answer.text:
                receipt.told = RETURNED
                return
            if answer.status == 200 and "Nothing was charged" in answer.text:
                receipt.told = ENDED
                return
            receipt.told = "processing"
            if time.monotonic() > end:
                return
            time.sleep(0.5)


def look_again(buyers: Buyers, receipt: Receipt) -> None:
    """After all is calm, the buyer opens the payment's page once more."""
    buyer = Buyer(buyers, random.Random(receipt.attempt), receipt.email)
    buyer.browser = receipt.browser
    buyer.come_back(receipt, patience=2.0)
