"""Consent, a copy of one's data, deletion, and what is forgotten: the books stay in order."""

import io
import json
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from catalog.clock import now
from storefront.accounts import retention
from storefront.accounts.address_book import save_address
from storefront.accounts.models import OneTimeCode, SavedAddress, User
from storefront.aftersales.cases.services import decide
from storefront.aftersales.models import AddressChange
from storefront.books.runner import verify
from storefront.discounts.models import BuyerCount
from storefront.notifications import preferences
from storefront.notifications.models import Message
from storefront.notifications.preferences import Buyer
from storefront.order.models import Order
from storefront.payments.finalizing import finalize
from storefront.payments.models import PaymentAttempt
from storefront.payments.services import start_payment
from tests.support import chain, discounts
from tests.support.cases import arrive, words, write_case
from tests.support.rich_chain import make_rich_chain, send_everything

pytestmark = pytest.mark.django_db
PASSWORD = "mountain-goods-42"
# What names the buyer of the tests, wherever it stands.
PERSONAL = (
    "买家",
    "13800000000",
    "buyer@example.org",
    "学院路1号",
    "王五",
    "13911112222",
    "建国路2号",
)


def faults() -> dict[str, str]:
    """What verify_books finds, Stripe aside."""
    return {r.name: r.detail for r in verify() if not r.ok and not r.name.startswith("stripe.")}


