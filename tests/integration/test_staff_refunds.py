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
from storefront.accounts.roles import Role, seed_roles
from storefront.aftersales import staff_views
from storefront.aftersales.models import Refund
from storefront.aftersales.services import refund_order, send
from storefront.payments import gateway
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
        "grams": "",
        "goods": "write_off",
        "bearer": "cooperative",
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
        {"what": "whole", "reason": "freight"},
        {"what": "whole", "bearer": "village"},
        {"what": "line", "grams": "5"},
        {"what": "short-1"},
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


def test_what_is_missing_in_a_box_is_offered_with_its_amount(staff, order):
    line = Consignment.objects.get(order=order).lines.get()
    pack(line.consignment_id, {line.pk: 4900})
    address = reverse("staff:refund", args=[order.number])
    page = staff.get(address).content.decode()
    assert f'value="short-{line.pk}"' in page
    assert "¥0.99" in page
    form = wish(f"short-{line.pk}", bearer="programme", reason="weight")

    assert shown_total(staff.post(address, form)) == 99
    assert shown_total(staff.post(address, {**form, "grams": "50"})) == 49
    staff.post(address, {**form, "expected": 99})

    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.bearer) == (99, "programme")
    assert refund.lines.get().short_grams == 100
    page = staff.get(address).content.decode()
    assert f'value="short-{line.pk}"' not in page


def test_the_queue_shows_what_stripe_refused_and_finance_pays_it_by_hand(
    staff, order, monkeypatch, client
):
    refund = refund_order(order.pk)

    def refuse(*arguments):
        raise gateway.GatewayRefused("The balance is too low.")

    monkeypatch.setattr(gateway, "create_refund", refuse)
    queue = reverse("staff:refunds")
    by_hand = reverse("staff:refund-by-hand", args=[refund.pk])
    page = staff.get(queue).content.decode()
    assert order.number in page
    assert by_hand not in page
    sent = []
    monkeypatch.setattr(staff_views, "send_after_commit", lambda found: sent.append(found.pk))
    assert staff.post(queue, {"uuid": refund.pk}).status_code == 302
    assert sent == [refund.pk]
    assert staff.post(queue, {"uuid": "x"}).status_code == 404
    send(refund.pk)
    page = staff.get(queue, {"state": "failed"}).content.decode()
    assert "The balance is too low." in page
    assert by_hand in page

    assert "?state=failed" in staff.get(reverse("wagtailadmin_home")).content.decode()

    # those who may only look can neither send nor pay
    auditor = get_user_model().objects.create_user(email="a@example.org", password="pears-4-me")
    auditor.is_staff = True
    auditor.save()
    auditor.groups.add(seed_roles()[Role.AUDITOR])
    client.force_login(auditor)
    before = Posting.objects.count()
    assert by_hand not in client.get(queue).content.decode()
    client.post(queue, {"uuid": refund.pk})
    client.post(by_hand, {"account": "bank", "reference": "T-1"})
    assert Posting.objects.count() == before
    assert sent == [refund.pk]

    finance = get_user_model().objects.create_user(email="f@example.org", password="pears-4-me")
    finance.is_staff = True
    finance.save()
    finance.groups.add(seed_roles()[Role.FINANCE])
    client.force_login(finance)
    assert client.get(by_hand).status_code == 200
    assert client.post(by_hand, {"account": "bank", "reference": ""}).status_code == 422
    assert client.post(by_hand, {"account": "stripe", "reference": "T-1"}).status_code == 422
    assert client.post(by_hand, {"account": "bank", "reference": "T-1"}).status_code == 302
    refund.refresh_from_db()
    assert (refund.state, refund.paid_from, refund.paid_by) == ("done", "bank", finance)
    assert client.post(by_hand, {"account": "cash", "reference": "T-1"}).status_code == 422
    assert "T-1" in client.get(queue, {"state": "done"}).content.decode()


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
