"""Signing in, up and out."""

import pytest
from django.test import Client

from cooperatives.portal.models import Membership
from storefront.accounts.models import User
from tests.support import chain

pytestmark = pytest.mark.django_db
PASSWORD = "mountain-goods-42"


@pytest.fixture
def member():
    """A buyer with e-mail and phone."""
    user = User(email="buyer@example.org", phone="13800000000")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.mark.parametrize("name", ["buyer@example.org", "Buyer@Example.ORG", "138 0000 0000"])
def test_sign_in_by_email_or_phone(client, member, name):
    answer = client.post("/accounts/login/", {"username": name, "password": PASSWORD})

    assert answer.url == "/accounts/after-login/"
    assert client.get(answer.url).url == "/produce/"


@pytest.mark.parametrize(
    ("name", "password"),
    [("buyer@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("\x00", "\x00"), ("", "")],
)
def test_what_does_not_fit_signs_nobody_in(client, member, name, password):
    answer = client.post("/accounts/login/", {"username": name, "password": password})

    assert answer.status_code == 422
    assert "_auth_user_id" not in client.session


def test_sign_in_goes_on_where_it_came_from_but_never_elsewhere(client, member):
    given = {"username": member.email, "password": PASSWORD}

    assert client.post("/accounts/login/", {**given, "next": "/orders/"}).url == "/orders/"
    evil = Client().post("/accounts/login/", {**given, "next": "https://evil.example/"})
    assert evil.url == "/accounts/after-login/"


def test_each_goes_to_the_own_place(client, member):
    client.force_login(member)
    Membership.objects.create(user=member, partner=chain.make_cooperative("A"), role="manager")
    assert client.get("/accounts/after-login/").url == "/coop/"

    User.objects.update(is_staff=True, is_superuser=True)
    assert client.get("/accounts/after-login/").url == "/cms/"


def test_one_name_is_not_tried_without_end(client, member, monkeypatch):
    from storefront.accounts import views

    monkeypatch.setattr(views, "SIGN_INS_PER_NAME", "2/h")
    wrong = {"username": member.email, "password": "wrong"}
    answers = [client.post("/accounts/login/", wrong).status_code for _ in range(3)]

    assert answers == [422, 422, 429]
    right = {"username": member.email.upper(), "password": PASSWORD}
    assert client.post("/accounts/login/", right).status_code == 429


def test_signing_out_needs_a_post(client, member):
    client.force_login(member)

    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").url == "/"
    assert "_auth_user_id" not in client.session
