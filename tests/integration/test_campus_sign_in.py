"""Signing in with a campus account, against a real OpenID provider in a process of its own."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from storefront.accounts import campus
from storefront.accounts.models import Consent, User
from tests.support.servers import Running, ending, start_campus
from tests.support.two_steps import PASSWORD, digits, person, set_up

pytestmark = pytest.mark.django_db
BACK = "/accounts/campus/return/"
NEW = "/accounts/campus/new/"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with ending() as processes:
        server = start_campus(tmp_path_factory.mktemp("campus"), f"http://testserver{BACK}")
        processes.append(server)
        yield server


@pytest.fixture
def campus_is_set(provider: Running, settings) -> None:
    settings.CAMPUS_OIDC_ISSUER = provider.url
    settings.CAMPUS_OIDC_CLIENT_ID = "shop"
    settings.CAMPUS_OIDC_SECRET = "campus-secret"
    settings.CAMPUS_OIDC_NAME = "山城大学"
    settings.CAMPUS_OIDC_UNIT_CLAIM = "unit"


class Visitor:
    """Somebody with a browser at the shop and at the campus."""

    def __init__(self) -> None:
        self.shop = Client()
        self.campus = requests.Session()

    def go(self, path: str = "/accounts/campus/", then: str = "") -> str:
        """Press the button: the campus's address that it leads to."""
        answer = self.shop.post(path, {"next": then})
        assert answer.status_code == 302, answer.content.decode()
        return answer.url

    def _here(self, answer: requests.Response) -> str:
        """Follow the campus's own redirects; the address here that it sends back to, or ""."""
        while answer.is_redirect:
            target = answer.headers["Location"]
            if target.startswith("http://testserver"):
                return target.removeprefix("http://testserver")
            answer = self.campus.get(
                requests.compat.urljoin(answer.url, target), allow_redirects=False
            )
        self.page = answer.text
        return ""

    def at_campus(self, address: str, name: str, *, agree: bool = True) -> str:
        """Sign in there by name, and agree or refuse: the address to come back to."""
        back = self._here(self.campus.get(address, allow_redirects=False))
        while not back:
            action = unescape(re.search(r'action="([^"]+)"', self.page)[1])
            prompt = re.search(r'name="prompt" value="(\w+)"', self.page)[1]
            if prompt == "consent" and not agree:
                back = self._here(self.campus.get(f"{action}/abort", allow_redirects=False))
                continue
            given = {"prompt": prompt, "login": name, "password": "any"}
            back = self._here(self.campus.post(action, given, allow_redirects=False))
        return back

    def sign_in(self, name: str, then: str = ""):
        """The whole way; our answer."""
        return self.shop.get(self.at_campus(self.go(then=then), name))

    @property
    def signed_in(self) -> bool:
        return "_auth_user_id" in self.shop.session


@pytest.fixture
def visitor(campus_is_set) -> Visitor:
    return Visitor()


def rows() -> tuple[int, int, int]:
    return User.objects.count(), SocialAccount.objects.count(), Consent.objects.count()


def refused(visitor: Visitor, answer, status: int) -> None:
    """A page in words; nobody is in, and there is nobody new."""
    assert answer.status_code == status, answer.content.decode()
    assert "山城大学" in answer.content.decode()
    assert not visitor.signed_in


def test_without_a_campus_there_is_no_button_and_no_address(client):
    assert "/accounts/campus/" not in client.get("/accounts/login/").content.decode()
    assert client.post("/accounts/campus/").status_code == 404
    assert client.get(f"{BACK}?code=x&state=y").status_code == 404
    for path in ("login/", "signup/", "email/", "password/change/", "3rdparty/", "2fa/"):
        assert client.get(f"/accounts/{path}").status_code == (200 if path == "login/" else 404)


def test_a_new_person_agrees_first_and_is_found_by_the_campus_alone_later(visitor):
    # Given the button, and the whole way with PKCE, state and nonce
    assert "山城大学" in visitor.shop.get("/accounts/login/").content.decode()
    address = visitor.go(then="/orders/")
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"][0] != asked["state"][0]

    # When they come back, there is no account before they agree
    assert visitor.shop.get(visitor.at_campus(address, "lin")).url == NEW
    assert "lin@campus.example" in visitor.shop.get(NEW).content.decode()
    assert visitor.shop.post(NEW, {}).status_code == 422
    assert rows() == (0, 0, 0)
    assert not visitor.signed_in

    # Then there is one, with their unit
    assert visitor.shop.post(NEW, {"agreed": "on"}).url == "/orders/"
    user = User.objects.get()
    assert (user.email, user.first_name, user.unit) == ("lin@campus.example", "林一", "理学院")
    assert user.has_proved_email
    assert not user.has_usable_password()
    row = SocialAccount.objects.get()
    assert (row.provider, row.uid, row.extra_data) == (
        campus.settings.CAMPUS_OIDC_ISSUER,
        "lin",
        {},
    )
    assert visitor.signed_in

    # And it stays theirs when the e-mail address here is another
    User.objects.update(email="other@example.org", unit="")
    again = Visitor()
    assert again.sign_in("lin").url == "/accounts/after-login/"
    assert again.signed_in
    assert rows() == (1, 1, 1)
    user.refresh_from_db()
    assert user.unit == "理学院"


def test_an_account_of_the_same_address_is_joined_only_when_both_sides_proved_it(visitor):
    # Given an account whose address nobody proved
    user = person("buyer@example.org")
    refused(visitor, visitor.sign_in("member"), 409)
    assert rows() == (1, 0, 0)

    # When a code proved it
    browser = Client()
    browser.post("/accounts/code/", {"contact": user.email})
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    browser.post("/accounts/code/enter/", {"digits": code})

    # Then it is joined, without another account
    again = Visitor()
    assert again.sign_in("member").url == "/accounts/after-login/"
    assert again.signed_in
    assert SocialAccount.objects.get().user == user

    # And another person of the campus does not get it, nor does a second one with its address
    thief = Visitor()
    refused(thief, thief.sign_in("member-2"), 409)
    assert rows() == (1, 1, 0)


