"""What each platform calls things in its exports of orders, and what the states in them say.

From public importers and real exports; columns are found by their names. What is not listed here
is unknown and refused: a state is never guessed.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """The columns of one platform's export, and its states. Empty: it has no such column."""

    order: str
    # What tells two rows of one order apart, beside the order's number.
    part: str
    # The merchant's code of the pack; without one the goods' title is mapped by hand.
    sku: str
    title: str
    quantity: str
    amount: str
    state: str
    states: frozenset[str]
    after_sale: str
    refunded: frozenset[str]
    not_refunded: frozenset[str]
    # Under way: not refunded yet, as far as this export knows.
    pending: frozenset[str]
    # A time when it was paid; platforms that export paid orders alone have `unpaid` instead.
    paid_at: str
    ordered_at: str
    # States of orders that were never paid, unless they were refunded.
    unpaid: frozenset[str] = frozenset()
    # How much was refunded, where the export says it: else all of it was.
    refund: str = ""
    # Where the sale came from, as far as the platform knows.
    source: str = ""
    # What it says of a live room; and where it does not know yet. Anything else was no live sale.
    live: frozenset[str] = frozenset(("直播", "直播间"))
    unknown: frozenset[str] = frozenset(("", "数据将于第二天更新"))
    # States in which the buyer has it.
    delivered: frozenset[str] = frozenset()
    host: str = ""
    shipped_at: str = ""
    carrier: str = ""
    waybill: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which nothing can be said."""
        names = (self.order, self.part, self.sku, self.title, self.quantity, self.amount)
        more = (self.state, self.after_sale, self.paid_at, self.refund)
        return tuple(dict.fromkeys(name for name in names + more if name))

    @property
    def ids(self) -> tuple[str, ...]:
        """The columns of long numbers that a spreadsheet spoils."""
        return (self.order, self.part) if self.part and self.part != self.sku else (self.order,)


LAYOUTS = {
    "douyin": Layout(
        order="主订单编号",
        part="子订单编号",
        sku="商家编码",
        title="选购商品",
        quantity="商品数量",
        amount="订单应付金额",
        state="订单状态",
        states=frozenset(("待发货", "已发货", "已完成", "已关闭")),
        delivered=frozenset(("已完成",)),
        after_sale="售后状态",
        refunded=frozenset(("退款成功",)),
        not_refunded=frozenset(("", "售后关闭", "售后已拒绝", "换货成功", "补寄成功")),
        pending=frozenset(("待收退货", "待退货", "售后处理中", "售后待处理")),
        paid_at="支付完成时间",
        ordered_at="订单提交时间",
        source="流量体裁",
        host="达人ID",
        shipped_at="发货时间",
        waybill="快递信息",
    ),
    "kuaishou": Layout(
        order="订单号",
        part="",
        sku="SKU编码",
        title="商品名称",
        quantity="成交数量",
        amount="实付款",
        state="订单状态",
        states=frozenset(("待付款", "待发货", "已发货", "已收货", "交易成功", "交易关闭")),
        delivered=frozenset(("已收货", "交易成功")),
        after_sale="售后状态",
        refunded=frozenset(("退款成功",)),
        not_refunded=frozenset(("", "售后关闭")),
        pending=frozenset(("售后中",)),
        paid_at="订单支付时间",
        ordered_at="订单创建时间",
        source="订单载体",
        host="CPS达人ID",
        shipped_at="发货时间",
        carrier="快递公司",
        waybill="快递单号",
    ),
    "weixin": Layout(
        order="订单号",
        part="SKU编码(自定义)",
        sku="SKU编码(自定义)",
        title="商品名称",
        quantity="商品数量",
        # The order's totals stand on each of its rows.
        amount="商品实际价格(总共)",
        state="订单状态",
        states=frozenset(("待付款", "待发货", "已发货", "已完成", "已取消")),
        delivered=frozenset(("已完成",)),
        after_sale="商品售后",
        refunded=frozenset(("退款完成",)),
        not_refunded=frozenset(("", "无")),
        pending=frozenset(("退款中",)),
        paid_at="支付时间",
        ordered_at="订单下单时间",
        refund="商品已退款金额",
        source="带货方式",
        host="带货账号昵称",
        shipped_at="订单发货时间",
        carrier="物流公司",
        waybill="快递单号",
    ),
    "pinduoduo": Layout(
        order="订单号",
        part="",
        sku="商家编码-规格维度",
        title="商品",
        quantity="商品数量(件)",
        amount="用户实付金额(元)",
        state="订单状态",
        states=frozenset(("待发货", "已发货，待收货", "已收货", "已取消")),
        delivered=frozenset(("已收货",)),
        after_sale="售后状态",
        refunded=frozenset(("退款成功",)),
        not_refunded=frozenset(("", "无售后或售后取消")),
        pending=frozenset(("售后处理中",)),
        paid_at="",
        ordered_at="订单成交时间",
        unpaid=frozenset(("已取消",)),
        shipped_at="发货时间",
        carrier="快递公司",
        waybill="快递单号",
    ),
    "taobao": Layout(
        order="订单编号",
        part="",
        sku="",
        title="宝贝标题",
        quantity="宝贝总数量",
        amount="买家实际支付金额",
        state="订单状态",
        states=frozenset(
            (
                "等待买家付款",
                "买家已付款，等待卖家发货",
                "卖家已发货，等待买家确认",
                "交易成功",
                "交易关闭",
            )
        ),
        delivered=frozenset(("交易成功",)),
        after_sale="",
        refunded=frozenset(),
        not_refunded=frozenset(),
        pending=frozenset(),
        paid_at="订单付款时间",
        ordered_at="订单创建时间",
        refund="退款金额",
        shipped_at="发货时间",
        carrier="物流公司",
        waybill="物流单号",
    ),
}
