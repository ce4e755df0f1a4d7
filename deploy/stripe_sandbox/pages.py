"""The page that a bank would show: 3-D Secure with two buttons."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from .intents import money
from .records import SUCCEEDED, Intent

# Page title, question, button to pass, button to fail, after the end.
WORDS = {
    "en": (
        "Test bank: 3-D Secure",
        "Confirm the payment of {money}?",
        "Complete",
        "Fail",
        "This authentication has ended.",
    ),
    "zh": (
        "测试银行：3D 验证",
        "确认支付 {money}？",
        "完成验证",
        "验证失败",
        "本次验证已结束。",
    ),
}

PAGE = """<!doctype html>
<html lang="{lang}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0; padding: 24px; color: #1f2933;
  background: #fff; text-align: center }}
h1 {{ font-size: 18px }}
button {{ display: block; width: 100%; min-height: 48px; margin: 12px 0; border-radius: 8px;
  border: 1px solid #9aa5b1; background: #fff; font: inherit; cursor: pointer }}
button.go {{ background: #205c40; border-color: #205c40; color: #fff }}
</style>
<h1>{title}</h1>
{body}
"""
FORM = """<p>{question}</p>
<form method="post" action="{path}/complete?locale={lang}">
<button class="go" id="test-source-authorize-3ds" data-testid="three-d-secure-complete">
{go}</button></form>
<form method="post" action="{path}/fail?locale={lang}">
<button id="test-source-fail-3ds" data-testid="three-d-secure-fail">{fail}</button></form>
"""
ENDED = """<p>{ended}</p>
<script>if (parent !== window) parent.postMessage({{sandbox3ds: "{message}"}}, "*")</script>
"""


def challenge_page(intent: Intent | None, locale: str, *, done: bool = False) -> str:
    """HTML for a waiting intent; without one, that it is over (told to the page around it too)."""
    lang = "zh" if locale.startswith("zh") else "en"
    title, question, go, fail, ended = WORDS[lang]
    if intent is None:
        body = ENDED.format(ended=ended, message="done" if done else "gone")
    else:
        body = FORM.format(
            question=question.format(money=escape(money(intent.amount, intent.currency))),
            path=f"../{intent.id}/{intent.challenge}",
            lang=lang,
            go=go,
            fail=fail,
        )
    return PAGE.format(lang=lang, title=title, body=body)


def return_address(url: str, intent: Intent) -> str:
    """Where the browser goes after a redirect, with Stripe's parameters added."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    query += [
        ("payment_intent", intent.id),
        ("payment_intent_client_secret", intent.client_secret),
        ("redirect_status", "succeeded" if intent.status == SUCCEEDED else "failed"),
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))
