"""Help, by topic."""

from storefront.demo.content.blocks import Text, action, questions

INDEX = Text(
    slug="help",
    title_zh="帮助",
    title_en="Help",
    introduction_zh="下单、收货、退款，常见的问题都在这里。",
    introduction_en="Ordering, delivery, refunds: the common questions.",
    foot=True,
    body=[
        action(
            "没有注册，也能查订单",
            "No account needed",
            "查我的订单",
            "Find my order",
            "/orders/find/",
            text_zh="用订单号，加上下单时的手机号或邮箱。",
            text_en="With its number and the phone or e-mail that you gave.",
        )
    ],
)

TOPICS = (
    Text(
        slug="ordering",
        title_zh="下单与付款",
        title_en="Ordering and paying",
        introduction_zh="选规格、看运费、付款。",
        introduction_en="Packs, freight, payment.",
        body=[
            questions(
                "",
                "",
                (
                    (
                        "没有注册能买吗？",
                        "能。留下手机号或邮箱就行，之后用订单号查看。",
                        "Can I buy without an account?",
                        "Yes. Leave a phone number or an e-mail, and find your order by its "
                        "number.",
                    ),
                    (
                        "价格怎么比？",
                        "每种规格旁边都写着每斤多少钱，大包装不一定更划算，看一眼就知道。",
                        "How do I compare prices?",
                        "Each pack says what a jin costs, so you see at once whether the large one "
                        "is cheaper.",
                    ),
                    (
                        "付款显示“处理中”怎么办？",
                        "请稍等，不要再付一次。付款成功后如果货已售完，系统会自动全额退款。",
                        "The payment says “processing”?",
                        "Please wait and do not pay again. If the goods are gone by the time your "
                        "payment arrives, all of it goes back to you.",
                    ),
                    (
                        "购物篮里的货会替我留着吗？",
                        "开始付款时留十五分钟。只放在购物篮里，货还是可能被别人买走。",
                        "Is what is in my basket kept for me?",
                        "For fifteen minutes once you begin to pay. Until then others can buy it.",
                    ),
                ),
            )
        ],
    ),
    Text(
        slug="delivery",
        title_zh="发货与收货",
        title_en="Delivery",
        introduction_zh="几个包裹、多久到、怎么查。",
        introduction_en="How many parcels, how long, and where they are.",
        body=[
            questions(
                "",
                "",
                (
                    (
                        "为什么一张订单分几个包裹？",
                        "每家合作社各自装箱发货，同一家合作社的货装在一个包裹里，运费按合作社计算。",
                        "Why do several parcels come?",
                        "Each cooperative packs and sends its own. What comes from one cooperative "
                        "travels in one parcel.",
                    ),
                    (
                        "多久发货？",
                        "每样商品页上写着：鲜肉和菌菇二十四小时内，水果四十八小时内，干货七十二小时内。",
                        "When is it sent?",
                        "Each produce says so: fresh meat and mushrooms within 24 hours, fruit "
                        "within "
                        "48, dried goods within 72.",
                    ),
                    (
                        "地址写错了？",
                        "装箱以前可以在订单里自己改。",
                        "A wrong address?",
                        "You can change it in your order until it is packed.",
                    ),
                ),
            )
        ],
    ),
    Text(
        slug="returns",
        title_zh="坏果包赔与退款",
        title_en="Damage and refunds",
        introduction_zh="坏了拍张照，钱原路退回。",
        introduction_en="Take a picture; the money goes back the way it came.",
        body=[
            questions(
                "",
                "",
                (
                    (
                        "收到时坏了怎么办？",
                        "打开订单，在那样商品下面点开报告，附一张照片。几天内可以报，商品页上写明。",
                        "Something arrived damaged?",
                        "Open your order, report it below that produce and add a picture. Until "
                        "when, "
                        "is said on its page.",
                    ),
                    (
                        "退款退到哪里？",
                        "原路退回。到账要几个工作日，看银行。",
                        "Where does a refund go?",
                        "The way the money came. How many working days it takes is up to your "
                        "bank.",
                    ),
                    (
                        "还没发货，想取消？",
                        "没有装箱的商品可以在订单里取消，货款和省下的运费一起退。",
                        "Cancel before it is sent?",
                        "What is not packed yet can be cancelled in your order.",
                    ),
                    (
                        "退款会从农户身上扣吗？",
                        "装箱前退的，还没有记到农户名下；装箱后的，由商品写明的一方承担，记在账上。",
                        "Do households pay for refunds?",
                        "Before packing nothing was credited yet. After it, who bears it is "
                        "decided "
                        "by rule for each produce, and is on the books.",
                    ),
                ),
            )
        ],
    ),
)
