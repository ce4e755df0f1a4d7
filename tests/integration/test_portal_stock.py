"""The portal's stock pages: pools, lots, write-offs, harvest promises."""

from datetime import timedelta

import pytest

from catalog.clock import today
from cooperatives import ports
from cooperatives.households.models import Household, Lot, Promise, WriteOff
from cooperatives.partner.models import Partner, StockMove, StockPool
from cooperatives.partner.stock import get_pool
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
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ports._bound, "messages", QuietMessages())


@pytest.fixture
def farm() -> Farm:
    return make_farm("pear")


@pytest.fixture
def manager(farm):
    return signed_in(person((farm.partner, "manager")))


@pytest.fixture
def home(farm) -> str:
    return f"/coop/{farm.partner.code}/"


def a_lot(farm: Farm, **changes) -> dict:
    return {
        "household": "pear-1",
        "produce": str(farm.produce.pk),
        "grams": "12500",
        "grade": "A",
        "delivered_on": today().isoformat(),
        "code": "",
        "token": "7K3Q",
        **changes,
    }


def a_promise(farm: Farm, **changes) -> dict:
    return {
        "household": "pear-1",
        "produce": str(farm.produce.pk),
        "from_day": today().isoformat(),
        "to_day": (today() + timedelta(days=9)).isoformat(),
        "grams": "50000",
        "grams_per_day": "10000",
        **changes,
    }


def test_a_delivered_lot_comes_on_hand_under_a_code_of_its_own(farm, manager, home) -> None:
    answer = manager.post(f"{home}lots/new/", a_lot(farm), follow=True)

    lot = Lot.objects.get()
    assert lot.code == f"COOP-pear-{today():%y%m%d}-7K3Q"
    assert (lot.household.code, lot.grams, lot.grade) == ("pear-1", 12_500, "A")
    assert StockPool.objects.get().on_hand == 12_500
    page = answer.content.decode()
    assert "25 斤 · 12.5 kg" in page
    # The next form keeps produce and day, but not the code's part.
    assert f'value="{farm.produce.pk}" selected' in page
    assert 'value="7K3Q"' not in page


def test_a_lot_sent_twice_is_one_lot(farm, manager, home) -> None:
    manager.post(f"{home}lots/new/", a_lot(farm))

    with nothing_changes():
        answer = manager.post(f"{home}lots/new/", a_lot(farm), follow=True)

    assert "Entered already" in answer.content.decode()


def test_a_code_of_another_lot_is_refused_and_the_form_stays(farm, manager, home) -> None:
    manager.post(f"{home}lots/new/", a_lot(farm, code="SACK-1"))

    with nothing_changes():
        answer = manager.post(f"{home}lots/new/", a_lot(farm, code="SACK-1", grams="9000"))

    page = answer.content.decode()
    assert "SACK-1 is known already" in page
    assert 'value="9000"' in page


@pytest.mark.parametrize("typed", ["1", "001", "pear-1", "PEAR-1"])
def test_a_household_is_found_by_its_number(farm, manager, home, typed) -> None:
    manager.post(f"{home}lots/new/", a_lot(farm, household=typed))

    assert Lot.objects.get().household == farm.households[0]


def test_a_number_that_two_households_end_in_needs_the_whole_code(farm, manager, home) -> None:
    Household.objects.create(
        code="hill-1",
        partner=farm.partner,
        village="v",
        shares=1,
        people=1,
        joined_on=today(),
    )

    with nothing_changes():
        answer = manager.post(f"{home}lots/new/", a_lot(farm, household="1"))

    assert "Enter the whole code." in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("household", "9"),
        ("household", ""),
        ("grams", "0"),
        ("grams", "-1"),
        ("grams", "12.5"),
        ("grade", "C"),
        ("produce", "999999"),
        ("code", "a/b"),
        ("delivered_on", "2026-02-30"),
        # Days from now: a day that is named before midnight is another one after it.
        ("delivered_on", 1),
        ("delivered_on", -400),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(farm, manager, home, field, typed) -> None:
    if isinstance(typed, int):
        typed = (today() + timedelta(days=typed)).isoformat()

    with nothing_changes():
        answer = manager.post(f"{home}lots/new/", a_lot(farm, **{field: typed}))

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]


def test_a_produce_without_a_credit_rule_is_said_and_changes_nothing(farm) -> None:
    partner = Partner.objects.create(code="NEW", name="新社")
    Household.objects.create(
        code="NEW-1", partner=partner, village="v", shares=1, people=1, joined_on=today()
    )
    get_pool(partner.pk, farm.produce.pk)
    manager = signed_in(person((partner, "manager")))

    with nothing_changes():
        answer = manager.post("/coop/NEW/lots/new/", a_lot(farm, household="NEW-1"))

    assert "no credit rule" in answer.content.decode()


def test_spoiled_grams_leave_lot_and_stock_with_a_reason(farm, manager, home) -> None:
    lot = deliver(farm, 10_000)

    answer = manager.post(
        f"{home}lots/{lot.pk}/write-off/",
        {"grams": "1500", "reason": "mould", "left": "10000"},
        follow=True,
    )

    lot.refresh_from_db()
    assert (lot.left, lot.written_off_grams) == (8500, 1500)
    assert StockPool.objects.get().on_hand == 8500
    row = WriteOff.objects.get()
    assert (row.grams, row.reason, row.actor.email) == (
        1500,
        "mould",
        answer.context["user"].email,
    )


