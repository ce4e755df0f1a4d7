"""What the headers tell browsers: exactly this, and nothing more."""

import base64
import hashlib
import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from storefront.checkout import payment_views
from storefront.settings.headers import payment_policy
from tests.support import chain

ERROR_PAGE_STYLE = "'sha256-g0S2d2QIICClW8tqaI8APZWU11R2/enBmV/lTDldl3Q='"
ANYWHERE = {
    "default-src": "'self'",
    "style-src": f"'self' {ERROR_PAGE_STYLE}",
    "frame-src": "'self' https://player.bilibili.com https://v.qq.com",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
WAGTAIL = ANYWHERE | {
    "script-src": "'self' 'unsafe-inline'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
}
# The suite's sandbox; tests/conftest.py
SANDBOX = "http://127.0.0.1:9"


def policy(answer) -> dict[str, str]:
    parts = (each.partition(" ") for each in answer["Content-Security-Policy"].split("; "))
    return {name: value for name, _, value in parts}


@pytest.fixture
def staff(client: Client, admin_user) -> Client:
    client.force_login(admin_user)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [("/produce/", 200), ("/accounts/login/", 200), ("/coop/", 302), ("/nothing/", 404)],
)
def test_every_page_and_every_refusal_has_the_same_policy(client, path, status):
    answer = client.get(path)

    assert answer.status_code == status
    assert policy(answer) == ANYWHERE
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Permissions-Policy"] == (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), serial=(), usb=()"
    )


@pytest.mark.django_db
def test_wagtails_own_pages_may_run_what_wagtail_writes_into_them(staff):
    answer = staff.get("/cms/pages/")

    assert answer.status_code == 200
    assert policy(answer) == WAGTAIL


@pytest.mark.django_db
def test_staffs_own_pages_are_as_strict_as_the_shop(staff):
    answer = staff.get(reverse("staff:orders"))

    assert answer.status_code == 200
    assert policy(answer) == ANYWHERE


@pytest.mark.django_db
def test_the_preview_of_a_mail_may_have_the_mails_style_and_no_script(staff):
    answer = staff.get(reverse("staff-messages:wording", args=["confirmed", "mail"]))

    assert answer.status_code == 200
    assert policy(answer) == ANYWHERE | {"style-src": "'self' 'unsafe-inline'"}


@pytest.mark.django_db
def test_the_card_form_alone_may_ask_the_payment_service(client, stripe, monkeypatch):
    grove = chain.make_grove()
    attempt = chain.start([(grove.pack, 1)])
    monkeypatch.setattr(payment_views, "_own", lambda *_: attempt)

    answer = client.get(reverse("checkout:pay", args=[attempt.uuid]))

    assert answer.status_code == 200
    assert policy(answer) == ANYWHERE | {
        "script-src": f"'self' {SANDBOX}",
        "frame-src": f"{ANYWHERE['frame-src']} {SANDBOX}",
        "connect-src": f"'self' {SANDBOX}",
    }


def test_with_stripe_itself_the_card_form_may_ask_what_stripe_names():
    assert payment_policy("https://js.stripe.com/v3/") == {
        "script-src": ["'self'", "https://js.stripe.com", "https://*.js.stripe.com"],
        "frame-src": [
            "https://js.stripe.com",
            "https://*.js.stripe.com",
            "https://hooks.stripe.com",
        ],
        "connect-src": ["'self'", "https://api.stripe.com"],
    }


def test_the_error_pages_own_style_is_the_one_that_is_allowed():
    page = (settings.BASE_DIR / "templates" / "500.html").read_text()
    style = re.search("<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert f"'sha256-{digest}'" == ERROR_PAGE_STYLE
