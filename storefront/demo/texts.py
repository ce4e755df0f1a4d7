"""What the demo's pages say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One page in both languages; bodies are Wagtail's rich text."""

    slug: str
    title_zh: str
    title_en: str
    introduction_zh: str
    introduction_en: str
    body_zh: str = ""
    body_en: str = ""


HOME = Text(
    slug="start",
    title_zh="山货集",
    title_en="Shanhuo",
    introduction_zh="大学与山里的合作社一起，把村里的好东西送到您手上。每一元货款，都记到交货的农户名下。",
    introduction_en=(
        "A university and mountain cooperatives bring good food from the villages to you. "
        "Each yuan of it is credited to the households whose produce it was."
    ),
)

CAMPAIGN = Text(
    slug="autumn-harvest",
    title_zh="秋收上新",
    title_en="The autumn harvest",
    introduction_zh="新米、新粉、雪梨和菌菇，村里刚收下来的都在这里。",
    introduction_en="New rice, noodles, snow pears and mushrooms, fresh from the villages.",
    body_zh=(
        "<p>鲜货下单后再采摘，由产地合作社装箱；干货有现货。"
        "同一款山货由几家合作社供应时，系统按公平份额分给各家。</p>"
    ),
    body_en=(
        "<p>Fresh produce is picked after you order and packed by the cooperative where it grows; "
        "dried goods are in store. What several cooperatives sell is shared among them "
        "fairly.</p>"
    ),
)

# Produce on the campaign's shelf, in this order.
SHELF = ("XL", "HSF", "BXG", "PG", "XG", "CY", "HQK", "MLS")

PAGES = (
    Text(
        slug="money",
        title_zh="货款怎样到农户",
        title_en="How your money reaches the village",
        introduction_zh="从付款到农户账上，每一步都有记录，都能核对。",
        introduction_en="From your payment to a household's account, each step is on record.",
        body_zh=(
            "<h3>一、下单付款</h3><p>您付的货款记在装箱发货的合作社账上，运费单独记。</p>"
            "<h3>二、装箱</h3><p>合作社称重装箱，先用先到期的批次。"
            "箱里的货来自哪个销售池，货款就进哪个销售池。</p>"
            "<h3>三、分账</h3><p>同一周交来同一种山货的农户共用一个均价；容易坏的鲜货按天计算。"
            "先扣合作社服务费和村集体提留，其余按各户交货的斤两和等级分到户，分到每一分钱。</p>"
            "<h3>四、可提</h3><p>您收到货、过了退货期，农户的“待结”就转为“可提”。"
            "退款会按原路从同一个销售池扣回。</p>"
            "<h3>五、核对</h3><p>账目只能追加，不能修改。每笔账借贷相等，总账为零，随时可以核对。</p>"
        ),
        body_en=(
            "<h3>1. You pay</h3><p>The price goes to the account of the cooperative that packs "
            "your box; freight is kept apart.</p>"
            "<h3>2. It is packed</h3><p>The cooperative weighs and packs, oldest lots first. "
            "The money follows the produce into the sales pool that it came from.</p>"
            "<h3>3. It is shared out</h3><p>Households that delivered the same produce in the same "
            "week get the same average price; what spoils is reckoned by the day. The "
            "cooperative's service fee and the village fund are taken off, the rest goes to each "
            "household by weight and grade, to the fen.</p>"
            "<h3>4. It is released</h3><p>Once the box is delivered and the return window is over, "
            "the household's pending credit becomes available. A refund is taken back from the "
            "same pool.</p>"
            "<h3>5. It is checked</h3><p>The ledger is only ever added to. Each entry balances, "
            "the whole adds up to zero, and anyone entitled can check it at any time.</p>"
        ),
    ),
    Text(
        slug="privacy",
        title_zh="隐私说明",
        title_en="Privacy",
        introduction_zh="我们只留完成订单所需要的信息。",
        introduction_en="We keep only what your order needs.",
        body_zh=(
            "<ul><li>姓名、电话和地址只给装箱发货的合作社，用来把货送到。</li>"
            "<li>银行卡信息由支付机构处理，本站不保存。</li>"
            "<li>经推广链接进入时，会放一个签名的本站 Cookie，七天有效，"
            "只用来说明这笔销售来自哪次活动，不跨站跟踪。</li>"
            "<li>农户的姓名、电话和账户不出现在任何公开页面。</li></ul>"
        ),
        body_en=(
            "<ul><li>Your name, phone and address go only to the cooperatives that pack your "
            "order, so that it reaches you.</li>"
            "<li>Card details are handled by the payment company; we do not store them.</li>"
            "<li>A campaign link sets a signed cookie of this site for seven days. It says which "
            "campaign a sale came from and does not follow you elsewhere.</li>"
            "<li>Names, phones and accounts of households are on no public page.</li></ul>"
        ),
    ),
    Text(
        slug="help",
        title_zh="帮助",
        title_en="Help",
        introduction_zh="下单、收货、退款，常见的问题都在这里。",
        introduction_en="Ordering, delivery, refunds: the common questions.",
        body_zh=(
            "<h3>没有注册，怎么查订单？</h3><p>用订单号，加上下单时的手机号或邮箱，在“查订单”里查看。</p>"
            "<h3>为什么一张订单分几个包裹？</h3>"
            "<p>每家合作社各自装箱发货，同一家合作社的货装在一个包裹里，运费按合作社计算。</p>"
            "<h3>付款显示“处理中”怎么办？</h3><p>请稍等，不要再付一次。"
            "付款成功后如果货已售完，系统会自动全额退款。</p>"
            "<h3>东西坏了怎么办？</h3><p>请在该商品的退货期内联系客服并附上照片。</p>"
        ),
        body_en=(
            "<h3>How do I find my order without an account?</h3><p>With its number and the phone "
            "or e-mail that you gave, under “Find my order”.</p>"
            "<h3>Why do several parcels come?</h3><p>Each cooperative packs and sends its own. "
            "What comes from one cooperative travels in one parcel.</p>"
            "<h3>The payment says “processing”?</h3><p>Please wait and do not pay again. If the "
            "goods are gone by the time your payment arrives, all of it goes back to you.</p>"
            "<h3>Something arrived damaged?</h3><p>Write to us within the return window of that "
            "produce, with a picture.</p>"
        ),
    ),
)

CATEGORIES = {
    "粮油干货": "Grains, oils and dried goods",
    "新鲜水果": "Fresh fruit",
    "新鲜蔬菜": "Fresh vegetables",
    "禽畜蛋肉": "Poultry, meat and eggs",
    "菌菇山珍": "Mushrooms",
    "酒水茶饮": "Drinks and tea",
    "中药材": "Medicinal herbs",
}
