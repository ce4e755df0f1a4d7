"""What another platform has paid: booked once, and from then on households can be paid."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.db.models import Sum
from django.utils.timezone import localtime

from catalog.clock import now
from catalog.models import Product
from cooperatives.ledger.models import Account, Posting
from cooperatives.settlement.models import ReleaseHold
from cooperatives.settlement.services import share_out_due
from livestream.figures.report import report_of
from livestream.platforms.models import PlatformLine, PlatformSettlement, PlatformShop
from livestream.platforms.services import import_orders
from livestream.platforms.settling import settle_orders
from livestream.sessions.services import move, save_channel
from storefront.books.runner import check_database
from tests.support import chain
from tests.support.platform_export import row, settlement_row, write_export, write_settlement
from tests.support.sessions import channel, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
SHOP = "山里的店"
HOUR = timedelta(hours=1)
SENT = {"state": "已完成", "sent": "2026-11-21 09:00:00"}


@pytest.fixture(autouse=True)
def grove() -> None:
    chain.make_grove("A", grams=50_000)


@pytest.fixture
def sold(tmp_path):
    def give(*rows: str) -> None:
        path = write_export(tmp_path, Product.objects.get().upc, *rows)
        import_orders(path, "douyin", SHOP)

    return give


@pytest.fixture
def settle(tmp_path):
    def give(*rows: str, **options):
        path = write_settlement(tmp_path, *rows)
        return settle_orders(path, PlatformShop.objects.get(), **options)

    return give


def balance(kind: str) -> int:
    legs = Posting.objects.filter(account__kind=kind)
    return legs.aggregate(fen=Sum("amount_fen"))["fen"] or 0


def balances() -> tuple[int, int, int]:
    """(other platforms, bank, programme expense) in fen."""
    kinds = (Account.Kind.PLATFORM, Account.Kind.BANK, Account.Kind.PROGRAMME_EXPENSE)
    return tuple(balance(kind) for kind in kinds)


def faults() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        results = check_database(cursor)
    return [(result.name, str(result.detail)) for result in results if not result.ok]


def held() -> int:
    return ReleaseHold.objects.filter(lifted_at=None).count()


def test_what_came_goes_to_the_bank_the_commission_to_the_programme_and_nothing_is_held(
    sold, settle
):
    sold(row(1, packs=2, yuan="60.00", **SENT), row(2, yuan="30.00", **SENT))
    assert (balances(), held()) == ((9000, 0, 0), 2)

    done = settle(settlement_row(1, "56.40"))

    assert (done.booked, done.gross_fen, done.settled_fen, done.cost_fen) == (1, 6000, 5640, 360)
    assert (balances(), held()) == ((3000, 5640, 360), 1)
    first, second = PlatformLine.objects.order_by("pk")
    assert first.settled_at.isoformat() == "2026-11-25T16:00:00+00:00"
    assert second.settled_at is None
    assert faults() == []


def test_the_same_file_again_and_one_with_more_book_only_what_is_new(sold, settle):
    sold(row(1, **SENT), row(2, **SENT))
    settle(settlement_row(1, "28.20"))
    before = balances()

    again = settle(settlement_row(1, "28.20"))
    assert (again.booked, again.unchanged, balances()) == (0, 1, before)
    more = settle(settlement_row(1, "28.20"), settlement_row(2, "28.20"))

    assert (more.booked, more.unchanged) == (1, 1)
    assert balances() == (0, 5640, 360)
    assert faults() == []


def test_what_was_given_back_before_lessens_it_and_what_is_given_back_later_is_a_row_of_its_own(
    sold, settle
):
    sold(row(1, packs=2, yuan="60.00", **SENT))
    settle(settlement_row(1, "56.40"))
    took_back = settlement_row(1, "-56.40", at="2026-12-02 00:00:00", kind="退款")

    # Given a row that we know nothing of yet: refused, and nothing changed
    refused = settle(took_back)
    assert [(one.number, "newer export" in one.reason) for one in refused.refused_rows] == [
        (2, True)
    ]
    assert balances() == (0, 5640, 360)

    # When the newer export of orders says that all of it was given back
    sold(row(1, packs=2, yuan="60.00", after="退款成功", **SENT))
    assert balances() == (-6000, 5640, 360)
    settle(took_back)

    assert balances() == (0, 0, 0)
    assert PlatformSettlement.objects.count() == 2
    assert faults() == []


def test_a_settlement_that_knows_of_more_given_back_than_we_is_refused(sold, settle):
    sold(row(1, yuan="30.00", **SENT), row(2, yuan="30.00", **SENT))

    done = settle(settlement_row(1, "18.80", returned="10.00"), settlement_row(2, "28.20"))

    assert [one.number for one in done.refused_rows] == [2]
    assert "1000 fen were given back before, we know of 0." in done.refused_rows[0].reason
    assert (done.booked, balances(), held()) == (1, (3000, 2820, 180), 1)
    assert faults() == []


def test_rows_that_cannot_be_are_refused_by_row_and_the_rest_is_booked(sold, settle):
    sold(row(1, **SENT), row(2, paid="-", state="已关闭"))
    settle(settlement_row(1, "28.20"))

    done = settle(
        settlement_row(9, "28.20"),
        settlement_row(2, "28.20"),
        settlement_row(1, "28.30"),
        settlement_row(1, "much"),
        settlement_row(1, "1.00", at=""),
    )

    reasons = {one.number: one.reason for one in done.refused_rows}
    assert "No such sub-order was imported" in reasons[2]
    assert "It was not paid" in reasons[3]
    assert "Booked before as 2820 fen" in reasons[4]
    assert "an amount of yuan" in reasons[5]
    assert "is empty" in reasons[6]
    assert (done.booked, balances()) == (0, (0, 2820, 180))


def test_what_the_platform_adds_is_less_expense(sold, settle):
    sold(row(1, yuan="30.00", **SENT))

    settle(settlement_row(1, "31.00"))
    settle(settlement_row(1, "0.50", at="2026-12-02 00:00:00", kind="补贴"))

    assert balances() == (0, 3150, -150)
    assert faults() == []


def test_a_gift_is_settled_for_nothing(sold, settle):
    sold(row(1, yuan="0.00", **SENT))

    assert settle(settlement_row(1, "0.00")).unchanged == 1

    assert PlatformSettlement.objects.count() == 0
    assert faults() == []


def test_looking_at_it_first_books_nothing(sold, settle):
    sold(row(1, **SENT))

    looked = settle(settlement_row(1, "28.20"), keep=False)

    assert (looked.booked, looked.settled_fen) == (1, 2820)
    assert (balances(), held(), PlatformSettlement.objects.count()) == ((3000, 0, 0), 1, 0)


def test_a_settlement_is_booked_once_and_never_changed_also_in_the_databases_eyes(sold, settle):
    sold(row(1, **SENT))
    settle(settlement_row(1, "28.20"))
    one = PlatformSettlement.objects.get()

    for change in (
        lambda: PlatformSettlement.objects.update(settled_fen=1),
        lambda: PlatformSettlement.objects.all().delete(),
        lambda: PlatformSettlement.objects.create(
            line=one.line,
            at=one.at,
            kind=one.kind,
            gross_fen=1,
            settled_fen=1,
            returned_fen=0,
            booked_at=one.booked_at,
        ),
    ):
        with pytest.raises(Error), transaction.atomic():
            change()

    assert balances() == (0, 2820, 180)


def test_households_money_of_a_sale_elsewhere_is_released_once_it_is_settled(
    sold, settle, set_clock
):
    sold(row(1, yuan="30.00", **SENT))
    set_clock(int(timedelta(days=40).total_seconds()))
    share_out_due()
    assert (balance(Account.Kind.PENDING) < 0, balance(Account.Kind.AVAILABLE)) == (True, 0)
    owed = balance(Account.Kind.PENDING)

    settle(settlement_row(1, "28.20"))
    share_out_due()

    assert (balance(Account.Kind.PENDING), balance(Account.Kind.AVAILABLE)) == (0, owed)


def test_a_sessions_report_says_what_its_platforms_have_paid_of_its_net(sold, settle):
    # Given a session on Douyin, and two sales there in its time
    host = get_user_model().objects.create_user(email="host@example.org")
    session = make_session(starts_at=now() - HOUR, ends_at=now() + HOUR)
    save_channel(session.pk, channel(session, account=SHOP))
    for state in ("scheduled", "live"):
        move(session, state, host, "desk")
    paid = localtime(now()).strftime("%Y-%m-%d %H:%M:%S")
    sold(row(1, paid=paid, **SENT), row(2, paid=paid, **SENT))
    report = report_of(session)
    assert (report.sold.whole.net_fen, report.settled_fen) == (6000, 0)

    settle(settlement_row(1, "28.20"))

    report = report_of(session)
    assert (report.sold.whole.net_fen, report.settled_fen) == (6000, 3000)


def test_the_command_says_what_it_booked_and_refuses_what_is_no_settlement(sold, tmp_path):
    sold(row(1, **SENT))
    path, out = write_settlement(tmp_path, settlement_row(1, "28.20")), StringIO()
    given = ["settle_platform_orders", str(path), "--platform", "douyin", "--json", "--shop"]

    call_command(*given, SHOP, "--dry-run", stdout=StringIO())
    call_command(*given, SHOP, stdout=out)

    assert json.loads(out.getvalue()) == {
        "rows": 1,
        "booked": 1,
        "unchanged": 0,
        "gross_fen": 3000,
        "settled_fen": 2820,
        "cost_fen": 180,
        "refused_rows": [],
    }
    with pytest.raises(CommandError, match="Nothing was imported from the shop"):
        call_command(*given, "none")
    orders = write_export(tmp_path, Product.objects.get().upc, row(1))
    with pytest.raises(CommandError, match="Missing: .*结算时间"):
        call_command("settle_platform_orders", str(orders), "--platform", "douyin", "--shop", SHOP)
