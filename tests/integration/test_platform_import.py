"""`import_platform_orders`: sales on other platforms become orders, once, and stay exact."""

import json
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from catalog.clock import now
from catalog.models import Product
from cooperatives.households.village_files import load_villages
from cooperatives.ledger.models import Account, Posting
from cooperatives.partner.models import StockPool
from cooperatives.routing import services as routing
from cooperatives.routing.models import Consignment, ConsignmentLine
from livestream.campaigns.models import Campaign, LineAttribution
from livestream.platforms.models import PlatformLine, PlatformShop
from livestream.platforms.rows import CHINA
from livestream.platforms.services import _sale
from livestream.sessions.models import LiveSession, State
from livestream.sessions.services import move, save_channel
from storefront.accounts.models import User
from storefront.aftersales.models import Refund
from storefront.aftersales.services import CannotRefund, refund_order
from storefront.books.runner import check_database
from storefront.order.models import Order
from tests.support import chain
from tests.support.platform_export import EVENING, EXPECTED, VILLAGES, row, write_export
from tests.support.sessions import channel, make_campaign, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def run(path: Path, *options: str) -> dict:
    out = StringIO()
    command = ["import_platform_orders", str(path), "--platform", "douyin", "--json"]
    call_command(*command, "--shop", "山里的店", *options, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def export(tmp_path):
    def write(*rows: str) -> Path:
        return write_export(tmp_path, Product.objects.get().upc, *rows)

    return write


def balances() -> dict[str, int]:
    """{kind of account: fen}, what is empty left out."""
    sums = Posting.objects.values_list("account__kind").annotate(fen=Sum("amount_fen"))
    return {kind: fen for kind, fen in sums if fen}


def faults() -> list[tuple[str, str]]:
    from django.db import connection

    with connection.cursor() as cursor:
        results = check_database(cursor)
    return [(result.name, str(result.detail)) for result in results if not result.ok]


def test_a_sale_elsewhere_is_an_order_that_takes_stock_and_owes_the_cooperative(export):
    chain.make_grove("A", grams=25_000)

    said = run(export(row(1, packs=2, yuan="60.00"), row(2, paid="-", state="已关闭")))

    assert (said["rows"], said["imported"], said["paid"], said["unpaid"]) == (2, 2, 1, 1)
    assert (said["gross_fen"], said["units"], said["unattributed"]) == (6000, 2, 1)
    order = Order.objects.get()
    assert (order.channel, order.total_incl_tax, order.user_id) == ("platform", 60, None)
    line = ConsignmentLine.objects.get()
    assert (line.packs, line.net_fen, line.short_grams) == (2, 6000, 0)
    assert line.consignment.state == "paid"
    pool = StockPool.objects.get()
    assert (pool.allocated, pool.reserved) == (line.ordered_grams, 0)
    assert balances() == {Account.Kind.PLATFORM: 6000, Account.Kind.SALES: -6000}
    assert PlatformLine.objects.filter(order=None).count() == 1
    assert faults() == []


def test_the_same_file_again_changes_nothing(export):
    chain.make_grove("A", grams=25_000)
    path = export(row(1), row(2, sku="none"))
    run(path)
    before = (Order.objects.count(), balances(), StockPool.objects.get().allocated)

    said = run(path)

    assert (said["imported"], said["updated"], said["unchanged"]) == (0, 0, 1)
    assert [each["row"] for each in said["refused_rows"]] == [3]
    assert (Order.objects.count(), balances(), StockPool.objects.get().allocated) == before


def test_a_newer_export_moves_the_sale_on(export):
    chain.make_grove("A", grams=25_000)
    run(export(row(1), row(2), row(3, paid="-")))

    said = run(
        export(
            row(1, state="已完成", sent="2026-11-21 09:00:00"),
            row(2, state="已关闭", after="退款成功"),
            row(3),
        )
    )

    assert (said["imported"], said["updated"], said["unchanged"]) == (0, 3, 0)
    states = Consignment.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == ["delivered", "cancelled", "paid"]
    refund = Refund.objects.get()
    assert (refund.state, refund.paid_from, refund.buyer_fen) == ("done", "platform", 3000)
    assert balances()[Account.Kind.PLATFORM] == 6000
    assert faults() == []


def test_what_the_export_says_otherwise_is_refused_by_row(export):
    chain.make_grove("A", grams=25_000)
    run(export(row(1), row(2, after="退款成功", state="已关闭")))
    before = (balances(), list(PlatformLine.objects.values()))

    said = run(export(row(1, yuan="31.00"), row(2)))

    assert [each["row"] for each in said["refused_rows"]] == [2, 3]
    assert "can't change" in said["refused_rows"][0]["reason"]
    assert "can't be less" in said["refused_rows"][1]["reason"]
    assert (said["updated"], said["paid"], said["gross_fen"]) == (0, 0, 0)
    assert (balances(), list(PlatformLine.objects.values())) == before


def test_a_sale_beyond_the_stock_is_short_and_a_buyer_of_the_shop_is_told_before(export):
    grove = chain.make_grove("A", grams=5_000)
    line_grams = grove.pack.net_grams

    run(export(row(1, packs=4, yuan="120.00")))

    line = ConsignmentLine.objects.get()
    assert line.short_grams == 4 * line_grams - 5_000
    pool = StockPool.objects.get()
    assert pool.free == 0
    assert faults() == []


def test_a_gift_takes_goods_and_credits_nobody(export):
    chain.make_grove("A", grams=25_000)

    said = run(export(row(1, yuan="0.00")))

    assert (said["gifts"], said["gross_fen"], said["units"]) == (1, 0, 1)
    assert StockPool.objects.get().allocated > 0
    assert balances() == {}
    assert faults() == []


def test_it_is_given_back_where_it_was_sold(export):
    chain.make_grove("A", grams=25_000)
    run(export(row(1)))
    before = balances()

    with pytest.raises(CannotRefund, match="sold on another platform"):
        refund_order(Order.objects.get().pk)

    assert balances() == before
    assert not Refund.objects.exists()


def test_a_whole_evening_comes_to_what_it_must_and_the_books_are_in_order():
    load_villages(VILLAGES, date(2026, 11, 20))
    must = json.loads(EXPECTED.read_text())

    said = run(EVENING)

    refused = said.pop("refused_rows")
    kept = {name: said.pop(name) for name in ("imported", "updated", "unchanged")}
    assert kept == {"imported": 411, "updated": 0, "unchanged": 0}
    assert said.pop("attributed") + said.pop("unattributed") == 371
    assert said == {name: value for name, value in must.items() if name != "sub_orders"}
    assert len(refused) == must["unknown_sku"] == 9
    assert balances()[Account.Kind.PLATFORM] == must["net_fen"]
    assert faults() == []


def test_a_file_without_its_shop_is_refused(export):
    chain.make_grove("A")
    path = export(row(1))

    with pytest.raises(CommandError, match="--shop"):
        call_command("import_platform_orders", str(path), "--platform", "douyin")

    assert not PlatformShop.objects.exists()
    assert not LineAttribution.objects.exists()


def shown_on_douyin(account: str = "山里的店") -> LiveSession:
    """A session that was live on the evening of the rows, in this account."""
    at = datetime(2026, 11, 20, 20, 0, tzinfo=CHINA)
    begin = {"starts_at": at, "ends_at": at + timedelta(hours=2)}
    campaign = make_campaign()
    Campaign.objects.update(starts_at=at - timedelta(days=1), ends_at=at + timedelta(days=9))
    session = make_session(campaign_id=campaign.pk, **begin)
    save_channel(session.pk, channel(session, account=account))
    staff = User.objects.get_or_create(email="desk@example.org")[0]
    for state in (State.SCHEDULED, State.LIVE):
        move(session, state, staff, "desk")
    return session


def test_what_was_sold_while_it_was_shown_belongs_to_the_session_unless_it_was_no_live_sale(export):
    chain.make_grove("A", grams=25_000)
    session = shown_on_douyin()

    said = run(
        export(
            row(1),
            row(2, source="商品卡"),
            row(3, source="数据将于第二天更新"),
            row(4, paid="2026-11-20 23:00:00"),
        )
    )

    assert (said["attributed"], said["unattributed"]) == (2, 2)
    ours = PlatformLine.objects.filter(session=session).order_by("order_number")
    assert [line.order_number[-1] for line in ours] == ["1", "3"]
    credited = LineAttribution.objects.filter(campaign=session.campaign)
    assert {(each.rule, each.evidence["session"]) for each in credited} == {
        ("platform", session.pk)
    }
    assert LineAttribution.objects.filter(rule="none").count() == 2
    assert faults() == []


def test_another_accounts_session_sold_nothing_unless_it_is_named(export):
    chain.make_grove("A", grams=25_000)
    session = shown_on_douyin("别的账号")

    assert run(export(row(1)))["attributed"] == 0
    assert run(export(row(2)), "--session", str(session.pk))["attributed"] == 1
    with pytest.raises(CommandError, match="no live session 999999"):
        run(export(row(3)), "--session", "999999")
    assert PlatformLine.objects.count() == 2


def test_a_number_that_no_platform_has_is_refused_by_row_and_the_others_go_on(export):
    chain.make_grove("A", grams=25_000)
    path = export(row(1), row(2), row(3))
    text = path.read_text(encoding="utf-8-sig")
    text = text.replace("6920000000000000021", "6" * 25).replace("6920000000000000031", "1+1")
    path.write_text(text, encoding="utf-8-sig")

    said = run(path)

    assert (said["imported"], [each["row"] for each in said["refused_rows"]]) == (1, [3, 4])
    assert all("at most 24 digits" in each["reason"] for each in said["refused_rows"])
    assert Order.objects.count() == 1


def test_a_step_that_the_cooperative_took_already_is_not_taken_twice(export):
    chain.make_grove("A", grams=25_000)
    run(export(row(1)))
    routing.pack(Consignment.objects.get().pk, {})
    sent = {"state": "已发货", "sent": "2026-11-21 09:00:00"}

    said = run(export(row(1, **sent)))

    assert said["updated"] == 1
    events = Consignment.objects.get().events.order_by("pk").values_list("state", flat=True)
    assert list(events) == ["paid", "packed", "shipped"]
    assert faults() == []


def test_two_orders_may_have_the_same_pack_and_their_numbers_fit(export):
    """A platform that tells rows apart by the merchant's code alone."""
    chain.make_grove("A", grams=25_000)
    shop = PlatformShop.objects.create(platform="weixin", name="店")
    lines = [
        PlatformLine(
            shop=shop, order_number=number * 24, part="PACK", sku="PACK", quantity=1,
            amount_fen=100, imported_at=now(), changed_at=now(), pk=10**7 + int(number),
        )
        for number in "12"
    ]  # fmt: skip

    numbers = [_sale(line, 1).number for line in lines]

    assert len(set(numbers)) == 2
    # with "-1" for its parcel
    longest = Consignment._meta.get_field("number").max_length
    assert all(len(number) + 2 <= longest for number in numbers)


def test_goods_that_left_do_not_come_back_when_the_money_goes_back(export):
    chain.make_grove("A", grams=25_000)
    sent = {"state": "已完成", "sent": "2026-11-21 09:00:00"}
    run(export(row(1, **sent)))
    pool = StockPool.objects.get()

    run(export(row(1, after="退款成功", **sent)))

    assert Refund.objects.get().buyer_fen == 3000
    pool.refresh_from_db()
    assert (pool.on_hand, pool.allocated) == (22_500, 0)
    assert faults() == []


def test_what_one_sale_takes_the_next_one_does_not_see(export):
    # given two cooperatives that have two packs each
    sellers = [chain.make_cooperative(code) for code in "AB"]
    produce = chain.make_produce("P")
    chain.make_pack(produce, sellers)
    for code in "AB":
        chain.deliver(f"{code}-001", produce, 5000)

    run(export(row(1, packs=2, yuan="60.00"), row(2, packs=2, yuan="60.00")))

    lines = ConsignmentLine.objects.values_list("consignment__partner__code", "short_grams")
    assert sorted(lines) == [("A", 0), ("B", 0)]
