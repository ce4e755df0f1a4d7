"""The portal's money pages: households, their credits, sales pools, sharing out now."""

from datetime import timedelta

import pytest

from catalog.clock import today
from cooperatives import ports
from cooperatives.households.models import Household, Lot
from cooperatives.portal import money_selectors as money
from cooperatives.routing import services as routing
from cooperatives.routing.models import Consignment
from cooperatives.settlement.models import CreditRule, SalesPool, SharingOut
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
WEEK = 7 * 86_400


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ports._bound, "messages", QuietMessages())


@pytest.fixture
def farm() -> Farm:
    farm = make_farm("pear")
    SalesPool.objects.all().delete()
    return farm


@pytest.fixture
def home(farm) -> str:
    return f"/coop/{farm.partner.code}/"


def sold_week(farm: Farm) -> Consignment:
    """Two households deliver 6 and 4 kg, two packs of 2.5 kg are sold for ¥50 and packed."""
    deliver(farm, 6000, household=0)
    deliver(farm, 4000, household=1)
    consignment = buy(farm, 2)
    routing.pack(consignment.pk, {})
    return consignment


def test_a_running_period_is_not_shared(farm, home) -> None:
    sold_week(farm)
    manager = signed_in(person((farm.partner, "manager")))

    with nothing_changes():
        answer = manager.post(f"{home}sales-pools/share-out/", follow=True)

    assert "Nothing to share" in answer.content.decode()
    assert "still open" in answer.content.decode()


def test_the_button_shares_a_finished_period_once(farm, home, set_clock) -> None:
    sold_week(farm)
    set_clock(WEEK)
    manager = signed_in(person((farm.partner, "manager")))

    answer = manager.post(f"{home}sales-pools/share-out/", follow=True)
    assert "1 sales pool was shared out." in answer.content.decode()

    with nothing_changes():
        answer = manager.post(f"{home}sales-pools/share-out/", follow=True)
    assert "Nothing to share" in answer.content.decode()

    # ¥50.00 less 5 % fee and 3 % fund, by 6 to 4.
    pool = SalesPool.objects.get()
    figures = money.pool_figures([pool])[pool.pk]
    assert (figures.delivered, figures.drawn) == (10_000, 5000)
    assert (figures.earned, figures.released) == (5000, 0)
    assert (figures.fee, figures.fund, figures.credited, figures.unshared) == (250, 150, 4600, 0)
    page = answer.content.decode()
    for amount in ("¥50.00", "¥2.50", "¥1.50", "¥46.00"):
        assert amount in page


def test_a_household_sees_its_five_figures(farm, home, set_clock) -> None:
    consignment = sold_week(farm)
    routing.ship(consignment.pk, "顺丰速运", "SF123456")
    routing.deliver(consignment.pk)
    set_clock(2 * WEEK)
    manager = signed_in(person((farm.partner, "manager")))
    manager.post(f"{home}sales-pools/share-out/")

    sheet = money.household_sheet(farm.partner, farm.households[0])
    # 60 % of ¥46.00, released after the return window; 60 % of ¥4.00 taken off.
    assert (sheet.delivered, sheet.taken_off) == (6000, 240)
    # Of the pool's 10 kg 5 kg are sold, so half of what each delivered, whoever's lot went first.
    assert sheet.sold == 3000
    assert (sheet.pending, sheet.available) == (0, 2760)
    assert [(share.pending, share.available) for share in sheet.shares] == [(0, 2760)]
    page = manager.get(f"{home}households/{farm.households[0].pk}/").content.decode()
    for figure in ("6 kg", "¥2.40", "¥27.60"):
        assert figure in page
    listed = manager.get(f"{home}households/").content.decode()
    for figure in ("¥27.60", "¥18.40", "¥46.00"):
        assert figure in listed
    pool = SalesPool.objects.get()
    assert money.pool_figures([pool])[pool.pk].released == 5000
    detail = manager.get(f"{home}sales-pools/{pool.pk}/").content.decode()
    for figure in ("¥27.60", "¥18.40", "5 % + 3 %"):
        assert figure in detail


def test_a_bookkeeper_shares_out_too(farm, home, set_clock) -> None:
    sold_week(farm)
    set_clock(WEEK)
    bookkeeper = signed_in(person((farm.partner, "bookkeeper")))

    bookkeeper.post(f"{home}sales-pools/share-out/")

    assert SharingOut.objects.count() == 1


def test_sharing_out_leaves_another_cooperative_alone(farm, home, set_clock) -> None:
    other = make_farm("plum")
    SalesPool.objects.filter(pool=other.pool).delete()
    sold_week(farm)
    sold_week(other)
    set_clock(WEEK)

    signed_in(person((farm.partner, "manager"))).post(f"{home}sales-pools/share-out/")

    assert SharingOut.objects.get().sales_pool.pool == farm.pool


@pytest.mark.parametrize("number", [20, 2000])
def test_money_pages_keep_within_their_queries(farm, home, number, set_clock) -> None:
    sold_week(farm)
    set_clock(WEEK)
    manager = signed_in(person((farm.partner, "manager")))
    manager.post(f"{home}sales-pools/share-out/")
    made = Household.objects.bulk_create(
        Household(
            code=f"copy-{copy:05}",
            partner=farm.partner,
            village="v",
            shares=1,
            people=1,
            joined_on=today(),
        )
        for copy in range(number)
    )
    rule = CreditRule.objects.get()
    pools = SalesPool.objects.bulk_create(
        SalesPool(
            pool=farm.pool,
            rule=rule,
            starts_on=today() - timedelta(days=copy + 60),
            ends_on=today() - timedelta(days=copy + 60),
        )
        for copy in range(number)
    )
    model = Lot.objects.first()
    Lot.objects.bulk_create(
        Lot(
            code=f"C-{place}",
            household=household,
            pool=farm.pool,
            sales_pool=pool,
            delivered_on=pool.starts_on,
            expires_at=model.expires_at,
            grade="A",
            grams=1,
        )
        for place, (household, pool) in enumerate(zip(made, pools, strict=True))
    )

    for path in (
        "households/",
        f"households/{farm.households[0].pk}/",
        "sales-pools/",
        f"sales-pools/{SalesPool.objects.earliest('pk').pk}/",
    ):
        with at_most(14):
            assert manager.get(f"{home}{path}").status_code == 200
