"""The sandbox's stand-in for stripe.js, in a real browser, on a page like the shop's."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.support.sandbox import Sandbox, running_sandbox
from tests.support.stripe_backends import PAYMENT, connect, counts

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Pay</title>
<style>body{font:16px system-ui;margin:16px}#card{border:1px solid #9aa5b1;border-radius:8px;
padding:12px}#fault{height:3em}</style>
<form id="form"><div id="card"></div><p id="fault"></p><button>Pay</button></form>
<pre id="result"></pre><script src="%(script)s"></script><script>
var stripe = Stripe("%(key)s", {locale: "%(locale)s"});
var card = stripe.elements().create("card", {hidePostalCode: true,
  style: {base: {fontSize: "16px", color: "#123456"}}});
var states = [];
card.on("ready", function () { document.body.dataset.ready = "1"; });
card.on("change", function (state) {
  states.push(state);
  document.getElementById("fault").textContent = state.error ? state.error.message : "";
});
card.mount("#card");
document.getElementById("form").addEventListener("submit", function (event) {
  event.preventDefault();
  stripe.confirmCardPayment("%(secret)s", {payment_method: {card: card,
    billing_details: {name: "Buyer", address: {city: "上海"}}}})
    .then(function (result) {
      document.getElementById("result").textContent = JSON.stringify(result);
    });
});
</script></html>"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@contextlib.contextmanager
def served(content: str) -> Iterator[str]:
    """The address of a server that is not the sandbox and shows this page."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def checkout(
    browser: Browser, sandbox: Sandbox, locale: str = "en"
) -> Iterator[tuple[Page, FrameLocator, stripe.PaymentIntent]]:
    """A page with a mounted card element, its inside, and the intent that it pays."""
    intent = connect(sandbox).v1.payment_intents.create(PAYMENT)
    content = PAGE % {
        "script": sandbox.js_url,
        "key": sandbox.publishable_key,
        "locale": locale,
        "secret": intent.client_secret,
    }
    page = browser.new_page(viewport={"width": 375, "height": 667})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    with served(content) as address:
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        yield page, page.frame_locator('iframe[name^="__privateStripeFrame"]').first, intent
    page.close()
    assert faults == []


def enter(inside: FrameLocator, number: str, expiry: str = "12 / 40", cvc: str = "123") -> None:
    inside.locator("[name=cardnumber]").fill(number)
    inside.locator("[name=exp-date]").fill(expiry)
    inside.locator("[name=cvc]").fill(cvc)


def result(page: Page) -> dict[str, Any]:
    expect(page.locator("#result")).not_to_be_empty()
    found: dict[str, Any] = json.loads(page.locator("#result").inner_text())
    return found


def test_a_typed_card_pays(browser: Browser, sandbox: Sandbox) -> None:
    with checkout(browser, sandbox) as (page, inside, intent):
        inside.locator("[name=cardnumber]").press_sequentially("4242424242424242")
        inside.locator("[name=exp-date]").press_sequentially("1240")
        inside.locator("[name=cvc]").press_sequentially("123")
        expect(inside.locator("[name=cardnumber]")).to_have_value("4242 4242 4242 4242")
        expect(inside.locator("[name=exp-date]")).to_have_value("12 / 40")
        state = page.evaluate("states[states.length - 1]")
        assert (state["complete"], state["brand"], state.get("error")) == (True, "visa", None)
        page.click("button")
        assert result(page)["paymentIntent"]["status"] == "succeeded"
        shown = connect(sandbox).v1.payment_intents.retrieve(
            intent.id, {"expand": ["latest_charge"]}
        )
        charge: Any = shown.latest_charge
        assert charge.billing_details.address.city == "上海"


def test_a_refused_card_says_why_in_the_buyers_language_and_another_one_pays(
    browser: Browser, sandbox: Sandbox
) -> None:
    with checkout(browser, sandbox, "zh") as (page, inside, intent):
        expect(inside.locator("[name=cardnumber]")).to_have_attribute("placeholder", "卡号")
        enter(inside, "4000000000009995")
        page.click("button")
        error = result(page)["error"]
        assert error["decline_code"] == "insufficient_funds"
        assert error["message"] == "您的银行卡余额不足。"
        assert error["payment_intent"]["status"] == "requires_payment_method"
        page.evaluate("document.getElementById('result').textContent = ''; card.clear()")
        expect(inside.locator("[name=cardnumber]")).to_have_value("")
        enter(inside, "4242424242424242")
        page.click("button")
        assert result(page)["paymentIntent"]["id"] == intent.id


