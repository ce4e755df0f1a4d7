"""The wording that ships with the site: subject and body of a mail, and a short text.

Plain text with placeholders (see `wording.PLACEHOLDERS`). A line of whose placeholders one has
nothing to say is left out; paragraphs are divided by an empty line.
"""

from typing import NamedTuple

from storefront.notifications.models import Message

Kind = Message.Kind


class Wording(NamedTuple):
    """What a kind says in one language."""

    subject: str
    body: str
    short: str


DEFAULTS: dict[tuple[str, str], Wording] = {
    (Kind.CONFIRMED, "zh-hans"): Wording(
        "{shop}：订单 {order} 已收到",
        "谢谢您！订单 {order} 已付款。\n\n合作社现在开始打包，发货时我们会再告诉您。",
        "{shop}：谢谢您！订单 {order} 已付款 ¥{amount}，合作社现在开始打包。\n查看订单：{link}",
    ),
    (Kind.CONFIRMED, "en"): Wording(
        "{shop}: we have your order {order}",
        "Thank you! Order {order} is paid.\n\n"
        "The cooperatives pack it now. We write again when it is on its way.",
        "{shop}: thank you! Order {order} is paid (¥{amount}), the cooperatives pack it now.\n"
        "See the order: {link}",
    ),
    (Kind.GOODS_GONE, "zh-hans"): Wording(
        "{shop}：货已售完，¥{amount} 退还给您",
        "很抱歉：您付款的时候，您选的货已经售完了。\n\n"
        "没有生成订单。¥{amount} 全部原路退回，银行可能要 {days} 个工作日以内才显示。",
        "{shop}：很抱歉，您付款时货已售完，没有生成订单。"
        "¥{amount} 全部原路退回，{days} 个工作日以内到账。",
    ),
    (Kind.GOODS_GONE, "en"): Wording(
        "{shop}: sold out, you get ¥{amount} back",
        "We are sorry: while you paid, what you chose was sold out.\n\n"
        "No order was placed. All of your ¥{amount} goes back the way you paid; "
        "the bank may need up to {days} working days to show it.",
        "{shop}: we are sorry, it sold out while you paid. No order was placed; all of your "
        "¥{amount} goes back within {days} working days.",
    ),
    (Kind.SHIPPED, "zh-hans"): Wording(
        "{shop}：订单 {order} 的包裹已发出",
        "{cooperative}已经把您的包裹发出了。\n\n"
        "包裹 {parcel}，其余的另行发出。\n快递：{carrier}\n运单号：{waybill}",
        "{shop}：{cooperative}已发出订单 {order} 的包裹：{packs}。\n"
        "包裹 {parcel}，其余的另行发出。\n"
        "{carrier} {waybill}\n查看订单：{link}",
    ),
    (Kind.SHIPPED, "en"): Wording(
        "{shop}: a parcel of order {order} is on its way",
        "{cooperative} has sent your parcel.\n\n"
        "Parcel {parcel}; the others come on their own.\n"
        "Carrier: {carrier}\nWaybill number: {waybill}",
        "{shop}: {cooperative} has sent a parcel of order {order}: {packs}.\n"
        "Parcel {parcel}; the others come on their own.\n{carrier} {waybill}\n"
        "See the order: {link}",
    ),
    (Kind.READY, "zh-hans"): Wording(
        "{shop}：订单 {order} 可以取了",
        "您的订单 {order} 已经备好，可以来取了。\n\n地点：{place}",
        "{shop}：订单 {order} 已备好，可以来取了：{packs}。\n地点：{place}\n查看订单：{link}",
    ),
    (Kind.READY, "en"): Wording(
        "{shop}: order {order} is ready for you",
        "Your order {order} is ready to be fetched.\n\nWhere: {place}",
        "{shop}: order {order} is ready to be fetched: {packs}.\nWhere: {place}\n"
        "See the order: {link}",
    ),
    (Kind.DELIVERED, "zh-hans"): Wording(
        "{shop}：订单 {order} 的包裹已送达",
        "{cooperative}的包裹已送达，请慢用！\n\n包裹 {parcel}。\n"
        "如果有什么不对，请在订单页面告诉我们，最好附上照片。",
        "{shop}：{cooperative}发的订单 {order} 的包裹已送达，请慢用！\n"
        "如果有什么不对，请告诉我们：{link}",
    ),
    (Kind.DELIVERED, "en"): Wording(
        "{shop}: a parcel of order {order} was delivered",
        "The parcel from {cooperative} was delivered. Enjoy it!\n\nParcel {parcel}.\n"
        "Is something wrong with it? Tell us on the order's page, best with a picture.",
        "{shop}: the parcel from {cooperative} for order {order} was delivered. Enjoy it!\n"
        "Is something wrong with it? Tell us: {link}",
    ),
    (Kind.REFUNDED, "zh-hans"): Wording(
        "{shop}：订单 {order} 退款 ¥{amount}",
        "我们已退还订单 {order} 的 ¥{amount}。\n\n"
        "款项原路退回，银行可能要 {days} 个工作日以内才显示。",
        "{shop}：订单 {order} 已退还 ¥{amount}，原路退回，{days} 个工作日以内到账。\n"
        "查看订单：{link}",
    ),
    (Kind.REFUNDED, "en"): Wording(
        "{shop}: ¥{amount} of order {order} is refunded",
        "We have given back ¥{amount} of order {order}.\n\n"
        "It goes back the way you paid; the bank may need up to {days} working days to show it.",
        "{shop}: ¥{amount} of order {order} is refunded and reaches you within {days} working "
        "days.\nSee the order: {link}",
    ),
    (Kind.CASE, "zh-hans"): Wording(
        "{shop}：关于订单 {order} 的答复",
        "您对订单 {order} 提的问题有了新的答复。\n\n{text}",
        "{shop}：您对订单 {order} 提的问题有了新的答复。\n{text}\n查看订单：{link}",
    ),
    (Kind.CASE, "en"): Wording(
        "{shop}: news about order {order}",
        "There is news about your question on order {order}.\n\n{text}",
        "{shop}: there is news about your question on order {order}.\n{text}\n"
        "See the order: {link}",
    ),
    (Kind.REMINDER, "zh-hans"): Wording(
        "{shop}：{produce}可以买了",
        "您让我们提醒您的{produce}，现在可以买了。\n\n{link}\n\n这个提醒只发这一次。",
        "{shop}：您让我们提醒您的{produce}，现在可以买了：{link}（只提醒这一次）",
    ),
    (Kind.REMINDER, "en"): Wording(
        "{shop}: {produce} can be had now",
        "You asked us to tell you: {produce} can be had now.\n\n{link}\n\n"
        "We remind you of it this once.",
        "{shop}: you asked us to tell you, {produce} can be had now: {link} "
        "(we remind you this once)",
    ),
    (Kind.LIVE, "zh-hans"): Wording(
        "{shop}：直播“{session}”{begins}开始",
        "您预约的直播“{session}”{begins}开始。\n\n进直播间：{link}\n\n这个提醒只发这一次。",
        "{shop}：您预约的直播“{session}”{begins}开始，进直播间：{link}（只提醒这一次）",
    ),
    (Kind.LIVE, "en"): Wording(
        "{shop}: the livestream “{session}” begins {begins}",
        "You asked us to tell you: the livestream “{session}” begins {begins}.\n\n"
        "Watch it: {link}\n\nWe remind you of it this once.",
        "{shop}: you asked us to tell you, the livestream “{session}” begins {begins}: {link} "
        "(we remind you this once)",
    ),
}
