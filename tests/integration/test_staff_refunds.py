"""Staff refund an order or a line: shown first, done once, exactly as shown."""

import re
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from cooperatives.ledger.models import Posting
from cooperatives.routing.models import Consignment
from cooperatives.routing.services import pack
from cooperatives.settlement.models import SharingOut
from storefront.aftersales.models import Refund
from tests.support import chain

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = get_user_model().objects.create_superuser(
        email="staff@example.org", password="pears-4-me"
    )
    client.force_login(user)
    return client


@pytest.fixture
def order(stripe):
    """Two packs of ¥24.80, freight ¥12.00."""
    return chain.buy([(chain.make_grove(grams=10_000).pack, 2)])


def wish(what: str = "whole", **fields) -> dict:
    return {
        "what": what,
        "packs": "",
        "amount": "",
        "goods": "write_off",
        "reason": "damaged",
        "note": "",
        "uuid": str(uuid.uuid4()),
        **fields,
    }


def line_of(order) -> str:
    return str(Consignment.objects.get(order=order).lines.get().pk)


def shown_total(response) -> int:
    return int(re.search(r'name="expected" value="(\d+)"', response.content.decode())[1])


def test_the_amount_is_shown_and_then_refunded_once(staff, order):
    address, form = reverse("staff:refund", args=[order.number]), wish()
    assert staff.get(address).status_code == 200

    seen = staff.post(address, form)
    assert (seen.status_code, shown_total(seen), Refund.objects.count()) == (200, 6160, 0)
    for _ in range(2):
        done = staff.post(address, {**form, "expected": 6160})
        assert (done.status_code, done["Location"]) == (
            302,
            reverse("staff:order", args=[order.number]),
        )

    refund = Refund.objects.get()
    assert (refund.pk, refund.amount_fen) == (uuid.UUID(form["uuid"]), 6160)
    assert (refund.reason, refund.decided_by.email) == ("damaged", "staff@example.org")
    page = staff.get(done["Location"]).content.decode()
    assert "¥61.60" in page
    assert address not in page


@pytest.mark.parametrize(
    ("fields", "fen"),
    [
        ({"packs": "1"}, 2480),
        ({"packs": "1", "freight": "on"}, 3680),
        ({"amount": "3.05"}, 305),
        ({}, 4960),
    ],
)
def test_packs_an_amount_or_all_of_a_line(staff, order, fields, fen):
    address, form = reverse("staff:refund", args=[order.number]), wish(line_of(order), **fields)

    assert shown_total(staff.post(address, form)) == fen
    staff.post(address, {**form, "expected": fen})

    assert [refund.amount_fen for refund in Refund.objects.all()] == [fen]


def test_packed_goods_go_back_to_stock_when_staff_say_so(staff, order):
    consignment = Consignment.objects.get(order=order)
    pack(consignment.pk, {})
    form = wish(line_of(order), packs="1", goods="restock")

    staff.post(reverse("staff:refund", args=[order.number]), {**form, "expected": 2480})

    row = Refund.objects.get().lines.get()
    assert (row.packs, row.grams, row.restocked) == (1, 2500, True)


@pytest.mark.parametrize(
    "form",
    [
        {"what": "whole", "packs": "1"},
        {"what": "whole", "amount": "1.00"},
        {"what": "line", "packs": "1", "amount": "1.00"},
        {"what": "line", "packs": "3"},
        {"what": "line", "amount": "49.61"},
        {"what": "line", "amount": "0.001"},
        {"what": "line", "amount": "-1"},
        {"what": "999999"},
        {"what": ""},
        {"what": "whole", "reason": "goods_gone"},
        {"what": "whole", "uuid": "x"},
    ],
)
@pytest.mark.parametrize("expected", [{}, {"expected": "4960"}])
def test_a_wrong_wish_changes_nothing(staff, order, form, expected):
    if form["what"] == "line":
        form = {**form, "what": line_of(order)}
    before = Posting.objects.count()

    response = staff.post(
        reverse("staff:refund", args=[order.number]), {**wish(), **form, **expected}
    )

    assert response.status_code == 422
    assert not Refund.objects.exists()
    assert Posting.objects.count() == before


def test_what_changed_since_it_was_shown_is_not_refunded(staff, order):
    address, form = reverse("staff:refund", args=[order.number]), wish()
    seen = shown_total(staff.post(address, form))
    other = wish(line_of(order), packs="1")
    staff.post(address, {**other, "expected": 2480})
    before = Posting.objects.count()

    response = staff.post(address, {**form, "expected": seen})

    assert response.status_code == 422
    assert Refund.objects.count() == 1
    assert Posting.objects.count() == before
    assert shown_total(staff.post(address, form)) == 6160 - 2480


def test_another_orders_refund_is_not_shown_as_this_ones(staff, order):
    other = chain.buy([(chain.make_grove("B").pack, 2)])
    form = wish()
    staff.post(reverse("staff:refund", args=[order.number]), {**form, "expected": 6160})

    response = staff.post(reverse("staff:refund", args=[other.number]), {**form, "expected": 6160})

    assert response.status_code == 422
    assert Refund.objects.get().order_id == order.pk


def test_back_keeps_what_was_filled_in(staff, order):
    form = wish(line_of(order), packs="1", note="Bruised")
    page = staff.post(
        reverse("staff:refund", args=[order.number]), {**form, "expected": 2480, "back": "1"}
    ).content.decode()
    assert "Bruised" in page
    assert form["uuid"] in page
    assert not Refund.objects.exists()


def test_sharing_out_now_credits_the_households(staff, order):
    pack(Consignment.objects.get(order=order).pk, {})
    address = reverse("staff:sharing-out")

    assert staff.get(address).status_code == 200
    assert staff.post(address).status_code == 302

    sharing = SharingOut.objects.get()
    assert sharing.earned_fen == 4960
    page = staff.get(address)
    # 8 % fee and 2 % fund are floors of their own: 4960 − 396 − 99, less what a floor leaves.
    assert page.context["sharings"][0].credited_fen == 4464
    staff.post(address)
    assert SharingOut.objects.count() == 1
