"""What a row of each platform's export says, and what is refused in words."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from livestream.platforms.layouts import LAYOUTS
from livestream.platforms.rows import PlatformRow, Refused, read_rows

pytestmark = pytest.mark.usefixtures("in_english")

ORDER = "6917000011000000001"
# A row that was paid and sent, as each platform writes it.
GOOD = {
    "douyin": {
        "主订单编号": f"\t{ORDER}", "子订单编号": f"\t{ORDER}", "商家编码": "XL-1",
        "选购商品": "雪梨", "商品数量": "2", "订单应付金额": '"1,049.60"', "订单状态": "已发货",
        "售后状态": "-", "支付完成时间": "2026-07-01 20:15:09", "流量体裁": "直播",
        "发货时间": "2026-07-02 08:00:00",
    },
    "kuaishou": {
        "订单号": ORDER, "SKU编码": "XL-1", "商品名称": "雪梨", "成交数量": "2",
        "实付款": "¥1049.60", "订单状态": "已发货", "售后状态": "",
        "订单支付时间": "2026-07-01 20:15:09", "订单载体": "直播", "快递单号": "SF1",
    },
    "weixin": {
        "订单号": ORDER, "SKU编码(自定义)": "XL-1", "商品名称": "雪梨", "商品数量": "2",
        "商品实际价格(总共)": "1049.60", "订单状态": "已发货", "商品售后": "无",
        "支付时间": "2026-07-01 20:15:09", "商品已退款金额": "0", "带货方式": "直播",
        "订单发货时间": "2026-07-02 08:00:00",
    },
    "pinduoduo": {
        "订单号": ORDER, "商家编码-规格维度": "XL-1", "商品": "雪梨", "商品数量(件)": "2",
        "用户实付金额(元)": "1049.6", "订单状态": "已发货，待收货", "售后状态": "无售后或售后取消",
        "发货时间": "2026-07-02 08:00:00",
    },
    "taobao": {
        "订单编号": f'"=""{ORDER}"""', "宝贝标题": "雪梨", "宝贝总数量": "2",
        "买家实际支付金额": "1049.60元", "订单状态": "交易成功",
        "订单付款时间": "2026-07-01 20:15:09", "退款金额": "无退款申请", "物流单号": "YT1",
    },
}  # fmt: skip


def rows_of(folder: Path, platform: str, **changed: str) -> list[PlatformRow | Refused]:
    cells = GOOD[platform] | changed
    path = folder / "export.csv"
    path.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    return list(read_rows(path, LAYOUTS[platform]))


def row_of(folder: Path, platform: str, **changed: str) -> Any:
    (row,) = rows_of(folder, platform, **changed)
    return row


@pytest.mark.parametrize("platform", GOOD)
def test_a_sale_is_read_to_the_fen(tmp_path, platform):
    row = row_of(tmp_path, platform)

    assert isinstance(row, PlatformRow)
    assert (row.number, row.order, row.title) == (2, ORDER, "雪梨")
    assert row.sku == ("" if platform == "taobao" else "XL-1")
    assert (row.quantity, row.amount_fen, row.refunded_fen) == (2, 104960, 0)
    assert row.paid
    assert row.shipped
    assert not (row.pending or row.is_gift or row.is_refunded)
    if platform != "pinduoduo":
        assert row.paid_at == datetime(2026, 7, 1, 12, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("platform", "changed", "fen"),
    [
        ("douyin", {"售后状态": "退款成功"}, 104960),
        ("kuaishou", {"售后状态": "退款成功"}, 104960),
        ("weixin", {"商品售后": "退款完成", "商品已退款金额": "49.60"}, 4960),
        ("pinduoduo", {"售后状态": "退款成功", "订单状态": "已取消"}, 104960),
        ("taobao", {"退款金额": "1049.60元", "订单状态": "交易关闭"}, 104960),
    ],
)
def test_a_refund_is_what_the_platform_says(tmp_path, platform, changed, fen):
    row = row_of(tmp_path, platform, **changed)

    assert row.paid
    assert (row.refunded_fen, row.is_refunded) == (fen, fen == 104960)


@pytest.mark.parametrize(
    ("platform", "changed"),
    [
        ("douyin", {"支付完成时间": "-", "订单状态": "已关闭"}),
        ("kuaishou", {"订单支付时间": "", "订单状态": "交易关闭"}),
        ("weixin", {"支付时间": "", "订单状态": "已取消"}),
        ("pinduoduo", {"订单状态": "已取消"}),
        ("taobao", {"订单付款时间": "", "订单状态": "等待买家付款"}),
    ],
)
def test_an_order_that_was_never_paid_is_no_sale(tmp_path, platform, changed):
    row = row_of(tmp_path, platform, **changed)

    assert (row.paid, row.is_gift, row.is_refunded) == (False, False, False)


def test_a_gift_is_paid_with_nothing(tmp_path):
    row = row_of(tmp_path, "douyin", 订单应付金额="0.00")

    assert (row.paid, row.is_gift, row.is_refunded) == (True, True, False)


def test_a_refund_that_is_decided_later_is_none_yet(tmp_path):
    row = row_of(tmp_path, "douyin", 售后状态="待退货")

    assert (row.refunded_fen, row.pending) == (0, True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"订单状态": "已飞走"}, "“订单状态” says “已飞走”"),
        ({"售后状态": "也许"}, "“售后状态” says “也许”"),
        ({"商品数量": "1.5"}, "“商品数量” says “1.5”"),
        ({"商品数量": "0"}, "“商品数量” says “0”"),
        ({"商品数量": "٣"}, "“商品数量” says “٣”"),
        ({"商品数量": "-"}, "“商品数量” is empty"),
        ({"订单应付金额": "12.345"}, "“订单应付金额” says “12.345”"),
        ({"订单应付金额": "-5.00"}, "“订单应付金额” says “-5.00”"),
        ({"订单应付金额": "9" * 40}, "“订单应付金额” says"),
        ({"支付完成时间": "昨天"}, "“支付完成时间” says “昨天”"),
        ({"子订单编号": "-"}, "“子订单编号” is empty"),
    ],
)
def test_what_is_not_understood_is_refused_and_named(tmp_path, changed, said):
    row = row_of(tmp_path, "douyin", **changed)

    assert isinstance(row, Refused)
    assert row.number == 2
    assert said in row.reason


def test_more_given_back_than_paid_is_refused(tmp_path):
    row = row_of(tmp_path, "weixin", 商品售后="退款完成", 商品已退款金额="1049.61")

    assert isinstance(row, Refused)


@pytest.mark.parametrize(("platform", "kind"), [
    ("douyin", "douyin_order_A"), ("douyin", "douyin_order_B"),
    ("kuaishou", "kuaishou_order"), ("weixin", "wechat_shop_order"),
])  # fmt: skip
def test_real_headers_have_every_column_that_is_asked_for(platform, kind):
    import json

    headers = json.loads(
        (Path(__file__).parents[1] / "data/platform_exports/headers.json").read_text()
    )
    layout = LAYOUTS[platform]

    asked = {*layout.needed, layout.source, layout.host, layout.shipped_at, layout.ordered_at}

    assert asked - {""} <= set(headers[kind])
