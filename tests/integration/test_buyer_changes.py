"""Until it is packed a buyer cancels packs or sends the order elsewhere; and nobody else does."""

import re
import uuid
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from cooperatives.ledger.models import Posting
from cooperatives.routing.models import Consignment, ConsignmentLine, FreightRate
from cooperatives.routing.services import pack
from storefront.aftersales.models import AddressChange, Refund
from storefront.aftersales.services import RefundWish, refund_lines, send
from storefront.books.runner import verify
from storefront.notifications.models import Message
from storefront.order.links import order_key
from storefront.order.models import Order
from storefront.payments.finalizing import finalize
from storefront.payments.services import start_payment
from tests.support import chain, discounts

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(client):
    user = get_user_model().objects.create_user(email="li@example.org", password="pears-4-me")
    client.force_login(user)
    return user


@pytest.fixture
def order(stripe, buyer):
    """Two packs of ¥24.80 from one cooperative, one of another; freight ¥12.00 and ¥8.00."""
    first, second = chain.make_grove("A", grams=20_000), chain.make_grove("B", grams=20_000)
    return chain.buy([(first.pack, 2), (second.pack, 1)], user=buyer)


def lines_of(order) -> list[ConsignmentLine]:
    return list(ConsignmentLine.objects.filter(consignment__order=order).order_by("pk"))


def form(packs: dict[int, int], **more) -> dict:
    name = more.pop("uuid", None) or str(uuid.uuid4())
    return {"uuid": name, **{f"line_{pk}": count for pk, count in packs.items()}, **more}


def everything() -> tuple:
    """What must be as before after a refusal."""
    return (
        Posting.objects.count(),
        Refund.objects.count(),
        AddressChange.objects.count(),
        sorted(ConsignmentLine.objects.values_list("pk", "cancelled_packs", "refunded_fen")),
        sorted(Consignment.objects.values_list("pk", "state", "freight_refunded_fen")),
        sorted(Order.objects.values_list("shipping_address__line1", "contact_phone")),
    )


def test_a_parcel_is_cancelled_whole_with_its_freight_and_only_once(client, order):
    page = client.get(reverse("orders:order", args=[order.number])).content.decode()
    address = reverse("orders:cancel", args=[order.number])
    assert address in page
    assert client.get(address).status_code == 200
    first, second = lines_of(order)
    chosen = form({first.pk: 2, second.pk: 0})

    seen = client.post(address, chosen)
    assert seen.status_code == 200
    assert re.search(r'name="expected" value="(\d+)"', seen.content.decode())[1] == "6160"
    assert not Refund.objects.exists()
    for _ in range(2):
        done = client.post(address, {**form({first.pk: 2}, uuid=chosen["uuid"]), "expected": 6160})
        assert done["Location"] == reverse("orders:order", args=[order.number])

    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.buyer_fen, refund.reason) == (6160, 6160, "cancelled")
    assert refund.decided_by == order.user
    assert sorted(refund.lines.values_list("amount_fen", "packs")) == [(1200, 0), (4960, 2)]
    states = dict(Consignment.objects.filter(order=order).values_list("partner__code", "state"))
    assert states == {"COOP-A": "cancelled", "COOP-B": "paid"}
    assert send(refund.pk).state == "done"


def test_single_packs_are_cancelled_and_the_parcel_keeps_its_freight(client, order):
    first, _second = lines_of(order)
    chosen = form({first.pk: 1}, expected=2480)

    client.post(reverse("orders:cancel", args=[order.number]), chosen)

    assert Refund.objects.get().amount_fen == 2480
    first.refresh_from_db()
    assert (first.cancelled_packs, first.cancelled_grams) == (1, 2500)
    assert first.consignment.freight_refunded_fen == 0