def tables_with(words: tuple[str, ...]) -> dict[str, set[str]]:
    """Which words stand in which tables."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for word in words:
                cursor.execute(
                    f'SELECT 1 FROM "{table}" t WHERE t::text LIKE %s LIMIT 1',  # noqa: S608
                    [f"%{word}%"],
                )
                if cursor.fetchone():
                    found.setdefault(table, set()).add(word)
    return found


def everything() -> dict[str, int]:
    return {
        "users": User.objects.filter(is_active=True).count(),
        "addresses": SavedAddress.objects.count(),
        "orders": Order.objects.exclude(contact_phone="").count(),
    }


@pytest.fixture
def member(client):
    """A signed-in member with a password and an address."""
    user = User.objects.create(email="buyer@example.org", phone="13800000000", first_name="买家")
    user.set_password(PASSWORD)
    user.save()
    client.post("/accounts/login/", {"username": user.email, "password": PASSWORD})
    values = {"name": "买家", "phone": "13800000000", "province": "北京", "detail": "学院路1号"}
    save_address(user, values)
    return user


@pytest.fixture
def order(client, member, stripe):
    """Bought with a voucher of two uses a buyer, and sent elsewhere."""
    chain.make_freight()
    grove = chain.make_grove()
    discounts.offer("MINE", per_buyer=2)
    basket = discounts.put_in(chain.make_basket([(grove.pack, 2)], member), "MINE")
    attempt = start_payment(
        basket, contact=chain.CONTACT, address=chain.ADDRESS, language="zh-hans", user=member
    )
    chain.pay(attempt)
    finalize(attempt.pk)
    order = Order.objects.get()
    elsewhere = {
        "name": "王五",
        "phone": "139 1111 2222",
        "province": "北京",
        "city": "北京市",
        "district": "海淀区",
        "street": "建国路2号",
        "uuid": str(uuid.uuid4()),
    }
    client.post(reverse("orders:address", args=[order.number]), elsewhere)
    assert AddressChange.objects.count() == 1
    return order


def test_an_account_with_an_order_under_way_stays(client, member, order):
    before = everything()

    page = client.get("/accounts/me/data/delete/").content.decode()
    assert order.number in page
    assert client.post("/accounts/me/data/delete/", {"sure": "yes"}).status_code == 422
    assert everything() == before
    assert client.get("/accounts/me/").status_code == 200


def test_deleting_takes_the_person_out_and_leaves_the_books_in_order(client, member, order, stripe):
    line = arrive(order)[0]
    case = write_case(order, line, kind="other", pictures=1)
    other = Client()
    other.post("/accounts/login/", {"username": member.email, "password": PASSWORD})
    assert client.post("/accounts/me/data/delete/", {"sure": "yes"}).status_code == 422
    decide(case.pk, words("staff"), amount_fen=0)
    send_everything()
    money = list(Order.objects.values_list("number", "total_incl_tax", "date_placed"))

    assert client.post("/accounts/me/data/delete/").status_code == 422
    assert User.objects.get().is_active
    answer = client.post("/accounts/me/data/delete/", {"sure": "yes"})

    assert answer.url == "/produce/"
    for browser in (client, other):
        assert browser.get("/accounts/me/").url.startswith("/accounts/login/")
    again = Client().post(
        "/accounts/login/", {"username": "buyer@example.org", "password": PASSWORD}
    )
    assert again.status_code == 422
    assert list(Order.objects.values_list("number", "total_incl_tax", "date_placed")) == money
    order.refresh_from_db()
    address = order.shipping_address
    assert (address.first_name, address.line1, address.state, address.line3) == (
        "—",
        "—",
        "北京",
        "海淀区",
    )
    assert not SavedAddress.objects.exists()
    assert tables_with(PERSONAL) == {}
    assert faults() == {}
    # The name is free again.
    User.objects.create(email="buyer@example.org", phone="13800000000")


def test_who_works_here_does_not_delete_the_account(client, member):
    User.objects.update(is_staff=True)

    assert client.post("/accounts/me/data/delete/", {"sure": "yes"}).status_code == 422
    assert User.objects.get().is_active


def test_changes_of_address_can_be_blanked_and_nothing_else(member, order):
    change = AddressChange.objects.get()
    for statement in (
        "UPDATE aftersales_addresschange SET before = '{}'",
        "UPDATE aftersales_addresschange SET created_at = now()",
        "UPDATE aftersales_addresschange SET after = jsonb_set(after, '{name}', '\"x\"')",
        "DELETE FROM aftersales_addresschange",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    after = dict(change.after)
    change.refresh_from_db()
    assert change.after == after


def test_a_copy_of_ones_data_has_everything_of_the_person_and_nobody_elses(client, member, order):
    line = arrive(order)[0]
    write_case(order, line, kind="other", pictures=1)
    stranger = User.objects.create(email="stranger@example.org")
    save_address(stranger, {"name": "陌生人", "province": "北京"})
    assert client.get("/accounts/me/data/download/").status_code == 405

    answer = client.post("/accounts/me/data/download/")

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data = json.loads(archive.read("data.json"))
    assert data["account"]["email"] == "buyer@example.org"
    assert [one["number"] for one in data["orders"]] == [order.number]
    assert data["orders"][0]["cases"][0]["entries"][0]["text"] == "坏了"
    assert data["addresses"][0]["detail"] == "学院路1号"
    assert len(data["messages"]) == Message.objects.count() > 0
    everything = archive.read("data.json").decode() + archive.read("data.html").decode()
    assert "陌生人" not in everything
    assert "pbkdf2" not in everything and member.password not in everything
    assert "<dt>orders</dt>" in everything
    assert len(archive.namelist()) == 3


def test_after_their_time_all_contacts_are_forgotten_and_the_books_stay_in_order(
    set_clock, settings, stripe
):
    stripe.reset()
    make_rich_chain(set_clock)
    preferences.choose(Buyer(email="buyer@example.org"), {"shipped": []})
    send_everything()
    before = faults()
    assert before == {}
    settings.RETENTION_DAYS = dict.fromkeys(settings.RETENTION_DAYS, -1)

    done = retention.forget()

    assert done["contacts"] > 3
    assert done["messages"] > 0
    assert faults() == {}
    blanked = Order.objects.filter(shipping_address__first_name="—")
    assert blanked.count() == done["contacts"]
    assert not blanked.exclude(contact_phone="").exists()
    assert retention.forget()["contacts"] == 0


def test_what_is_young_is_kept(member, order):
    OneTimeCode.objects.create(
        purpose="sign_in",
        channel="mail",
        contact="a@example.org",
        digest="x",
        created_at=now(),
        expires_at=now() + timedelta(minutes=10),
    )
    assert set(retention.forget().values()) == {0}
    assert OneTimeCode.objects.count() == 1
    assert PaymentAttempt.objects.get().snapshot["contact"]["email"] == "buyer@example.org"
    assert BuyerCount.objects.filter(key="phone:13800000000").exists()


def test_the_notice_shows_what_the_task_goes_by(client, settings):
    settings.RETENTION_DAYS = {**settings.RETENTION_DAYS, "baskets": 61, "contacts": 4 * 365}
    client.cookies["django_language"] = "en"

    page = client.get("/accounts/privacy/").content.decode()

    assert "61 days" in page
    assert "4 years" in page
