"""Loading the villages' five files: exact figures, all or nothing, and twice is once."""

import csv
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import Sum

from catalog.clock import now, start_of, today
from catalog.models import Category, Produce, Product
from cooperatives.households.models import Household, Lot, Promise, VillageImport
from cooperatives.partner.models import Partner, StockMove, StockPool, StockRecord
from cooperatives.settlement.models import CreditRule
from tests.support.village_folder import spoil, write_folder

pytestmark = pytest.mark.django_db

VILLAGES = Path(__file__).resolve().parents[2] / "deploy" / "demo" / "villages"
LATEST_DELIVERY = date(2026, 11, 22)
OURS = ("catalogue", "partner", "households", "settlement", "routing", "ledger")


def load(folder: Path, **options: str) -> str:
    said = StringIO()
    call_command("load_villages", folder, stdout=said, **options)
    return said.getvalue()


def everything() -> dict[str, str]:
    """A digest of each table's rows: of the shop, the villages, the stock journal, the ledger."""
    return {
        model._meta.db_table: hashlib.sha256(
            repr(list(model.objects.order_by("pk").values_list())).encode()
        ).hexdigest()
        for label in OURS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }


def rows_of(name: str) -> list[dict[str, str]]:
    with (VILLAGES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_folder(tmp_path)


def test_the_demo_loads_with_exact_counts() -> None:
    said = load(VILLAGES, as_of="today")

    assert Partner.objects.count() == 16
    assert Household.objects.count() == 437
    assert Category.objects.count() == 7
    assert Produce.objects.count() == 31
    assert Product.objects.count() == 46
    assert StockRecord.objects.count() == 54
    assert StockPool.objects.count() == 35
    assert Lot.objects.count() == 1050
    assert Promise.objects.count() == 95
    # One per cooperative, and one for each of its produce that keeps seven days or less.
    assert CreditRule.objects.filter(produce=None, period="week").count() == 16
    assert CreditRule.objects.filter(period="day").count() == 6
    assert CreditRule.objects.count() == 22
    assert "deliveries.csv: 1050 rows loaded" in said
    assert VillageImport.objects.get().cooperatives.count() == 16


def test_a_product_of_several_cooperatives_has_the_first_rows_price_as_its_offer() -> None:
    load(VILLAGES, as_of="today")

    pear = Product.objects.get(upc="XL-1")
    assert pear.offer_price == Decimal("24.80")
    assert (pear.title, pear.pack_zh, pear.pack_en) == ("雪梨 5斤装", "5斤装", "2.5 kg pack")
    assert (pear.structure, pear.product_class.track_stock) == ("standalone", False)
    assert [category.name for category in pear.categories.all()] == ["新鲜水果"]
    records = pear.stockrecords.order_by("pk").values_list(
        "partner__code", "partner_sku", "price_currency", "price", "pool__produce__code"
    )
    assert list(records) == [
        ("GY-YONGFU", "XL-1", "CNY", Decimal("24.80"), "XL"),
        ("GY-SANSHU", "XL-1", "CNY", Decimal("25.80"), "XL"),
        ("GY-SHANGJIA", "XL-1", "CNY", Decimal("23.90"), "XL"),
    ]


def test_pools_hold_what_the_files_say() -> None:
    cooperative = {row["code"]: row["cooperative"] for row in rows_of("households.csv")}
    shelf_days = {row["produce"]: int(row["shelf_days"]) for row in rows_of("products.csv")}
    on_hand: Counter[tuple[str, str]] = Counter()
    for row in rows_of("deliveries.csv"):
        age = (LATEST_DELIVERY - date.fromisoformat(row["delivered_on"])).days
        if age < shelf_days[row["produce"]]:
            on_hand[cooperative[row["household"]], row["produce"]] += int(row["grams"])
    promised: Counter[tuple[str, str]] = Counter()
    for row in rows_of("promises.csv"):
        days = (date.fromisoformat(row["to"]) - date.fromisoformat(row["from"])).days + 1
        grams = min(int(row["grams"]), int(row["grams_per_day"]) * days)
        promised[cooperative[row["household"]], row["produce"]] += grams

    load(VILLAGES, as_of="today")

    pools = StockPool.objects.select_related("partner", "produce")
    expected = {(row["cooperative"], row["produce"]) for row in rows_of("products.csv")}
    assert {(pool.partner.code, pool.produce.code) for pool in pools} == expected
    for pool in pools:
        key = (pool.partner.code, pool.produce.code)
        figures = (pool.on_hand, pool.promised, pool.reserved, pool.allocated)
        assert figures == (on_hand[key], promised[key], 0, 0), key
        assert pool.next_change_at > now()
        journal = pool.moves.aggregate(
            on_hand=Sum("on_hand", default=0), promised=Sum("promised", default=0)
        )
        assert journal == {"on_hand": pool.on_hand, "promised": pool.promised}, key


def test_lots_are_pooled_by_the_week_and_what_spoils_by_the_day() -> None:
    load(VILLAGES, as_of="today")

    for lot in Lot.objects.select_related("sales_pool", "pool__produce"):
        first, last = lot.sales_pool.starts_on, lot.sales_pool.ends_on
        if lot.pool.produce.code in {"ZDJ", "NR", "YR", "SJD", "XY", "XG"}:
            assert first == last == lot.delivered_on
        else:
            assert (first.weekday(), (last - first).days) == (0, 6)
            assert first <= lot.delivered_on <= last


def test_as_of_moves_deliveries_and_promises_and_nothing_else() -> None:
    day = today() - timedelta(days=2)
    shift = day - LATEST_DELIVERY

    load(VILLAGES, as_of=day.isoformat())

    lots = dict(Lot.objects.values_list("code", "delivered_on"))
    assert lots == {
        row["lot"]: date.fromisoformat(row["delivered_on"]) + shift
        for row in rows_of("deliveries.csv")
    }
    assert max(lots.values()) == day
    promises = Promise.objects.values_list("household__code", "from_day", "to_day")
    assert sorted(promises) == sorted(
        (
            row["household"],
            date.fromisoformat(row["from"]) + shift,
            date.fromisoformat(row["to"]) + shift,
        )
        for row in rows_of("promises.csv")
    )
    joined = dict(Household.objects.values_list("code", "joined_on"))
    assert joined == {
        row["code"]: date.fromisoformat(row["joined_on"]) for row in rows_of("households.csv")
    }
    assert VillageImport.objects.get().shift_days == shift.days


def test_without_as_of_days_stay_and_a_later_as_of_does_not_move_them(
    set_clock: Callable[[int], None],
) -> None:
    set_clock(int((start_of(LATEST_DELIVERY) - now()).total_seconds()) + 9 * 3600)
    load(VILLAGES)
    set_clock(int((start_of(LATEST_DELIVERY) - now()).total_seconds()) + 33 * 3600)
    before = everything()

    load(VILLAGES, as_of="today")

    assert everything() == before
    assert max(Lot.objects.values_list("delivered_on", flat=True)) == LATEST_DELIVERY
    assert VillageImport.objects.get().shift_days == 0


@pytest.mark.parametrize("days_later", [0, 3])
def test_loading_twice_changes_nothing(
    days_later: int, set_clock: Callable[[int], None], tmp_path: Path
) -> None:
    load(VILLAGES, as_of="today")
    before, moves = everything(), StockMove.objects.count()
    set_clock(days_later * 86_400)

    said = load(VILLAGES, as_of="today")
    # Other bytes that say the same: every row is compared, none is new.
    again = Path(shutil.copytree(VILLAGES, tmp_path / "again"))
    with (again / "promises.csv").open("a") as file:
        file.write("\n")
    said_again = load(again, as_of="today")

    assert said == said_again
    assert said == "Everything in these files is loaded already; nothing changed.\n"
    assert everything() == before
    assert StockMove.objects.count() == moves


def test_a_row_added_later_is_loaded_with_the_recorded_shift(
    small: Path, set_clock: Callable[[int], None]
) -> None:
    load(small, as_of="today")
    shift = today() - date(2026, 1, 7)
    set_clock(4 * 86_400)
    with (small / "deliveries.csv").open("a") as file:
        file.write("L4,A-ONE-001,P,2026-01-08,700,B\n")

    said = load(small, as_of="today")

    assert "deliveries.csv: 1 rows loaded" in said
    assert Lot.objects.count() == 4
    lot = Lot.objects.get(code="L4")
    assert (lot.delivered_on, lot.grams, lot.grade) == (date(2026, 1, 8) + shift, 700, "B")
    # It came out of what its household had promised: 5,000 g in all.
    promise = Promise.objects.get(household__code="A-ONE-001")
    assert (promise.delivered_grams, promise.counted_grams) == (700, 4300)
    pool = StockPool.objects.get(partner__code="A-ONE", produce__code="P")
    assert (pool.on_hand, pool.promised) == (10_700, 4300)
    assert set(VillageImport.objects.values_list("shift_days", flat=True)) == {shift.days}


CHANGED = [
    (
        "deliveries.csv",
        "2026-01-05,10000",
        "2026-01-05,600",
        "deliveries.csv:2: grams: already loaded with other content: grams 10000, file says 600",
    ),
    (
        "deliveries.csv",
        "2026-01-05",
        "2026-01-04",
        "deliveries.csv:2: delivered_on: already loaded with other content: "
        "delivered_on 2026-01-05, file says 2026-01-04",
    ),
    (
        "promises.csv",
        "8000,500",
        "8000,600",
        "promises.csv:3: grams_per_day: already loaded with other content: "
        "grams_per_day 500, file says 600",
    ),
    (
        "households.csv",
        "一村,500",
        "一村,501",
        "households.csv:2: shares: already loaded with other content: shares 500, file says 501",
    ),
    (
        "cooperatives.csv",
        ",600,200",
        ",650,200",
        "cooperatives.csv:4: service_fee_bps: already loaded with other content: "
        "service_fee_bps 600, file says 650",
    ),
    (
        "products.csv",
        "2580",
        "2590",
        "products.csv:4: price_fen: already loaded with other content: "
        "price_fen 2580, file says 2590",
    ),
    (
        "products.csv",
        "鲜牛肉,beef",
        "鲜牛肉,",
        "products.csv:5: name_en: already loaded with other content: name_en beef, file says empty",
    ),
    (
        "products.csv",
        "9斤礼盒,4500",
        "9斤礼盒,4400",
        "products.csv:3: net_grams: already loaded with other content: "
        "net_grams 4500, file says 4400",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), CHANGED)
def test_a_row_that_says_other_than_what_is_loaded_is_a_fault(
    small: Path, file: str, old: str, new: str, expected: str
) -> None:
    load(small, as_of="today")
    spoil(small, file, old, new)
    before = everything()

    with pytest.raises(CommandError) as refusal:
        load(small, as_of="today")

    assert str(refusal.value).splitlines() == [
        f"{expected}, expected what is loaded, or a row of its own",
        "1 faults; nothing was loaded.",
    ]
    assert everything() == before


def test_a_price_that_staff_set_since_is_no_fault(small: Path) -> None:
    load(small, as_of="today")
    Product.objects.filter(upc="P-1").update(offer_price=Decimal("19.90"))
    with (small / "deliveries.csv").open("a") as file:
        file.write("L4,A-ONE-001,P,2026-01-07,700,B\n")

    load(small, as_of="today")

    assert Lot.objects.count() == 4
    assert Product.objects.get(upc="P-1").offer_price == Decimal("19.90")


@pytest.mark.parametrize("loaded_before", [False, True])
def test_one_fault_leaves_everything_as_it_was(small: Path, loaded_before: bool) -> None:
    if loaded_before:
        load(small, as_of="today")
    with (small / "deliveries.csv").open("a") as file:
        file.write("L4,A-ONE-001,P,2026-01-07,700,B\n")
        file.write("L5,A-NONE-001,P,2026-01-07,-1,B\n")
    before = everything()

    with pytest.raises(CommandError) as refusal:
        load(small, as_of="today")

    assert str(refusal.value) == (
        "deliveries.csv:6: grams: -1, expected a whole number of grams from 1 to 1000000000\n"
        "deliveries.csv:6: household: unknown A-NONE-001, expected a code of households.csv\n"
        "2 faults; nothing was loaded."
    )
    assert everything() == before


def test_a_failure_while_writing_leaves_everything_as_it_was(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything()

    def fail(promises: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("cooperatives.households.village_files.writing.make_promises", fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        load(small, as_of="today")

    assert everything() == before


@pytest.mark.parametrize("as_of", ["tomorrow", "2026-13-01", "2126-01-01"])
def test_a_day_that_cannot_be_is_refused(small: Path, as_of: str) -> None:
    before = everything()

    with pytest.raises(CommandError, match=f"^--as-of {as_of}"):
        load(small, as_of=as_of)

    assert everything() == before


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        load(tmp_path / "nowhere")