def test_a_gift_vouchers_part_goes_back_onto_it_and_is_shown_so(client, stripe, buyer):
    grove = chain.make_grove(grams=20_000)
    chain.make_freight()
    card = discounts.gift(3000)
    attempt = start_payment(
        discounts.put_in(chain.make_basket([(grove.pack, 2)], buyer), cards=(card,)),
        contact=chain.CONTACT,
        address=chain.ADDRESS,
        language="zh-hans",
        user=buyer,
    )
    chain.pay(attempt)
    order = finalize(attempt.uuid).order
    line = lines_of(order)[0]
    chosen = form({line.pk: 2})
    address = reverse("orders:cancel", args=[order.number])

    page = client.post(address, chosen).content.decode()
    assert ("¥31.60" in page, "¥30.00" in page, "¥61.60" in page) == (True, True, True)
    client.post(address, {**chosen, "expected": 6160})

    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.buyer_fen, refund.gift_fen) == (6160, 3160, 3000)
    card.refresh_from_db()
    assert card.balance_fen == 3000
    assert send(refund.pk).state == "done"
    told = Message.objects.get(reference=f"refund:{refund.pk}")
    assert told.context["amount_fen"] == 6160


def test_what_is_packed_meanwhile_is_not_cancelled(client, order):
    first, second = lines_of(order)
    address = reverse("orders:cancel", args=[order.number])
    chosen = form({first.pk: 2, second.pk: 1})
    assert client.post(address, chosen).status_code == 200
    pack(first.consignment_id, {})
    before = everything()

    refused = client.post(address, {**chosen, "expected": 8040 + 1200 + 800})

    assert refused.status_code == 422
    assert first.consignment.number in refused.content.decode()
    assert everything() == before
    # when the other is packed, too, then nothing is left to choose
    pack(second.consignment_id, {})
    before = everything()
    assert client.post(address, chosen).status_code == 422
    assert everything() == before


def test_another_amount_than_was_shown_another_orders_lines_and_nonsense_change_nothing(
    client, order
):
    other = chain.buy([(chain.make_grove("C").pack, 1)])
    first, _second = lines_of(order)
    foreign = lines_of(other)[0]
    theirs = refund_lines(other.pk, [RefundWish(foreign.pk, amount_fen=1)])
    address = reverse("orders:cancel", args=[order.number])
    before = everything()

    for chosen, status in (
        (form({first.pk: 1}, expected=2479), 422),
        (form({first.pk: 3}, expected=7440), 422),
        (form({first.pk: 0}, expected=0), 422),
        (form({first.pk: -1}, expected=2480), 422),
        (form({}, expected=0), 422),
        (form({foreign.pk: 1}, expected=2479), 422),
        (form({first.pk: 1}, uuid=str(theirs.pk), expected=2480), 422),
        (form({first.pk: 1}, uuid="x", expected=2480), 404),
        ({**form({}, expected=2480), "line_x": "1"}, 404),
        (form({first.pk: 3}), 422),
        (form({}), 422),
    ):
        assert client.post(address, chosen).status_code == status, chosen
        assert everything() == before, chosen


def test_only_the_buyer_the_session_and_the_mails_link_change_an_order(client, order):
    first, second = lines_of(order)
    other = chain.buy([(chain.make_grove("C").pack, 1)])
    cancel = reverse("orders:cancel", args=[order.number])
    elsewhere = reverse("orders:address", args=[order.number])
    before = everything()

    # somebody else, signed in or not, with the key of another order, with none
    client.logout()
    stranger = get_user_model().objects.create_user(email="x@example.org", password="pears-4-me")
    for sign_in in (False, True):
        if sign_in:
            client.force_login(stranger)
        for key in ("", order_key(other.number), "x"):
            for address in (cancel, elsewhere):
                assert client.get(f"{address}?{urlencode({'key': key})}").status_code == 404
                chosen = form({first.pk: 2}, expected=6160, key=key, **address_form())
                assert client.post(address, chosen).status_code == 404
    assert everything() == before

    # the mail's link
    key = order_key(order.number)
    page = client.get(f"{cancel}?{urlencode({'key': key})}").content.decode()
    assert f'name="key" value="{key}"' in page
    chosen = form({first.pk: 2}, expected=6160, key=key)
    done = client.post(cancel, chosen)
    assert done["Location"].endswith(urlencode({"key": key}))
    assert Refund.objects.get().amount_fen == 6160
    # when the same is sent once more, or after the rest was packed, then nothing changes
    pack(second.consignment_id, {})
    before = everything()
    client.post(cancel, chosen)
    client.post(cancel, form({second.pk: 1}, expected=3280, key=key))
    client.post(elsewhere, {**address_form(), "uuid": str(uuid.uuid4()), "key": key})
    assert everything() == before


