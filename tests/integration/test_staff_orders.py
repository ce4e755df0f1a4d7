"""Staff see orders in Wagtail's admin: a fixed number of queries, searched, for the permitted."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.clock import now
from catalog.numbers import to_yuan
from cooperatives.routing.models import Consignment
from livestream.campaigns.models import Campaign, LineAttribution
from storefront.accounts.roles import seed_roles
from storefront.aftersales.models import Refund
from storefront.notifications.services import queue
from storefront.order.models import Order
from tests.support.sold import attribute, make_farm, sell

pytestmark = pytest.mark.django_db


def person(role: str | None = None, **fields):
    user = get_user_model().objects.create_user(
        email=f"{role or 'nobody'}@example.org", password="pears-4-me", **fields
    )
    if role:
        seed_roles()
        user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def finance(client):
    client.force_login(person("finance"))
    return client


def numbers(client, **query) -> list[str]:
    response = client.get(reverse("staff:orders"), query)
    return sorted(order.number for order in response.context["shown"])


def test_orders_are_found_by_number_phone_mail_and_state(finance):
    farm = make_farm()
    one = sell((farm, 2500), guest_email="li@example.org", contact_phone="13800000001")
    two = sell((farm, 1800), guest_email="", contact_phone="13900000002", user=person())
    Consignment.objects.filter(order=two).update(state="shipped")

    assert numbers(finance) == [one.number, two.number]
    assert numbers(finance, q=one.number) == [one.number]
    assert numbers(finance, q="139 0000 0002") == [two.number]
    assert numbers(finance, q="LI@example") == [one.number]
    assert numbers(finance, q="nobody@") == [two.number]
    assert numbers(finance, q="x\x00") == []
    assert numbers(finance, state="shipped") == [two.number]
    assert numbers(finance, q=one.number, state="shipped") == []
    assert numbers(finance, state="nonsense") == []


def test_the_order_page_shows_the_whole_chain(finance):
    farm = make_farm()
    campaign = Campaign.objects.create(
        code="autumn", name_zh="秋收", starts_at=now(), ends_at=now().replace(year=2099)
    )
    order = sell((farm, 2500), freight_fen=600)
    at = campaign.starts_at.isoformat()
    touch = {"link": "PEAR7", "campaign": campaign.pk, "at": at, "visitor": "v"}
    attribute(order, [touch])
    queue("confirmed", f"order:{order.pk}", order, {})

    page = finance.get(reverse("staff:order", args=[order.number])).content.decode()

    for text in ("¥31.00", "秋收", "PEAR7", f"{order.number}-COOP-pear", "li@example.org"):
        assert text in page
    # Nothing was paid through us: nothing to refund here.
    assert reverse("staff:refund", args=[order.number]) not in page
    assert finance.get(reverse("staff:order", args=["T999999"])).status_code == 404


def count(client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_list_takes_the_same_few_queries_at_20_and_at_2000_orders(finance):
    farm, address = make_farm(), reverse("staff:orders")
    for _ in range(20):
        sell((farm, 2500))
    count(finance, address)
    few = count(finance, address)
    copies = Order.objects.bulk_create(
        Order(
            number=f"X{number:06}",
            currency="CNY",
            total_incl_tax=to_yuan(2500),
            total_excl_tax=to_yuan(2500),
            date_placed=now(),
        )
        for number in range(1980)
    )
    Consignment.objects.bulk_create(
        Consignment(
            order=order,
            partner=farm.partner,
            number=f"{order.number}-1",
            paid_at=now(),
            ship_by=now(),
        )
        for order in copies
    )

    many = count(finance, address)

    assert (many, few <= 14) == (few, True)


def test_the_order_page_takes_the_same_queries_for_one_line_and_for_eight(finance):
    small = sell((make_farm("a"), 2500))
    large = sell(*[(make_farm(f"k{number}"), 1000) for number in range(8)])
    address = reverse("staff:order", args=[small.number])
    count(finance, address)
    few = count(finance, address)
    assert count(finance, reverse("staff:order", args=[large.number])) == few
    assert few <= 20


@pytest.mark.parametrize("role", [None, "editor"])
@pytest.mark.parametrize("name", ["orders", "order", "refund", "attribution", "sharing-out"])
def test_others_are_turned_away_and_nothing_changes(client, role, name):
    order = sell((make_farm(), 2500))
    attribute(order)
    client.force_login(person(role))
    args = {
        "order": [order.number],
        "refund": [order.number],
        "attribution": [order.number, order.lines.get().pk],
    }.get(name, [])
    before = list(LineAttribution.objects.values())

    for answer in (client.get, client.post):
        response = answer(reverse(f"staff:{name}", args=args))
        assert response.status_code in (302, 403, 405)
        assert order.number not in response.content.decode()

    assert list(LineAttribution.objects.values()) == before
    assert not Refund.objects.exists()


def test_an_auditor_reads_and_changes_nothing(client):
    order = sell((make_farm(), 2500))
    client.force_login(person("auditor"))
    assert client.get(reverse("staff:order", args=[order.number])).status_code == 200
    for name, args in (("refund", [order.number]), ("sharing-out", [])):
        assert client.post(reverse(f"staff:{name}", args=args)).status_code == 302
    assert not Refund.objects.exists()


def test_the_menu_shows_what_one_may_open(client):
    client.force_login(person("finance"))
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("staff:orders") in home
    assert reverse("staff:sharing-out") in home
    client.force_login(person("editor"))
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("staff:orders") not in home


def test_staff_credit_a_line_otherwise_with_a_reason(client):
    campaign = Campaign.objects.create(
        code="autumn", name_zh="秋收", starts_at=now(), ends_at=now().replace(year=2099)
    )
    order = sell((make_farm(), 2500))
    line = order.lines.get()
    attribute(order)
    client.force_login(person("administrator"))
    address = reverse("staff:attribution", args=[order.number, line.pk])

    assert client.post(address, {"campaign": campaign.pk, "reason": ""}).status_code == 422
    assert client.post(address, {"campaign": "", "reason": "Why"}).status_code == 422
    assert LineAttribution.objects.count() == 1
    assert client.post(address, {"campaign": campaign.pk, "reason": "Seen live"}).status_code == 302

    row = LineAttribution.objects.get(replaced_by__isnull=True)
    assert (row.campaign, row.reason) == (campaign, "Seen live")
    assert row.named_by.email == "administrator@example.org"
    other = sell((make_farm("plum"), 1000))
    wrong = reverse("staff:attribution", args=[other.number, line.pk])
    assert client.get(wrong).status_code == 404