@pytest.mark.parametrize("name", ["unsure", "silent"])
def test_an_address_that_the_campus_did_not_confirm_makes_and_joins_nothing(visitor, name):
    user = person("unsure@campus.example")
    user.proved_email = user.email
    user.save()

    refused(visitor, visitor.sign_in(name), 409)

    assert rows() == (1, 0, 0)


def test_only_the_domains_that_are_named_may_come(visitor, settings):
    settings.CAMPUS_OIDC_DOMAINS = ["campus.example"]
    for name in ("guest", "unsure", "silent"):
        stranger = Visitor()
        refused(stranger, stranger.sign_in(name), 403)
    assert visitor.sign_in("lin").url == NEW
    assert rows() == (0, 0, 0)


def test_refusing_at_the_campus_changes_nothing(visitor):
    back = visitor.at_campus(visitor.go(), "lin", agree=False)

    assert "error=access_denied" in back
    refused(visitor, visitor.shop.get(back), 403)
    assert rows() == (0, 0, 0)


def test_another_state_nonce_or_code_is_refused(visitor, monkeypatch):
    # Another browser's way back
    back = visitor.at_campus(visitor.go(), "lin")
    other = Visitor()
    refused(other, other.shop.get(back), 502)
    # a made-up state, a code that is none, nothing at all
    other.go()
    refused(other, other.shop.get(f"{BACK}?code=x&state=made-up"), 502)
    state = parse_qs(urlsplit(other.go()).query)["state"][0]
    refused(other, other.shop.get(f"{BACK}?code=x&state={state}"), 502)
    refused(other, other.shop.get(BACK), 502)

    # The nonce of another sign-in: somebody else's answer put into this way back
    address = visitor.go()
    nonce = parse_qs(urlsplit(address).query)["nonce"][0]
    refused(visitor, visitor.shop.get(visitor.at_campus(address.replace(nonce, "x"), "lin")), 502)

    # The same way back a second time
    right = Visitor()
    back = right.at_campus(right.go(), "lin")
    assert right.shop.get(back).url == NEW
    refused(right, right.shop.get(back), 502)
    assert rows() == (0, 0, 0)


def test_a_campus_that_is_down_or_talks_nonsense_is_a_page_in_words(visitor, provider, settings):
    back = visitor.at_campus(visitor.go(), "lin")
    settings.CAMPUS_OIDC_ISSUER = "http://127.0.0.1:9"
    answer = visitor.shop.post("/accounts/campus/")
    refused(visitor, answer, 502)
    refused(visitor, visitor.shop.get(back), 502)
    # Answers, but not as a campus
    settings.CAMPUS_OIDC_ISSUER = f"{provider.url}/jwks/.well-known/x"
    refused(visitor, visitor.shop.post("/accounts/campus/"), 502)
    assert rows() == (0, 0, 0)


def test_a_second_step_is_asked_for_here_too(visitor):
    staff = person("buyer@example.org", staff=True)
    staff.proved_email = staff.email
    staff.save()
    secret, _codes = set_up(staff)

    assert visitor.sign_in("member", then="/cms/").url == "/accounts/second-step/"

    assert not visitor.signed_in
    assert visitor.shop.get("/cms/").status_code == 302
    assert visitor.shop.post("/accounts/second-step/", {"digits": digits(secret, 1)}).url == "/cms/"
    assert visitor.signed_in


def test_a_closed_account_stays_closed(visitor):
    user = person("buyer@example.org")
    campus.join(user, campus.Person(campus.settings.CAMPUS_OIDC_ISSUER, "member"))
    User.objects.update(is_active=False)

    refused(visitor, visitor.sign_in("member"), 403)


def test_it_is_joined_and_parted_from_under_me_but_never_the_last_way_in(visitor, settings):
    # Given a member by phone
    user = User(phone="13800000000")
    user.set_password(PASSWORD)
    user.save()
    given = {"username": "13800000000", "password": PASSWORD}
    visitor.shop.post("/accounts/login/", given)
    assert "/accounts/me/campus/" in visitor.shop.get("/accounts/me/").content.decode()

    # When they join the campus account, whatever its address is
    back = visitor.at_campus(visitor.go("/accounts/me/campus/connect/"), "unsure")
    # (nobody else can finish that way)
    thief = Visitor()
    thief.shop.force_login(person("thief@example.org"))
    thief.shop.get(back)
    assert not SocialAccount.objects.exists()
    assert visitor.shop.get(back).url == "/accounts/me/campus/"

    # Then they sign in with it, and nobody else can join it
    again = Visitor()
    assert again.sign_in("unsure").url == "/accounts/after-login/"
    assert again.shop.get("/accounts/me/").status_code == 200
    answer = thief.shop.get(thief.at_campus(thief.go("/accounts/me/campus/connect/"), "unsure"))
    assert answer.status_code == 409
    assert SocialAccount.objects.get().user == user

    # And they part from it while there is another way in
    settings.MAILBOX = False
    part = "/accounts/me/campus/disconnect/"
    user.set_unusable_password()
    user.save()
    visitor.shop.force_login(user)
    visitor.shop.post(part)
    assert SocialAccount.objects.count() == 1
    user.set_password(PASSWORD)
    user.save()
    visitor.shop.force_login(user)
    visitor.shop.post(part)
    assert SocialAccount.objects.count() == 0
    assert campus.campus_data(user) == []