SHANGHAI = {"province": "上海", "city": "上海市", "district": "黄浦区"}
LHASA = {"province": "西藏", "city": "拉萨市", "district": "城关区"}


def address_form(**fields) -> dict:
    return {
        "name": "王五",
        "phone": "139 1111 2222",
        "province": "北京",
        "city": "北京市",
        "district": "朝阳区",
        "street": "建国路2号",
        **fields,
    }


def test_another_address_is_journalled_and_stands_on_the_packing_list(client, order):
    address = reverse("orders:address", args=[order.number])
    assert "学院路1号" in client.get(address).content.decode()
    chosen = {**address_form(), "uuid": str(uuid.uuid4())}

    for _ in range(2):
        assert client.post(address, chosen).status_code == 302

    change = AddressChange.objects.get()
    assert (change.before["street"], change.after["street"]) == ("学院路1号", "建国路2号")
    assert (change.changed_by, change.refund) == (order.user, None)
    order.refresh_from_db()
    assert order.shipping_address.line1 == "建国路2号"
    assert (order.shipping_address.first_name, order.contact_phone) == ("王五", "13911112222")
    # the same address again is no change
    client.post(address, {**chosen, "uuid": str(uuid.uuid4())})
    assert AddressChange.objects.count() == 1


def test_cheaper_freight_comes_back_dearer_freight_is_refused(client, order):
    address = reverse("orders:address", args=[order.number])
    for province, first_fen in (("上海", 500), ("西藏", 801)):
        FreightRate.objects.create(
            province=province, first_grams=3000, first_fen=first_fen, step_grams=1000, step_fen=200
        )
    before = everything()
    dearer = client.post(address, address_form(**LHASA, uuid=str(uuid.uuid4())))
    assert dearer.status_code == 422
    assert everything() == before

    client.post(address, address_form(**SHANGHAI, uuid=str(uuid.uuid4())))

    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reason) == (600, "freight")
    assert AddressChange.objects.get().refund == refund
    faults = [(each.name, each.detail) for each in verify() if not each.ok]
    assert [fault for fault in faults if fault[0] in ("orders.addresses", "refunds.lines")] == []
    # back to where it was: what was given back is not paid
    before = everything()
    again = client.post(address, address_form(province="北京", uuid=str(uuid.uuid4())))
    assert again.status_code == 422
    assert everything() == before


def test_once_a_parcel_is_packed_the_address_stays(client, order):
    pack(lines_of(order)[0].consignment_id, {})
    before = everything()
    chosen = {**address_form(), "uuid": str(uuid.uuid4())}

    refused = client.post(reverse("orders:address", args=[order.number]), chosen)

    assert refused.status_code == 422
    assert everything() == before
    page = client.get(reverse("orders:order", args=[order.number])).content.decode()
    assert reverse("orders:address", args=[order.number]) not in page
    assert reverse("orders:cancel", args=[order.number]) in page


def test_who_only_knows_number_and_phone_reads_and_changes_nothing(client, order):
    client.logout()
    found = {"number": order.number, "contact": order.contact_phone}
    assert client.post(reverse("orders:find"), found).status_code == 302
    page = client.get(reverse("orders:order", args=[order.number]))
    before = everything()
    line = lines_of(order)[0]

    cancel, address = (
        reverse(f"orders:{name}", args=[order.number]) for name in ("cancel", "address")
    )
    answers = [
        client.get(cancel),
        client.post(cancel, {**form({line.pk: 2}), "expected": 6160}),
        client.post(address, {**chain.ADDRESS.__dict__, "street": "9", "uuid": str(uuid.uuid4())}),
    ]

    assert page.status_code == 200 and cancel not in page.content.decode()
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert everything() == before
