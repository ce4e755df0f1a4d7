"""The second step of signing in: set-up, signing in, recovery codes, turning off, resetting."""

import base64
import io
import json
import re
import zipfile

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from wagtail.models import ModelLogEntry

from storefront.accounts import checks, second_factor, second_step
from storefront.accounts.models import User
from storefront.doctor import _second_factor
from tests.support.two_steps import PASSWORD, digits, person, set_up

pytestmark = pytest.mark.django_db
STEP = "/accounts/second-step/"
OWN = "/accounts/me/second-step/"
SET_UP = f"{OWN}set-up/"


def by_password(client: Client, user: User, then: str = ""):
    given = {"username": user.email, "password": PASSWORD, "next": then}
    return client.post("/accounts/login/", given)


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def secret_on(page: str) -> str:
    return re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")


@pytest.fixture
def staff():
    return person("staff@example.org", staff=True)


def test_the_digits_are_those_of_the_standard():
    """RFC 6238, appendix B, SHA-1: the last six of its eight digits."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    told = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924"}

    found = {at: second_factor.digits_at(secret, at // 30) for at in told}

    assert found == told


def test_staff_set_it_up_before_a_staff_page_opens_and_sign_in_by_both(client, staff, settings):
    # Given that staff need it
    settings.STAFF_SECOND_FACTOR = "required"
    assert by_password(client, staff, "/cms/").url == "/cms/"

    # Then every staff page leads to the set-up
    for path in ("/cms/", "/cms/orders/", "/cms/account/"):
        assert client.get(path).url == f"{SET_UP}?next={path}"
    assert client.get("/accounts/me/").status_code == 200
    page = client.get(f"{SET_UP}?next=/cms/").content.decode()
    secret = secret_on(page)
    assert "<svg" in page
    # The picture does not change by looking at it, and nothing is set up yet.
    assert secret_on(client.get(SET_UP).content.decode()) == secret
    assert secret not in json.dumps(dict(client.session))
    refused = {"digits": digits(secret, 5), "present": PASSWORD}
    assert client.post(SET_UP, refused).status_code == 422
    assert client.post(SET_UP, {"digits": digits(secret), "present": "no"}).status_code == 422
    assert not Authenticator.objects.exists()

    # When the app's code confirms it
    right = {"digits": digits(secret), "present": PASSWORD}
    before = client.session.session_key
    assert client.post(f"{SET_UP}?next=/cms/", right).url == f"{OWN}codes/"
    assert client.session.session_key != before

    # Then the recovery codes are shown, and not again
    codes = re.findall(r"<code>(\d{4} \d{4})</code>", client.get(f"{OWN}codes/").content.decode())
    assert len(set(codes)) == 10
    assert codes[9] in client.get(f"{OWN}codes/file/").content.decode()
    assert client.post(f"{OWN}codes/").url == "/cms/"
    assert client.get(f"{OWN}codes/").url == client.get(f"{OWN}codes/file/").url == OWN
    assert client.get("/cms/").status_code == 200

    # And the next sign-in asks for both
    other = Client()
    assert by_password(other, staff, "/cms/reports/").url == STEP
    assert not signed_in(other)
    held = other.session.session_key
    assert other.post(STEP, {"digits": digits(secret, 1)}).url == "/cms/reports/"
    assert signed_in(other)
    assert other.session.session_key != held
    assert other.get("/cms/").status_code == 200


def test_buyers_are_asked_for_none_and_may_have_one(client, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    buyer = person("buyer@example.org")
    assert by_password(client, buyer).url == "/accounts/after-login/"
    assert client.get(OWN).status_code == 200
    secret = secret_on(client.get(SET_UP).content.decode())
    client.post(SET_UP, {"digits": digits(secret), "present": PASSWORD})
    buyer.refresh_from_db()
    assert buyer.second_factor_at is not None

    # Turning it off needs a code
    assert client.post(OWN, {"do": "off", "digits": "000000"}).status_code == 422
    assert Authenticator.objects.count() == 2
    assert client.post(OWN, {"do": "off", "digits": digits(secret, 1)}).url == OWN
    assert not Authenticator.objects.exists()
    assert client.get(OWN).status_code == 200
    other = Client()
    by_password(other, buyer)
    assert signed_in(other)


def test_where_it_is_required_it_is_not_turned_off(client, staff, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    secret, _codes = set_up(staff)
    by_password(client, staff)
    client.post(STEP, {"digits": digits(secret, 1)})

    answer = client.post(OWN, {"do": "off", "digits": digits(secret, 1)})

    assert answer.status_code == 422
    assert Authenticator.objects.count() == 2


def test_a_recovery_code_is_good_once_and_new_ones_end_the_old(client, staff, set_clock):
    secret, codes = set_up(staff)
    by_password(client, staff)

    answer = client.post(STEP, {"digits": f"{codes[0][:4]} {codes[0][4:]}"}, follow=True)

    assert "9" in str(next(iter(answer.context["messages"])))
    other = Client()
    by_password(other, staff)
    assert other.post(STEP, {"digits": codes[0]}).status_code == 422
    assert not signed_in(other)
    assert second_factor.codes_left(staff) == 9

    assert client.post(OWN, {"do": "codes", "digits": digits(secret, 1)}).url == f"{OWN}codes/"
    assert second_factor.codes_left(staff) == 10
    assert other.post(STEP, {"digits": codes[1]}).status_code == 422
    assert not signed_in(other)


def test_a_lost_one_is_reset_by_a_colleague_and_the_log_says_by_whom(client, staff):
    secret, _codes = set_up(staff)
    by_password(client, staff)
    client.post(STEP, {"digits": digits(secret, 1)})
    boss, buyer = person("boss@example.org", staff=True), person("buyer@example.org")

    for by in (buyer, staff):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", staff.email, by=by.email)
    assert Authenticator.objects.count() == 2
    call_command("reset_second_factor", staff.email, by=boss.email)

    staff.refresh_from_db()
    assert (staff.second_factor_at, Authenticator.objects.count()) == (None, 0)
    assert client.get("/accounts/me/").status_code == 302
    entry = ModelLogEntry.objects.get(action=second_factor.RESET)
    assert (entry.user, entry.object_id) == (boss, str(staff.pk))
    other = Client()
    by_password(other, staff)
    assert signed_in(other)


def test_secrets_are_kept_encrypted_and_another_key_opens_nothing(client, staff, settings):
    secret, codes = set_up(staff)
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code in kept for code in codes)

    # A new key opens with the old one as fallback
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [old]
    second_factor.use(staff, digits(secret, 1))

    # Without it nothing is good, and nothing breaks
    settings.SECRET_KEY_FALLBACKS = []
    by_password(client, staff)
    for typed in (digits(secret, 1), codes[0]):
        assert client.post(STEP, {"digits": typed}).status_code == 422
    assert not signed_in(client)


def test_a_copy_of_ones_data_tells_of_it_without_its_secrets(client, staff):
    secret, codes = set_up(staff)
    by_password(client, staff)
    client.post(STEP, {"digits": digits(secret, 1)})

    archive = zipfile.ZipFile(io.BytesIO(client.post("/accounts/me/data/download/").content))

    text = archive.read("data.json").decode()
    told = json.loads(text)["second_step"]
    assert (told["recovery_codes_left"], bool(told["since"])) == (10, True)
    assert secret not in text
    assert codes[0] not in text


def test_deleting_the_account_takes_it_along(client):
    buyer = person("buyer@example.org")
    buyer.unit = "文学院"
    buyer.proved_email = buyer.email
    buyer.save()
    set_up(buyer)
    client.force_login(buyer)
    session = client.session
    session[second_step.PASSED] = second_step._mark_of(buyer)
    session.save()

    client.post("/accounts/me/data/delete/", {"sure": "yes"})

    buyer.refresh_from_db()
    assert buyer.deleted_at is not None
    assert (buyer.unit, buyer.proved_email, buyer.second_factor_at) == ("", "", None)
    assert not Authenticator.objects.exists()


def test_operators_are_warned_where_it_is_off(settings):
    settings.STAFF_SECOND_FACTOR = "off"
    assert [one.id for one in checks.second_factor_required()] == ["accounts.W001"]
    assert [one.ok for one in _second_factor()] == [True]
    settings.DEMO_ALLOWED = False
    assert [one.ok for one in _second_factor()] == [False]

    settings.STAFF_SECOND_FACTOR = "required"
    assert (checks.second_factor_required(), checks.second_factor_kind()) == ([], [])
    assert [one.ok for one in _second_factor()] == [True]

    settings.STAFF_SECOND_FACTOR = "of"
    assert [one.id for one in checks.second_factor_kind()] == ["accounts.E001"]
