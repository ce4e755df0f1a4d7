"""The first page, the campaign, how the money goes, privacy."""

from storefront.demo.content.blocks import Text, action, live, questions, quote, shelf, steps, text

HOME = Text(
    slug="start",
    title_zh="山货集",
    title_en="Shanhuo",
    introduction_zh="大学与山里的合作社一起，把村里的好东西送到您手上。每一元货款，都记到交货的农户名下。",
    introduction_en=(
        "A university and mountain cooperatives bring good food from the villages to you. "
        "Each yuan of it is credited to the households whose produce it was."
    ),
    body=[
        live("campaign"),
        shelf("现在正当季", "Ripe now"),
        live(
            "figures",
            "到今天为止",
            "Earned so far",
            which=["net", "credited", "households", "villages"],
        ),
        live("villages", "它们从这些村子来", "The villages they come from", limit=8),
        steps(
            "从地里到您的饭桌",
            "From the field to your table",
            (
                (
                    "农户交货",
                    "收下来的东西送到合作社，当面过秤，记成一个批次。",
                    "Households deliver",
                    "What is harvested goes to the cooperative, is weighed there and written down.",
                ),
                (
                    "合作社装箱",
                    "您的订单直接到产地，由种它的村子装箱发货。",
                    "The cooperative packs",
                    "Your order goes to the village that grows it, and from there straight to you.",
                ),
                (
                    "货款到户",
                    "同一周交同一种货的农户共用一个均价，按斤两分，分到每一分钱。",
                    "The money arrives",
                    "Who delivered the same in the same week shares one average price, to the fen.",
                ),
            ),
        ),
        live("articles", "山里的事", "Stories and articles", limit=3),
        action(
            "想知道每一元去了哪里？",
            "Where does each yuan go?",
            "看货款怎样到农户",
            "See how it reaches the village",
            "/money/",
            text_zh="账目只增不改，每一步都能核对。",
            text_en="The books are only ever added to, and each step can be checked.",
        ),
    ],
)

CAMPAIGN = Text(
    slug="autumn-harvest",
    title_zh="秋收上新",
    title_en="The autumn harvest",
    introduction_zh="新米、新粉、苹果和菌菇，村里刚收下来的都在这里。",
    introduction_en="New rice, noodles, apples and mushrooms, fresh from the villages.",
    body=[
        text(
            "<p>天一凉，山里最忙。稻桩上的第二季米收了，红薯磨成了粉，苹果下树，香菇一茬接一茬。"
            "鲜货下单后再采，由产地合作社装箱；干货有现货，七十二小时内发出。</p>",
            "<p>When it turns cool the mountains are at their busiest: the second rice is in, "
            "sweet "
            "potatoes have become noodles, apples are picked, and the shiitake keep coming. Fresh "
            "produce is picked after you order and packed where it grows; dried goods leave within "
            "seventy-two hours.</p>",
        ),
        shelf("这几样正当季", "In season this week", limit=4),
        quote(
            "同一款山货由几家合作社供应时，系统按公平份额分给各家，谁家的货多，谁家就多发。",
            "What several cooperatives sell is shared among them fairly: who delivered more, packs "
            "more.",
            "山货集的分单办法",
            "How orders are routed here",
        ),
        questions(
            "下单前想问的",
            "Before you order",
            (
                (
                    "什么时候能收到？",
                    "鲜货二十四到四十八小时内采摘发出，干货七十二小时内发出，路上的时间看省份。",
                    "When will it arrive?",
                    "Fresh produce is picked and sent within 24 to 48 hours, dried goods within "
                    "72; "
                    "the way to you depends on the province.",
                ),
                (
                    "几样东西能一起发吗？",
                    "同一家合作社的装一个包裹；不同村子的分开发，运费在付款前写明。",
                    "Does it all come together?",
                    "What one cooperative packs travels in one parcel. Different villages send "
                    "their "
                    "own; the freight is shown before you pay.",
                ),
                (
                    "单位能集中买吗？",
                    "可以。商品里的“食堂装”就是给食堂和单位准备的。",
                    "Can a canteen order?",
                    "Yes: look for the packs of twenty jin and more.",
                ),
            ),
        ),
        action(
            "一箱起发，送到家门口",
            "One box is enough",
            "挑几样尝尝",
            "Choose something",
            "/produce/",
        ),
    ],
)