def test_a_second_tap_writes_nothing_more_off(farm, manager, home) -> None:
    lot = deliver(farm, 10_000)
    form = {"grams": "1500", "reason": "mould", "left": "10000"}
    manager.post(f"{home}lots/{lot.pk}/write-off/", form)

    with nothing_changes():
        answer = manager.post(f"{home}lots/{lot.pk}/write-off/", form)

    page = answer.content.decode()
    assert "8500 g of the lot are left now" in page
    assert 'value="1500"' in page
    assert 'value="8500"' in page


@pytest.mark.parametrize(
    "form",
    [
        {"grams": "10001", "reason": "mould", "left": "10000"},
        {"grams": "0", "reason": "mould", "left": "10000"},
        {"grams": "100", "reason": "", "left": "10000"},
        {"grams": "100", "reason": "mould", "left": ""},
        {"grams": "100", "reason": "mould"},
    ],
)
def test_a_write_off_that_cannot_be_changes_nothing(farm, manager, home, form) -> None:
    lot = deliver(farm, 10_000)

    with nothing_changes():
        assert manager.post(f"{home}lots/{lot.pk}/write-off/", form).status_code == 200


def test_a_promise_counts_at_once(farm, manager, home) -> None:
    manager.post(f"{home}promises/new/", a_promise(farm))

    promise = Promise.objects.get()
    assert (promise.left, promise.grams_per_day) == (50_000, 10_000)
    assert StockPool.objects.get().promised == 50_000
    assert "100 斤" not in manager.get(f"{home}promises/").content.decode()
    assert "50 kg" in manager.get(f"{home}promises/").content.decode()


def test_a_promise_sent_twice_is_one_promise(farm, manager, home) -> None:
    manager.post(f"{home}promises/new/", a_promise(farm))

    with nothing_changes():
        answer = manager.post(f"{home}promises/new/", a_promise(farm))

    assert "promised this produce for these days already" in answer.content.decode()
    assert Promise.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_day": (today() - timedelta(days=1)).isoformat()}, "to_day"),
        (
            {
                "from_day": (today() - timedelta(days=9)).isoformat(),
                "to_day": (today() - timedelta(days=1)).isoformat(),
            },
            "to_day",
        ),
        ({"to_day": (today() + timedelta(days=500)).isoformat()}, "to_day"),
        ({"grams_per_day": "50001"}, "grams_per_day"),
        ({"grams": "0"}, "grams"),
    ],
)
def test_a_promise_that_cannot_be_is_refused(farm, manager, home, changes, field) -> None:
    with nothing_changes():
        answer = manager.post(f"{home}promises/new/", a_promise(farm, **changes))

    assert list(answer.context["form"].errors) == [field]
    assert not Promise.objects.exists()


def test_lapsed_promises_are_marked(farm, manager, home, set_clock) -> None:
    manager.post(f"{home}promises/new/", a_promise(farm, to_day=today().isoformat()))
    assert "lapsed" not in manager.get(f"{home}promises/").content.decode()

    set_clock(2 * 86_400)
    manager = signed_in(person((farm.partner, "manager")))
    assert "lapsed" in manager.get(f"{home}promises/").content.decode()


def test_a_pool_shows_its_figures_and_its_journal(farm, manager, home) -> None:
    deliver(farm, 10_000)
    buy(farm, 2)

    page = manager.get(f"{home}pools/{farm.pool.pk}/").content.decode()

    assert "5 kg" in page
    assert "+10 kg" in page
    assert "−5 kg" in page


def test_lots_are_found_by_household_and_produce(farm, manager, home) -> None:
    mine, other = deliver(farm, 1000, household=0), deliver(farm, 1000, household=1)

    page = manager.get(f"{home}lots/?household=pear-2&produce={farm.produce.pk}").content.decode()

    assert other.code in page
    assert mine.code not in page
    assert manager.get(f"{home}lots/?household=1&produce=nonsense").status_code == 200


@pytest.mark.parametrize("number", [20, 2000])
def test_stock_pages_keep_within_their_queries(farm, manager, home, number) -> None:
    model = deliver(farm, 1000)
    plain = {
        field.attname: getattr(model, field.attname)
        for field in Lot._meta.concrete_fields
        if field.attname not in ("id", "code")
    }
    Lot.objects.bulk_create(Lot(**plain, code=f"COPY-{copy}") for copy in range(number - 1))
    Promise.objects.bulk_create(
        Promise(
            household=farm.households[0],
            pool=farm.pool,
            from_day=today(),
            to_day=today() + timedelta(days=copy),
            grams=1,
            grams_per_day=1,
        )
        for copy in range(number)
    )
    StockMove.objects.bulk_create(
        StockMove(
            pool=farm.pool,
            cause="rolled",
            reference=f"copy:{copy}",
            created_at=model.expires_at,
        )
        for copy in range(number)
    )
    produces = type(farm.produce).objects.bulk_create(
        type(farm.produce)(
            code=f"P{copy}",
            name_zh=f"果{copy}",
            category=farm.produce.category,
            season_from=1,
            season_to=2,
            shelf_days=1,
            ship_within_hours=1,
            return_days=1,
            temperature="ambient",
        )
        for copy in range(number)
    )
    StockPool.objects.bulk_create(
        StockPool(partner=farm.partner, produce=produce, next_change_at=model.expires_at)
        for produce in produces
    )
    manager.get(home)

    for path in ("pools/", f"pools/{farm.pool.pk}/", "lots/", "lots/new/", "promises/"):
        with at_most(14):
            assert manager.get(f"{home}{path}").status_code == 200
    with at_most(14):
        manager.get(f"{home}lots/{model.pk}/")