@pytest.mark.parametrize(
    ("button", "status"),
    [("three-d-secure-complete", "succeeded"), ("three-d-secure-fail", "requires_payment_method")],
)
def test_a_challenge_is_answered_in_the_page(
    browser: Browser, sandbox: Sandbox, button: str, status: str
) -> None:
    with checkout(browser, sandbox) as (page, inside, intent):
        enter(inside, "4000002500003155")
        page.click("button")
        bank = page.frame_locator("[data-testid=three-d-secure-frame]")
        expect(bank.locator("body")).to_contain_text("CN¥50.00")
        bank.get_by_test_id(button).click()
        found = result(page)
        expect(page.get_by_test_id("three-d-secure")).to_have_count(0)
        assert connect(sandbox).v1.payment_intents.retrieve(intent.id).status == status
        if status == "succeeded":
            assert found["paymentIntent"]["status"] == status
        else:
            assert found["error"]["code"] == "payment_intent_authentication_failure"
            assert found["error"]["payment_intent"]["id"] == intent.id


@pytest.mark.parametrize(
    ("number", "expiry", "cvc", "message"),
    [
        ("4242424242424241", "12 / 40", "123", "Your card number is invalid."),
        ("4242", "12 / 40", "123", "Your card number is incomplete."),
        ("4242424242424242", "01 / 20", "123", "Your card's expiration year is in the past."),
        ("4242424242424242", "12 / 40", "1", "Your card's security code is incomplete."),
    ],
)
def test_a_mistyped_card_never_leaves_the_browser(
    browser: Browser, sandbox: Sandbox, number: str, expiry: str, cvc: str, message: str
) -> None:
    before = counts(sandbox)
    with checkout(browser, sandbox) as (page, inside, intent):
        enter(inside, number, expiry, cvc)
        page.click("button")
        error = result(page)["error"]
        assert (error["type"], error["message"]) == ("validation_error", message)
        expect(page.locator("#fault")).to_have_text(message)
    assert counts(sandbox) == {
        **before,
        "payment_intent": before["payment_intent"] + 1,
        "event": before["event"] + 1,
    }
    untouched = connect(sandbox).v1.payment_intents.retrieve(intent.id)
    assert untouched.status == "requires_payment_method"


def test_a_page_can_make_a_method_look_at_its_intent_and_put_the_card_away(
    browser: Browser, sandbox: Sandbox
) -> None:
    with checkout(browser, sandbox) as (page, inside, intent):
        enter(inside, "4242424242424242")
        made = page.evaluate("stripe.createPaymentMethod({type: 'card', card: card})")
        assert made["paymentMethod"]["card"]["last4"] == "4242"
        secret = intent.client_secret
        shown = page.evaluate("secret => stripe.retrievePaymentIntent(secret)", secret)
        assert shown["paymentIntent"]["status"] == "requires_payment_method"
        paid = page.evaluate(
            "([secret, id]) => stripe.confirmCardPayment(secret, {payment_method: id})",
            [secret, made["paymentMethod"]["id"]],
        )
        assert paid["paymentIntent"]["status"] == "succeeded"
        page.evaluate("card.unmount()")
        expect(page.locator("#card iframe")).to_have_count(0)
        page.evaluate("card.mount('#card')")
        expect(page.locator("#card iframe")).to_have_count(1)
        page.evaluate("card.destroy()")
        expect(page.locator("#card iframe")).to_have_count(0)


def test_a_lost_connection_is_an_error_and_not_an_exception(
    browser: Browser, sandbox: Sandbox
) -> None:
    with checkout(browser, sandbox, "zh") as (page, inside, _):
        enter(inside, "4242424242424242")
        page.context.set_offline(True)
        page.click("button")
        error = result(page)["error"]
        assert error["type"] == "api_connection_error"
        assert error["message"] == "我们无法连接支付服务，请检查网络后重试。"
