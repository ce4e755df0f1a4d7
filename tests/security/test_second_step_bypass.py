"""Ways around the second step: after each nobody is signed in, and nothing has changed."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.test import Client

from storefront.accounts import second_factor, second_step, second_step_views, services
from storefront.accounts.models import User
from tests.support.two_steps import PASSWORD, digits, person, set_up

pytestmark = pytest.mark.django_db
STEP = "/accounts/second-step/"
# What only somebody who is signed in sees.
CLOSED = (
    "/accounts/me/",
    "/accounts/me/second-step/",
    "/orders/",
    "/cms/",
    "/cms/orders/",
    "/coop/",
)


@pytest.fixture
def staff():
    """A superuser with a second factor: `staff.secret`, `staff.recovery`."""
    user = person("staff@example.org", staff=True)
    user.secret, user.recovery = set_up(user)
    return user


def by_password(client: Client) -> None:
    given = {"username": "staff@example.org", "password": PASSWORD, "next": "/cms/"}
    assert client.post("/accounts/login/", given).url == STEP


def by_code(client: Client) -> None:
    client.post("/accounts/code/", {"contact": "staff@example.org"})
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    assert client.post("/accounts/code/enter/", {"digits": code}).url == STEP


def by_wagtail(client: Client) -> None:
    given = {"username": "staff@example.org", "password": PASSWORD}
    assert client.post("/cms/login/", given).url == "/accounts/login/"


def by_pages_of_wagtail(client: Client) -> None:
    given = {"username": "staff@example.org", "password": PASSWORD}
    assert client.post("/_util/login/", given).url == "/accounts/login/"


def by_a_session_of_one_step(client: Client) -> None:
    """Whatever signs in without `services.sign_in`: a library, or a session from before."""
    client.force_login(User.objects.get())


def nobody_is_in(client: Client) -> None:
    for path in CLOSED:
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer.url.startswith(("/accounts/login/", "/cms/login/")), path
    assert SESSION_KEY not in client.session


@pytest.mark.parametrize(
    "way", [by_password, by_code, by_wagtail, by_pages_of_wagtail, by_a_session_of_one_step]
)
def test_one_step_signs_nobody_in(client, staff, way):
    before = list(Authenticator.objects.values()), list(User.objects.values("password", "email"))

    way(client)

    nobody_is_in(client)
    new = {"present": PASSWORD, "password": "another-word-7"}
    for path, given in (
        ("/accounts/me/password/", new),
        ("/accounts/me/second-step/", {"do": "off", "digits": ""}),
        ("/accounts/me/second-step/set-up/", {"digits": "123456"}),
        ("/cms/users/add/", {"email": "more@example.org"}),
    ):
        assert client.post(path, given).status_code == 302
    nobody_is_in(client)
    after = list(Authenticator.objects.values()), list(User.objects.values("password", "email"))
    assert after == before


def test_a_page_that_is_kept_for_everybody_knows_nobody_after_one_step(client, staff):
    for _ in range(2):
        Client().get("/produce/")  # kept
    by_a_session_of_one_step(client)

    page = client.get("/produce/").content.decode()

    assert SESSION_KEY not in client.session
    assert page.count('href="/accounts/login/') == Client().get("/produce/").content.decode().count(
        'href="/accounts/login/'
    )
    nobody_is_in(client)


def test_a_code_that_was_used_is_used(client, staff):
    by_password(client)
    used = digits(staff.secret, 1)
    assert client.post(STEP, {"digits": used}).url == "/cms/"

    other = Client()
    by_password(other)
    # The same one, and the one of the step before that set it up.
    for typed in (used, digits(staff.secret)):
        assert other.post(STEP, {"digits": typed}).status_code == 422
    nobody_is_in(other)


def test_after_five_wrong_codes_the_right_one_waits(client, staff, set_clock):
    by_password(client)
    for typed in ("000000", "", "12345678", "1", digits(staff.secret, 7), digits(staff.secret, 8)):
        assert client.post(STEP, {"digits": typed}).status_code == 422

    # Also in another browser, and also by a recovery code
    other = Client()
    by_password(other)
    assert other.post(STEP, {"digits": digits(staff.secret, 1)}).status_code == 422
    assert other.post(STEP, {"digits": staff.recovery[0]}).status_code == 422
    nobody_is_in(client)
    nobody_is_in(other)
    assert second_factor.codes_left(staff) == 10

    # The time over, all is as before
    set_clock(second_factor.TRIES_SECONDS + 1)
    again = Client()
    by_password(again)
    assert again.post(STEP, {"digits": digits(staff.secret)}).url == "/cms/"


def test_nobody_asks_without_end(client, staff, monkeypatch):
    monkeypatch.setattr(second_step_views, "TRIES_PER_PERSON", "2/h")
    by_password(client)

    answers = [client.post(STEP, {"digits": "000000"}).status_code for _ in range(3)]

    assert answers == [422, 422, 429]
    assert client.post(STEP, {"digits": digits(staff.secret, 1)}).status_code == 429
    nobody_is_in(client)


def test_the_first_step_is_good_for_minutes(client, staff, set_clock):
    by_password(client)
    set_clock(second_step.MINUTES * 60 + 1)

    assert client.get(STEP).url == "/accounts/login/"
    assert client.post(STEP, {"digits": digits(staff.secret)}).url == "/accounts/login/"
    nobody_is_in(client)


@pytest.mark.parametrize("change", ["password", "everywhere", "closed"])
def test_what_ends_sessions_ends_the_first_step_too(client, staff, change):
    by_password(client)
    if change == "password":
        services.set_password(staff, "another-word-7")
    elif change == "everywhere":
        services.end_all_sessions(staff)
    else:
        User.objects.update(is_active=False)

    assert client.post(STEP, {"digits": digits(staff.secret, 1)}).url == "/accounts/login/"
    nobody_is_in(client)


def test_a_mark_of_another_person_or_of_an_older_factor_is_none(client, staff):
    buyer = person("buyer@example.org")
    set_up(buyer)
    for mark in (
        second_step._mark_of(buyer),
        f"{staff.pk}:2026-01-01T00:00:00+00:00",
        "",
        None,
        True,
    ):
        client.force_login(staff)
        session = client.session
        session[second_step.PASSED] = mark
        session.save()
        nobody_is_in(client)


def test_a_session_that_was_signed_out_is_no_use(client, staff):
    by_password(client)
    client.post(STEP, {"digits": digits(staff.secret, 1)})
    assert client.get("/cms/").status_code == 200
    stolen = client.cookies["sessionid"].value

    services.end_all_sessions(staff)

    other = Client()
    other.cookies["sessionid"] = stolen
    nobody_is_in(other)
    # And a password alone, as after its reset by mail, is one step.
    by_password(other)
    nobody_is_in(other)


def test_leaving_forgets_the_first_step_and_nobody_is_sent_elsewhere(client, staff):
    by_password(client)
    assert client.post(STEP, {"leave": "1"}).url == "/accounts/login/"
    assert client.get(STEP).url == "/accounts/login/"

    given = {"username": staff.email, "password": PASSWORD, "next": "https://evil.example/"}
    client.post("/accounts/login/", given)
    answer = client.post(f"{STEP}?next=//evil.example/", {"digits": digits(staff.secret, 1)})
    assert answer.url == "/accounts/after-login/"


def test_a_buyer_at_the_staffs_door_is_not_sent_round_and_round(client):
    client.force_login(person("buyer@example.org"))

    answer = client.get("/cms/", follow=True)

    assert answer.status_code == 200
    assert len(answer.redirect_chain) <= 3
