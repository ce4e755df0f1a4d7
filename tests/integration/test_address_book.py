"""The address book: one's own, and in the checkout; city and district below the province."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from storefront.accounts.models import Consent, SavedAddress, User
from storefront.accounts.privacy import VERSION
from storefront.payments.models import PaymentAttempt
from tests.support import chain

pytestmark = pytest.mark.django_db
HOME = {
    "name": "张先生",
    "phone": "+86 138-0013-8000",
    "province": "广西",
    "city": "桂林市",
    "district": "灌阳县",
    "town": "灌阳镇",
    "detail": "解放路1号",
}
TEXT = "李四 139-0000-0000 湖南长沙县星沙街道开元路18号"


@pytest.fixture
def member(client):
    """A signed-in buyer."""
    user = User.objects.create(email="buyer@example.org")
    client.force_login(user)
    return user


def keep(browser, **more) -> SavedAddress:
    browser.post("/accounts/me/addresses/new/", {**HOME, **more})
    return SavedAddress.objects.order_by("-pk").first()


def test_addresses_are_kept_changed_and_taken_out(client, member):
    home = keep(client)
    assert (home.phone, home.street, home.is_default) == ("13800138000", "灌阳镇解放路1号", True)
    keep(client)  # the same once more
    office = keep(client, detail="建设路2号", is_default="on")
    rows = list(SavedAddress.objects.values_list("pk", "is_default"))
    assert rows == [(office.pk, True), (home.pk, False)]

    client.post(f"/accounts/me/addresses/{home.pk}/", {**HOME, "detail": "解放路3号"})
    client.post(f"/accounts/me/addresses/{home.pk}/default/")
    home.refresh_from_db()
    assert (home.detail, home.is_default) == ("解放路3号", True)

    client.post(f"/accounts/me/addresses/{home.pk}/delete/")
    assert list(SavedAddress.objects.values_list("pk", "is_default")) == [(office.pk, True)]


@pytest.mark.parametrize(
    "change",
    [
        {"city": "南京市"},
        {"district": "青秀区"},
        {"province": "加利福尼亚"},
        {"phone": "123"},
        {"name": ""},
        {"detail": "路" * 141},
        {"name": "\x00"},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(client, member, change):
    answer = client.post("/accounts/me/addresses/new/", {**HOME, **change})

    assert answer.status_code == 422
    assert SavedAddress.objects.count() == 0


def test_anothers_address_is_not_found_and_stays(client, member):
    other = Client()
    other.force_login(User.objects.create(email="other@example.org"))
    theirs = keep(other)
    before = SavedAddress.objects.values().get()

    root = f"/accounts/me/addresses/{theirs.pk}/"
    assert client.get(root).status_code == 404
    for url in (root, f"{root}default/", f"{root}delete/"):
        assert client.post(url, HOME).status_code == 404
    assert SavedAddress.objects.values().get() == before


def test_a_book_has_an_end(client, member, monkeypatch):
    monkeypatch.setattr("storefront.accounts.address_book.MOST", 1)
    keep(client)
    keep(client, detail="建设路2号")
    assert SavedAddress.objects.count() == 1


def test_a_pasted_address_fills_the_form_and_keeps_nothing(client, member):
    answer = client.post("/accounts/me/addresses/new/", {"step": "paste", "pasted": TEXT})
    form = answer.context["form"]

    assert answer.status_code == 200
    assert {name: form[name].value() for name in HOME} == {
        "name": "李四",
        "phone": "13900000000",
        "province": "湖南",
        "city": "长沙市",
        "district": "长沙县",
        "town": "星沙街道",
        "detail": "开元路18号",
    }
    assert SavedAddress.objects.count() == 0


def test_below_a_province_stand_its_cities_and_nothing_else(client):
    url = "/accounts/divisions/"
    below = client.get(url, {"province": "广西", "city": "桂林市", "district": "灌阳县"})
    page = below.content.decode()
    assert '<option value="黄关镇">' in page
    assert "<html" not in page
    stale = client.get(url, {"province": "湖南", "city": "桂林市", "district": "灌阳县"})
    assert "灌阳县" not in stale.content.decode()
    assert (
        '<option value="北京市" selected>' in client.get(url, {"province": "北京"}).content.decode()
    )
    for odd in ({}, {"province": "<b>"}, {"province": "台湾", "city": "\x00"}):
        assert client.get(url, odd).status_code == 200


def test_checkout_with_a_saved_address(client, member, stripe):
    chain.make_freight()
    grove = chain.make_grove(grams=10_000)
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    home = keep(client)
    assert "解放路1号" in client.get("/checkout/").content.decode()

    assert client.post("/checkout/", {"saved": home.pk}).url == "/checkout/review/"
    client.post("/checkout/review/", {})

    attempt = PaymentAttempt.objects.get()
    assert attempt.snapshot["address"] == {
        "name": "张先生",
        "phone": "13800138000",
        "province": "广西",
        "city": "桂林市",
        "district": "灌阳县",
        "street": "灌阳镇解放路1号",
    }
    assert attempt.snapshot["contact"]["email"] == "buyer@example.org"
    consent = Consent.objects.get()
    assert (consent.attempt, consent.user, consent.version) == (attempt, member, VERSION)


def test_checkout_keeps_an_address_by_a_tick_and_takes_no_foreign_one(client, member):
    chain.make_freight()
    grove = chain.make_grove(grams=10_000)
    other = Client()
    other.force_login(User.objects.create(email="other@example.org"))
    theirs = keep(other)
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    for pk in (theirs.pk, "x", "9" * 30):
        assert client.post("/checkout/", {"saved": pk}).status_code == 404
    assert "checkout_delivery" not in client.session

    street = {**{k: v for k, v in HOME.items() if k != "detail"}, "street": "解放路1号"}
    client.post("/checkout/", street)
    assert SavedAddress.objects.filter(user=member).count() == 0
    client.post("/checkout/", {**street, "save_address": "yes"})
    kept = SavedAddress.objects.get(user=member)
    assert (kept.town, kept.detail) == ("灌阳镇", "解放路1号")
    assert client.session["checkout_delivery"]["street"] == "灌阳镇解放路1号"


def test_a_guest_pastes_in_the_checkout_and_consents_by_going_on(client, stripe):
    chain.make_freight()
    grove = chain.make_grove(grams=10_000)
    client.post("/basket/add/", {"pack": grove.pack.pk, "quantity": 1})
    answer = client.post("/checkout/", {"step": "paste", "pasted": TEXT})
    assert answer.context["form"]["street"].value() == "开元路18号"
    assert "/accounts/privacy/" in answer.content.decode()

    street = {**{k: v for k, v in HOME.items() if k != "detail"}, "street": "解放路1号"}
    client.post("/checkout/", {**street, "email": "guest@example.org", "save_address": "yes"})
    client.post("/checkout/review/", {})
    consent = Consent.objects.get()
    assert (consent.user, consent.place, consent.version) == (None, "checkout", VERSION)
    assert SavedAddress.objects.count() == 0


def test_pages_of_one_person_cost_the_same_at_any_size(client, member, stripe):
    chain.make_freight()
    grove = chain.make_grove(grams=100_000)

    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    def costs() -> list[int]:
        return [queries(url) for url in ("/accounts/me/", "/accounts/me/addresses/")]

    def grow(number: int) -> None:
        keep(client, detail=f"解放路{number}号")
        chain.buy([(grove.pack, 1)], user=member)

    grow(1)
    costs()  # what is cached is cached
    few = costs()
    for number in range(2, 6):
        grow(number)
    assert costs() == few
    assert max(few) <= 14