MONEY = Text(
    slug="money",
    title_zh="货款怎样到农户",
    title_en="How your money reaches the village",
    introduction_zh="从付款到农户账上，每一步都有记录，都能核对。",
    introduction_en="From your payment to a household's account, each step is on record.",
    foot=True,
    body=[
        live(
            "figures",
            "今天的数",
            "As of today",
            which=["net", "credited", "paid_out", "orders", "households", "villages"],
        ),
        steps(
            "五步",
            "Five steps",
            (
                (
                    "您付款",
                    "货款记在装箱发货的合作社账上，运费单独记。",
                    "You pay",
                    "The price goes to the account of the cooperative that packs your box; freight "
                    "is kept apart.",
                ),
                (
                    "装箱",
                    "合作社称重装箱，先用先到期的批次。货来自哪个销售池，货款就进哪个销售池。",
                    "It is packed",
                    "The cooperative weighs and packs, oldest lots first. The money follows the "
                    "produce into the sales pool that it came from.",
                ),
                (
                    "分账",
                    "同一周交来同一种山货的农户共用一个均价，容易坏的鲜货按天算。先扣服务费和村集体提留，"
                    "其余按斤两和等级分到户。",
                    "It is shared out",
                    "Households that delivered the same produce in the same week get the same "
                    "average "
                    "price; what spoils is reckoned by the day. The fee and the village fund are "
                    "taken off, the rest goes to each household by weight and grade.",
                ),
                (
                    "可提",
                    "您收到货、过了退货期，农户的“待结”就转为“可提”。退款从同一个销售池扣回。",
                    "It is released",
                    "Once the box is delivered and the return window is over, pending credit "
                    "becomes "
                    "available. A refund is taken back from the same pool.",
                ),
                (
                    "核对",
                    "账目只能追加，不能修改。每笔账借贷相等，总账为零，随时可以核对。",
                    "It is checked",
                    "The ledger is only ever added to. Each entry balances, the whole adds up to "
                    "zero, and it can be checked at any time.",
                ),
            ),
        ),
        text(
            "<h2>一个例子</h2><p>某一周，两户人家交来同一种、同一等级的货：甲户六十斤，乙户四十斤，"
            "一共卖得一千元。合作社服务费百分之八，是八十元；村集体提留百分之二，是二十元。剩下九百元，"
            "甲户分得五百四十元，乙户分得三百六十元。</p>"
            "<h2>为什么按池算，不按箱算</h2><p>同一天的梨倒进同一个筐，就分不出哪个是谁家的了。"
            "所以我们只说这一箱来自哪个村的销售池，不说它是哪一户的。</p>"
            "<h2>几个词</h2><p>下单、付款、退款后净额、平台结算、记到农户、已付：这是六级不同的数，"
            "我们从不混着说。</p>",
            "<h2>An example</h2><p>In one week two households deliver the same produce of the same "
            "grade: one sixty jin, the other forty. It sells for ¥1,000.00. The service fee of 8 "
            "% is "
            "¥80.00, the village fund of 2 % is ¥20.00. Of the ¥900.00 that are left the first is "
            "credited ¥540.00 and the second ¥360.00.</p>"
            "<h2>Why pools and not boxes</h2><p>Pears of one day lie in one crate, and nobody "
            "can tell "
            "them apart. So we say from which village's pool a box comes, never that it is this "
            "family's.</p>"
            "<h2>The words</h2><p>Placed, paid, net of refunds, settled by the platform, "
            "credited to "
            "households, paid out: six different figures, never mixed.</p>",
        ),
        action(
            "所有的数都公开",
            "Every figure is public",
            "看公开数据",
            "See the figures",
            "/impact/",
            text_zh="按村、按月、按活动。不到三户的合并计算，谁家挣多少看不出来。",
            text_en="By village, by month, by campaign. Fewer than three households are merged.",
        ),
    ],
)

PRIVACY = Text(
    slug="privacy",
    title_zh="隐私说明",
    title_en="Privacy",
    introduction_zh="我们只留完成订单所需要的信息。",
    introduction_en="We keep only what your order needs.",
    foot=True,
    body=[
        text(
            "<ul><li>姓名、电话和地址只给装箱发货的合作社，用来把货送到。</li>"
            "<li>银行卡信息由支付机构处理，本站不保存。</li>"
            "<li>经推广链接进入时，会放一个签名的本站 Cookie，七天有效，"
            "只用来说明这笔销售来自哪次活动，不跨站跟踪。</li>"
            "<li>页面里的外站视频，您点了播放才会连接对方网站。</li>"
            "<li>农户的姓名、电话和账户不出现在任何公开页面。</li></ul>"
            '<p>每一样信息留多久、怎样下载和删除自己的数据，见<a href="/accounts/privacy/">'
            "保存期限与您的权利</a>。</p>",
            "<ul><li>Your name, phone and address go only to the cooperatives that pack your "
            "order, so that it reaches you.</li>"
            "<li>Card details are handled by the payment company; we do not store them.</li>"
            "<li>A campaign link sets a signed cookie of this site for seven days. It says which "
            "campaign a sale came from and does not follow you elsewhere.</li>"
            "<li>Videos of other sites connect to them only when you press play.</li>"
            "<li>Names, phones and accounts of households are on no public page.</li></ul>"
            "<p>How long what is kept, and how to download or delete your own data: "
            '<a href="/accounts/privacy/">periods and your rights</a>.</p>',
        )
    ],
)
