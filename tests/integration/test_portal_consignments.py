"""The portal's consignments: packs, ships, delivers, and a wrong tap taken back."""

import re

import pytest

from cooperatives import ports
from cooperatives.partner.models import StockPool
from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.services import pack as pack_now
from tests.support.portal_data import (
    QuietMessages,
    at_most,
    buy,
    deliver,
    nothing_changes,
    person,
    signed_in,
)
from tests.support.sold import Farm, make_farm

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> QuietMessages:
    quiet = QuietMessages()
    monkeypatch.setitem(ports._bound, "messages", quiet)
    return quiet


@pytest.fixture
def farm() -> Farm:
    return make_farm("pear")


@pytest.fixture
def manager(farm):
    return signed_in(person((farm.partner, "manager")))


def at(consignment: Consignment, step: str = "") -> str:
    step = f"{step}/" if step else ""
    return f"/coop/{consignment.partner.code}/consignments/{consignment.number}/{step}"


def weighed(consignment: Consignment, grams: int, **more: str) -> dict:
    return {f"line-{line.pk}": str(grams) for line in consignment.lines.all()} | more


def said(response) -> str:
    """What the page says, tags left out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_parcel_goes_from_paid_to_delivered(farm, manager, told) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm, 2)

    page = manager.get(at(consignment))
    assert "收件人" in said(page)
    assert "五山路一号" in said(page)
    assert "buyer@example.org" not in said(page)

    assert manager.post(at(consignment, "pack"), weighed(consignment, 5200)).status_code == 302
    consignment.refresh_from_db()
    assert consignment.state == "packed"
    line = consignment.lines.get()
    assert (line.packed_grams, line.drawn_grams) == (5200, 5200)

    parcel = {"carrier": "顺丰速运", "waybill": " sf 1234567890 "}
    assert manager.post(at(consignment, "ship"), parcel).status_code == 302
    consignment.refresh_from_db()
    assert (consignment.state, consignment.carrier, consignment.waybill) == (
        "shipped",
        "顺丰速运",
        "SF1234567890",
    )

    assert manager.post(at(consignment, "deliver")).status_code == 302
    consignment.refresh_from_db()
    assert consignment.state == "delivered"
    assert told.told == [
        (consignment.pk, "packed"),
        (consignment.pk, "shipped"),
        (consignment.pk, "delivered"),
    ]


def test_each_step_can_be_undone_and_the_goods_are_back(farm, manager) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm, 2)
    before = StockPool.objects.values().get()
    manager.post(at(consignment, "pack"), weighed(consignment, 5000))
    manager.post(at(consignment, "ship"), {"carrier": "中通快递", "waybill": "ZT123456"})
    manager.post(at(consignment, "deliver"))

    for state, then in (("delivered", "shipped"), ("shipped", "packed"), ("packed", "paid")):
        answer = manager.post(at(consignment, "undo"), {"state": state}, follow=True)
        consignment.refresh_from_db()
        assert consignment.state == then
        assert "Undone." in said(answer)

    assert consignment.waybill == ""
    assert ConsignmentLine.objects.get().packed_grams is None
    after = StockPool.objects.values().get()
    assert {**after, "next_change_at": None} == {**before, "next_change_at": None}


def test_a_second_tap_on_undo_does_not_undo_the_step_before(farm, manager) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)
    manager.post(at(consignment, "pack"), weighed(consignment, 2500))
    manager.post(at(consignment, "ship"), {"carrier": "中通快递", "waybill": "ZT123456"})
    manager.post(at(consignment, "undo"), {"state": "shipped"})

    with nothing_changes():
        answer = manager.post(at(consignment, "undo"), {"state": "shipped"}, follow=True)

    consignment.refresh_from_db()
    assert consignment.state == "packed"
    assert "Nothing was undone" in said(answer)


@pytest.mark.parametrize("seen", ["", "nonsense", "paid"])
def test_undo_without_the_state_that_was_seen_changes_nothing(farm, manager, seen) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)
    manager.post(at(consignment, "pack"), weighed(consignment, 2500))

    with nothing_changes():
        manager.post(at(consignment, "undo"), {"state": seen})


def test_a_delivery_whose_credits_are_released_stays(farm, manager) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)
    manager.post(at(consignment, "pack"), weighed(consignment, 2500))
    manager.post(at(consignment, "ship"), {"carrier": "中通快递", "waybill": "ZT123456"})
    manager.post(at(consignment, "deliver"))
    consignment.refresh_from_db()
    ConsignmentLine.objects.update(released_at=consignment.delivered_at)

    assert "wrong tap" not in said(manager.get(at(consignment)))
    with nothing_changes():
        answer = manager.post(at(consignment, "undo"), {"state": "delivered"}, follow=True)
    assert "credits are released" in said(answer)


def test_packing_twice_is_packing_once(farm, manager, told) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)
    manager.post(at(consignment, "pack"), weighed(consignment, 2500))

    with nothing_changes():
        answer = manager.post(at(consignment, "pack"), weighed(consignment, 2500), follow=True)

    assert "done already" in said(answer)
    assert told.told == [(consignment.pk, "packed")]


@pytest.mark.parametrize(
    ("state", "step", "data"),
    [
        ("paid", "ship", {"carrier": "中通快递", "waybill": "ZT123456"}),
        ("paid", "deliver", {}),
        ("packed", "deliver", {}),
        ("shipped", "pack", None),
        ("delivered", "ship", {"carrier": "中通快递", "waybill": "ZT123456"}),
        ("cancelled", "pack", None),
    ],
)
def test_a_step_that_does_not_fit_is_refused_in_words(farm, manager, state, step, data) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)
    Consignment.objects.filter(pk=consignment.pk).update(state=state)
    data = weighed(consignment, 2500) if data is None else data

    with nothing_changes():
        answer = manager.post(at(consignment, step), data)

    assert answer.status_code == 200
    assert "this step does not fit any more" in said(answer)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter the weight in grams."),
        ("0", "more than 0 grams"),
        ("-5", "more than 0 grams"),
        ("2.5", "whole number of grams"),
        ("two", "whole number of grams"),
        ("99999999", "More than 10,000 kg"),
    ],
)
def test_a_weight_that_is_none_is_refused_and_kept_in_the_field(
    farm, manager, typed, words
) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)

    with nothing_changes():
        answer = manager.post(at(consignment, "pack"), weighed(consignment, typed))

    assert words in said(answer)
    if typed:
        assert f'value="{typed}"' in answer.content.decode()


def test_a_weight_far_from_the_ordered_one_is_asked_about_once_more(farm, manager) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)

    with nothing_changes():
        answer = manager.post(at(consignment, "pack"), weighed(consignment, 3001))
    assert "Weigh again" in said(answer)
    assert 'name="sure"' in answer.content.decode()

    manager.post(at(consignment, "pack"), weighed(consignment, 3001, sure="on"))
    assert ConsignmentLine.objects.get().packed_grams == 3001


def test_a_fifth_more_or_less_needs_no_question(farm, manager) -> None:
    deliver(farm, 10_000)
    heavy, light = buy(farm), buy(farm)

    manager.post(at(heavy, "pack"), weighed(heavy, 3000))
    manager.post(at(light, "pack"), weighed(light, 2000))

    grams = ConsignmentLine.objects.order_by("pk").values_list("packed_grams", flat=True)
    assert list(grams) == [3000, 2000]


@pytest.mark.parametrize(
    "waybill", ["", "12345", "A" * 41, "SF-12345678", "单号123456", "<b>123456"]
)
def test_a_waybill_number_has_six_to_forty_letters_and_digits(farm, manager, waybill) -> None:
    deliver(farm, 10_000)
    consignment = buy(farm)
    pack_now(consignment.pk, {})

    with nothing_changes():
        answer = manager.post(at(consignment, "ship"), {"carrier": "圆通速递", "waybill": waybill})

    assert answer.status_code == 200
    assert 'value="圆通速递" selected' in answer.content.decode()


def test_another_carrier_is_named_and_the_last_one_is_offered_next_time(farm, manager) -> None:
    deliver(farm, 10_000)
    first, second = buy(farm), buy(farm)
    pack_now(first.pk, {})
    pack_now(second.pk, {})

    with nothing_changes():
        answer = manager.post(at(first, "ship"), {"carrier": "other", "waybill": "AB123456"})
    assert "Enter the carrier" in said(answer)

    own = {"carrier": "other", "other_carrier": "村里的车", "waybill": "AB123456"}
    manager.post(at(first, "ship"), own)
    first.refresh_from_db()
    assert first.carrier == "村里的车"

    manager.post(at(second, "undo"), {"state": "packed"})
    third = buy(farm)
    pack_now(third.pk, {})
    manager.post(at(third, "ship"), {"carrier": "京东快递", "waybill": "JD1234567"})
    pack_now(second.pk, {})
    assert 'value="京东快递" selected' in manager.get(at(second)).content.decode()


def test_lists_by_state_with_counts_and_finds_by_number(farm, manager) -> None:
    deliver(farm, 20_000)
    one, two, three = buy(farm), buy(farm), buy(farm)
    pack_now(two.pk, {})

    page = said(manager.get(f"/coop/{farm.partner.code}/consignments/"))
    assert one.number in page
    assert three.number in page
    assert two.number not in page

    page = said(manager.get(f"/coop/{farm.partner.code}/consignments/?state=packed"))
    assert two.number in page
    assert one.number not in page

    page = said(manager.get(f"/coop/{farm.partner.code}/consignments/?state=all&q={three.number}"))
    assert three.number in page
    assert one.number not in page


def test_the_first_page_says_what_is_overdue_and_what_is_to_do(farm, manager) -> None:
    deliver(farm, 20_000)
    late, soon = buy(farm, hours=-1), buy(farm)
    packed = buy(farm)
    pack_now(packed.pk, {})

    page = said(manager.get(f"/coop/{farm.partner.code}/"))

    assert "1 consignment is overdue." in page
    assert f"{late.number} overdue" in page
    assert page.index(late.number) < page.index(soon.number)
    assert packed.number in page


def test_a_packing_list_can_be_printed(farm, manager) -> None:
    deliver(farm, 20_000)
    consignment = buy(farm, 2)

    page = said(manager.get(at(consignment, "packing-list")))

    assert "五山路一号" in page
    assert "10 斤 · 5 kg" in page


def many_consignments(farm: Farm, number: int) -> None:
    """Copies of one consignment with its line: the list's rows, not its history."""
    model = buy(farm)
    line = model.lines.get()
    order = model.order
    base = [
        type(order)(
            number=f"{order.number}-{copy}",
            currency="CNY",
            total_incl_tax=25,
            total_excl_tax=25,
            date_placed=order.date_placed,
            shipping_address=order.shipping_address,
        )
        for copy in range(number - 1)
    ]
    orders = type(order).objects.bulk_create(base)
    made = Consignment.objects.bulk_create(
        Consignment(
            order=copy,
            partner=farm.partner,
            number=f"{copy.number}-1",
            paid_at=model.paid_at,
            ship_by=model.ship_by,
        )
        for copy in orders
    )
    ConsignmentLine.objects.bulk_create(
        ConsignmentLine(
            consignment=copy,
            order_line=line.order_line,
            product=farm.pack,
            pool=farm.pool,
            packs=1,
            ordered_grams=2500,
            billed_grams=2500,
            net_fen=2500,
            return_days=7,
        )
        for copy in made
    )


@pytest.mark.parametrize("number", [20, 2000])
def test_lists_and_pages_keep_within_their_queries(farm, manager, number) -> None:
    deliver(farm, 10_000)
    many_consignments(farm, number)
    home = f"/coop/{farm.partner.code}/"
    one = Consignment.objects.order_by("-pk").first()
    manager.get(home)

    with at_most(14):
        page = manager.get(f"{home}consignments/")
    assert page.content.decode().count('class="coop-row"') == min(24, number)
    with at_most(14):
        manager.get(f"{home}consignments/?state=all&q=P0")
    with at_most(14):
        manager.get(home)
    with at_most(14):
        manager.get(at(one))
