"""One-time codes: signing in and up, changing the contact, signing out everywhere."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from catalog import clock
from storefront.accounts import code_views, codes
from storefront.accounts.contacts import Reached
from storefront.accounts.models import Consent, OneTimeCode, User
from storefront.accounts.privacy import VERSION
from storefront.notifications import mailbox

pytestmark = pytest.mark.django_db
PASSWORD = "mountain-goods-42"


@pytest.fixture
def member():
    """A buyer with e-mail and phone."""
    user = User(email="buyer@example.org", phone="13800000000")
    user.set_password(PASSWORD)
    user.save()
    return user


def sent() -> str:
    """The digits of the last mail."""
    return re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]


def ask(browser, contact: str):
    return browser.post("/accounts/code/", {"contact": contact})


def enter(browser, digits: str):
    return browser.post("/accounts/code/enter/", {"digits": digits})


def signed_in(browser) -> bool:
    return "_auth_user_id" in browser.session


def test_a_code_signs_a_member_in_once_and_nothing_keeps_its_digits(client, member):
    assert ask(client, "Buyer@Example.ORG").url == "/accounts/code/enter/"
    before = client.session.session_key
    digits = sent()
    code = OneTimeCode.objects.get()
    assert (code.contact, code.used_at) == ("buyer@example.org", None)
    assert digits not in " ".join(map(str, vars(code).values()))

    assert enter(client, f" {digits[:3]} {digits[3:]} ").url == "/accounts/after-login/"

    assert signed_in(client)
    assert client.session.session_key != before
    assert mail.outbox[-1].to == ["buyer@example.org"]
    assert enter(client, digits).url == "/accounts/code/"
    with pytest.raises(codes.WrongCode):
        codes.use(code.pk, digits, "sign_in")


def test_who_has_an_account_is_not_told(client, member):
    known, unknown = Client(), Client()
    answers = [ask(known, "buyer@example.org"), ask(unknown, "nobody@example.org")]

    assert {answer.url for answer in answers} == {"/accounts/code/enter/"}
    assert len(mail.outbox) == 2
    pages = [one.get("/accounts/code/enter/").content.decode() for one in (known, unknown)]
    plain = [re.sub(r"(buyer|nobody)@example.org|value=\"[^\"]*\"", "", page) for page in pages]
    assert plain[0] == plain[1]


def test_who_is_new_agrees_first_and_then_has_an_account(client):
    ask(client, "New@example.org")
    assert enter(client, sent()).url == "/accounts/code/new/"
    assert client.get("/accounts/code/new/").status_code == 200

    for given in ({}, {"agreed": "on", "password": "short"}):
        assert client.post("/accounts/code/new/", given).status_code == 422
    assert (User.objects.count(), Consent.objects.count()) == (0, 0)

    assert client.post("/accounts/code/new/", {"agreed": "on"}).url == "/accounts/after-login/"
    user = User.objects.get()
    assert (user.email, user.phone, user.is_staff) == ("new@example.org", None, False)
    assert not user.has_usable_password()
    assert signed_in(client)
    consent = Consent.objects.get()
    assert (consent.user, consent.version, consent.place) == (user, VERSION, "sign_up")
    # A second click makes nothing more.
    client.post("/accounts/code/new/", {"agreed": "on"})
    assert (User.objects.count(), Consent.objects.count()) == (1, 1)


def test_an_account_with_a_phone_is_made_by_a_text_of_the_mailbox(client, settings, tmp_path):
    settings.EMAIL_FILE_PATH = str(tmp_path / "mails")
    assert ask(client, "+86 138-0013-8000").url == "/accounts/code/enter/"
    digits = re.search(r"\b\d{6}\b", mailbox.latest()[0].text)[0]
    page = client.get("/dev/mailbox/").content.decode()
    assert "13800138000" in page
    assert digits in page

    enter(client, digits)
    client.post("/accounts/code/new/", {"agreed": "on", "password": PASSWORD})

    assert User.objects.get().phone == "13800138000"
    given = {"username": "138 0013 8000", "password": PASSWORD}
    assert Client().post("/accounts/login/", given).url == "/accounts/after-login/"


def test_without_a_provider_no_phone_is_asked_for(client, settings):
    settings.MAILBOX = False

    answer = ask(client, "13800138000")

    assert (answer.status_code, OneTimeCode.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    "contact", ["", "x", "@", "0773 123", "+1 212 555 0100", "\x00", "1" * 400]
)
def test_what_is_no_contact_gets_no_code(client, contact):
    assert ask(client, contact).status_code == 422
    assert (OneTimeCode.objects.count(), mail.outbox) == (0, [])


def test_five_wrong_tries_end_a_code(client, member):
    ask(client, "buyer@example.org")
    digits = sent()
    wrong = f"{(int(digits) + 1) % 1_000_000:06}"

    for guess in (wrong, "", "abc", "12345", wrong * 2, wrong, wrong, wrong):
        assert enter(client, guess).status_code == 422
    assert enter(client, digits).status_code == 422

    assert not signed_in(client)
    assert OneTimeCode.objects.get().used_at is None


def test_a_code_ends_after_ten_minutes_and_is_of_one_browser(client, member, monkeypatch):
    ask(client, "buyer@example.org")
    digits, other = sent(), Client()
    assert enter(other, digits).url == "/accounts/code/"

    later = clock.now() + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(codes, "now", lambda: later)
    assert enter(client, digits).status_code == 422
    assert not signed_in(client)


def test_codes_are_limited_by_contact_and_address(client, member, monkeypatch):
    monkeypatch.setattr(code_views, "CODES_PER_CONTACT", "2/h")
    monkeypatch.setattr(code_views, "CODES_PER_ADDRESS", "4/h")
    given = [ask(Client(), "buyer@example.org").status_code for _ in range(3)]
    assert given == [302, 302, 429]
    assert ask(Client(), "other@example.org").status_code == 302
    assert ask(Client(), "third@example.org").status_code == 429
    assert OneTimeCode.objects.count() == len(mail.outbox) == 3


def test_codes_are_limited_also_without_redis(member, monkeypatch):
    monkeypatch.setattr(codes, "MOST_PER_HOUR", 2)
    to = Reached("mail", "buyer@example.org")
    codes.ask(to, "sign_in", "en")
    codes.ask(to, "sign_in", "en")

    with pytest.raises(codes.TooManyCodes):
        codes.ask(to, "sign_in", "en")
    assert OneTimeCode.objects.count() == 2


def test_a_code_that_could_not_be_sent_is_told_and_good_for_nothing(client, settings):
    settings.EMAIL_BACKEND = "no.such.Backend"

    assert ask(client, "buyer@example.org").status_code == 422
    code = OneTimeCode.objects.get()
    assert code.expires_at <= clock.now()
    assert client.get("/accounts/code/enter/").url == "/accounts/code/"


def test_the_message_is_in_the_visitors_language(client):
    client.cookies["django_language"] = "en"
    ask(client, "a@example.org")
    english = mail.outbox[-1]
    assert "is good for 10 minutes" in english.body
    assert english.extra_headers["Content-Language"] == "en"


def test_a_closed_account_is_not_opened_by_a_code(client, member):
    User.objects.update(is_active=False)
    ask(client, "buyer@example.org")

    assert enter(client, sent()).url == "/accounts/login/"
    assert not signed_in(client)


def test_signing_in_goes_on_where_it_came_from_but_never_elsewhere(client, member):
    for wanted, goes in (("/orders/", "/orders/"), ("//evil.example/", "/accounts/after-login/")):
        browser = Client()
        browser.post("/accounts/code/", {"contact": member.email, "next": wanted})
        assert enter(browser, sent()).url == goes


def test_a_new_contact_counts_once_its_code_came(client, member):
    User.objects.create(email="taken@example.org")
    client.force_login(member)

    def change(contact: str):
        client.post("/accounts/me/contact/", {"contact": contact})
        return client.post("/accounts/me/contact/enter/", {"digits": sent()})

    client.post("/accounts/me/contact/", {"contact": "next@example.org"})
    wrong = client.post("/accounts/me/contact/enter/", {"digits": "x"})
    member.refresh_from_db()
    assert (wrong.status_code, member.email) == (422, "buyer@example.org")
    # A code for this is none for signing in, and the other way round.
    assert client.get("/accounts/code/enter/").url == "/accounts/code/"

    assert change("taken@example.org").url == "/accounts/me/contact/"
    member.refresh_from_db()
    assert member.email == "buyer@example.org"
    assert change("Next@example.org").url == "/accounts/me/"
    member.refresh_from_db()
    assert (member.email, member.phone) == ("next@example.org", "13800000000")


def test_signing_out_everywhere_ends_both_browsers(client, member):
    other = Client()
    for browser in (client, other):
        browser.post("/accounts/login/", {"username": member.email, "password": PASSWORD})
        assert browser.get("/accounts/me/").status_code == 200

    assert client.get("/accounts/me/sign-out/").status_code == 405
    assert client.post("/accounts/me/sign-out/").url == "/"

    for browser in (client, other):
        assert browser.get("/accounts/me/").url.startswith("/accounts/login/")
    # And in again, twice over.
    client.post("/accounts/login/", {"username": member.email, "password": PASSWORD})
    assert client.get("/accounts/me/").status_code == 200


def test_a_new_password_needs_the_present_one_and_signs_the_others_out(client, member):
    other = Client()
    for browser in (client, other):
        browser.post("/accounts/login/", {"username": member.email, "password": PASSWORD})
    given = {"present": "wrong", "password": "another-mountain-7"}
    for bad in (given, {**given, "present": PASSWORD, "password": "1234"}):
        assert client.post("/accounts/me/password/", bad).status_code == 422
    member.refresh_from_db()
    assert member.check_password(PASSWORD)

    answer = client.post("/accounts/me/password/", {**given, "present": PASSWORD})

    assert answer.url == "/accounts/me/"
    member.refresh_from_db()
    assert member.check_password("another-mountain-7")
    assert client.get("/accounts/me/").status_code == 200
    assert other.get("/accounts/me/").url.startswith("/accounts/login/")


def test_who_forgot_the_password_sets_one_after_a_code(client, member):
    ask(client, member.email)
    enter(client, sent())

    assert (
        client.post("/accounts/me/password/", {"password": "another-mountain-7"}).status_code == 302
    )
    member.refresh_from_db()
    assert member.check_password("another-mountain-7")
    # Once: the next change asks for it.
    again = client.post("/accounts/me/password/", {"password": "a-third-mountain-8"})
    assert again.status_code == 422
