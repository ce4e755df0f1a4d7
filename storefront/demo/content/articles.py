"""Articles and stories: seasons, storage, cooking, how pooling works."""

from dataclasses import dataclass
from datetime import date

from storefront.demo.content.blocks import Text, action, quote, shelf, steps, text

INDEX = Text(
    slug="stories",
    title_zh="山里的事",
    title_en="Stories and articles",
    introduction_zh="什么时候吃什么，怎么放，怎么煮，钱怎么分。",
    introduction_en="What to eat when, how to keep it, how to cook it, how the money is shared.",
    top=True,
    foot=True,
)


@dataclass(frozen=True)
class Writing:
    """An article, or with `partner` (a cooperative's code) a story from its village."""

    text: Text
    day: date
    produce: str = ""
    partner: str = ""


WRITINGS = (
    Writing(
        Text(
            slug="noodles",
            title_zh="红薯粉怎么煮不断条",
            title_en="Sweet potato noodles that do not break",
            introduction_zh="先泡后煮，出锅前再放盐。三步就够。",
            introduction_en="Soak, simmer, salt last: three steps are enough.",
            body=[
                text(
                    "<p>红薯粉只用红薯做，没有面筋，怕的是大火硬煮。冷水泡透，小火煮到没有白芯，"
                    "捞出来过一遍凉水，就又滑又韧。</p>",
                    "<p>Sweet potato noodles have no gluten and dislike a rolling boil. Soaked "
                    "through, "
                    "simmered until no white is left inside and rinsed once in cold water, they "
                    "come "
                    "out smooth and springy.</p>",
                ),
                steps(
                    "三步",
                    "Three steps",
                    (
                        (
                            "泡",
                            "冷水泡两小时，手能掐断就好。赶时间用温水，别用开水。",
                            "Soak",
                            "Two hours in cold water, until a nail goes through. Warm water if "
                            "you are "
                            "in a hurry, never boiling.",
                        ),
                        (
                            "煮",
                            "水开下粉，转小火五到八分钟，筷子轻轻拨散。",
                            "Simmer",
                            "Into boiling water, then five to eight minutes on a low flame; part "
                            "them "
                            "gently.",
                        ),
                        (
                            "拌",
                            "捞出过凉，最后放盐和油。酸菜、肉末、花生碎都配。",
                            "Dress",
                            "Rinse, and add salt and oil last. Pickles, minced meat and peanuts "
                            "all "
                            "go well.",
                        ),
                    ),
                ),
                text(
                    "<h2>剩下的怎么放</h2><p>没泡过的干粉密封防潮，可以放一年；泡过的当天吃完，"
                    "或沥干冷藏，第二天炒着吃。</p>",
                    "<h2>What is left over</h2><p>Dry and sealed they keep for a year. Once "
                    "soaked, eat "
                    "them the same day, or drain them, chill them and fry them the next.</p>",
                ),
            ],
        ),
        date(2026, 11, 16),
        produce="HSF",
    ),
    Writing(
        Text(
            slug="ratoon-rice",
            title_zh="二禾米是什么米",
            title_en="What ratoon rice is",
            introduction_zh="一次插秧，收两回。第二回就是它。",
            introduction_en="Planted once and cut twice: this is the second time.",
            body=[
                text(
                    "<p>头季稻收割时留下稻桩，施一次肥，灌一次水，稻桩会再抽穗，这叫再生稻，"
                    "当地叫二禾。不用再育秧、再插秧，省下一季的工。</p>"
                    "<p>第二季长在秋天，昼夜温差大，产量只有头季的一部分，米粒却更紧。</p>",
                    "<p>When the first rice is cut the stubble stays; fed and watered once more "
                    "it puts "
                    "out new ears. No new seedlings, no second planting.</p><p>The second crop "
                    "grows "
                    "in autumn, in warm days and cold nights. There is less of it, and the grain "
                    "is "
                    "firmer.</p>",
                ),
                text(
                    "<h2>怎么煮</h2><ul><li>煮饭：米和水一比一点二，泡二十分钟再煮。</li>"
                    "<li>煮粥：一比十，水开下米，小火四十分钟，起一层米油。</li></ul>",
                    "<h2>Cooking it</h2><ul><li>Rice: one part to 1.2 of water, soaked for twenty "
                    "minutes.</li><li>Porridge: one to ten, into boiling water, forty minutes on "
                    "a low "
                    "flame.</li></ul>",
                ),
                text(
                    "<h2>怎么放</h2><p>密封，阴凉，离地。五斤一袋吃得快，十斤一袋建议分两罐装。</p>",
                    "<h2>Keeping it</h2><p>Sealed, cool, off the floor. Put a bag of ten jin "
                    "into two "
                    "jars.</p>",
                ),
            ],
        ),
        date(2026, 11, 9),
        produce="EHM",
    ),
    Writing(
        Text(
            slug="keeping-the-harvest",
            title_zh="土豆、苹果、百香果，谁也别挨着谁",
            title_en="Potatoes, apples, passion fruit: keep them apart",
            introduction_zh="一箱到家，先分三处放，能多吃一个月。",
            introduction_en="Three places for three things, and you eat well for a month longer.",
            body=[
                text(
                    "<p>苹果熟了会放出乙烯，催着旁边的东西也熟：土豆会发芽，百香果会皱得更快。"
                    "所以到货第一件事，是把它们分开。</p>",
                    "<p>Ripe apples give off ethylene, which ripens whatever lies beside them: "
                    "potatoes "
                    "sprout, passion fruit shrivels. So the first thing to do with a box is to "
                    "part "
                    "its contents.</p>",
                ),
                steps(
                    "三处",
                    "Three places",
                    (
                        (
                            "土豆：暗处",
                            "纸箱开几个孔，放阴凉处，不要进冰箱，不要见光。能放四个月。",
                            "Potatoes: the dark",
                            "In a carton with holes, cool and out of the light, not in the fridge. "
                            "Four months.",
                        ),
                        (
                            "苹果：冰箱",
                            "一个个用纸包好，装袋扎口，冷藏。能放三个月。",
                            "Apples: the fridge",
                            "Each in paper, all in a closed bag. Three months.",
                        ),
                        (
                            "百香果：台面",
                            "没皱的放室温等它皱，皱了再进冰箱，两周内吃完。",
                            "Passion fruit: the table",
                            "Leave it until the skin wrinkles, then chill it and eat it within two "
                            "weeks.",
                        ),
                    ),
                ),
                quote(
                    "发了芽、变了绿的土豆不要吃，削掉也不行。",
                    "Potatoes that sprout or turn green are not for eating, not even peeled.",
                ),
                shelf("这一季的", "Of this season", limit=4),
            ],
        ),
        date(2026, 11, 2),
        produce="MLS",
    ),
    Writing(
        Text(
            slug="one-price",
            title_zh="同一筐梨，为什么同一个价",
            title_en="One crate of pears, one price",
            introduction_zh="均价是怎么算出来的，用六十斤和四十斤说给您听。",
            introduction_en="How the average price is made, told with sixty jin and forty.",
            body=[
                text(
                    "<p>两户邻居同一天把梨交到合作社，倒进同一个筐。周二的订单卖了三块，周五搞活动卖了两块八，"
                    "该谁拿三块，谁拿两块八？谁都说不清，也不该靠运气。</p>"
                    "<p>所以同一周交来的同一种货进一个销售池，池子里卖得的钱，按各家的斤两和等级来分。"
                    "谁的梨先装箱、卖给谁，都不影响他家的价。</p>",
                    "<p>Two neighbours hand in their pears on the same day, into the same crate. "
                    "On "
                    "Tuesday they sell for three yuan, on Friday for two eighty. Who gets which? "
                    "Nobody "
                    "can say, and it should not be luck.</p><p>So what was delivered in one week "
                    "forms "
                    "one sales pool, and what the pool earns is shared by weight and grade. Whose "
                    "pears were packed first makes no difference.</p>",
                ),
                text(
                    "<h2>算一遍</h2><p>甲户六十斤，乙户四十斤，都是一级，一共卖得一千元。</p><ul>"
                    "<li>合作社服务费百分之八：八十元</li><li>村集体提留百分之二：二十元</li>"
                    "<li>剩下九百元，甲户五百四十元，乙户三百六十元</li></ul>"
                    "<p>除不尽的几分钱留在池里，等池子卖完、货款都放行了，再按最大余数分掉，一分不多，一分不少。</p>",
                    "<h2>The sum</h2><p>Sixty jin and forty, both of grade A, sold for "
                    "¥1,000.00.</p><ul>"
                    "<li>service fee, 8 %: ¥80.00</li><li>village fund, 2 %: ¥20.00</li>"
                    "<li>of the other ¥900.00 the first has ¥540.00, the second ¥360.00</li></ul>"
                    "<p>The few fen that cannot be divided stay in the pool until it is "
                    "finished, and are "
                    "then handed out by largest remainder: none too many, none lost.</p>",
                ),
                action(
                    "想看完整的五步？",
                    "All five steps",
                    "货款怎样到农户",
                    "How your money reaches the village",
                    "/money/",
                ),
            ],
        ),
        date(2026, 10, 26),
        produce="XL",
    ),
    Writing(
        Text(
            slug="picked-after-you-order",
            title_zh="现摘现发：为什么要多等一天",
            title_en="Picked after you order: why it takes a day",
            introduction_zh="鲜果不在仓库里等您，它还在树上。",
            introduction_en="The fruit does not wait in a warehouse. It is still on the tree.",
            body=[
                text(
                    "<p>下单那一刻，合作社的可采承诺里就扣掉了这几斤：哪一天能采多少，农户提前报了数。"
                    "报多少卖多少，所以商品页说有，就是真的有。</p>"
                    "<p>采摘、过秤、装箱，一般在二十四到四十八小时内完成。页面上写的发货时限，就是这一段。</p>",
                    "<p>The moment you order, so many jin are taken off what the households said "
                    "they can "
                    "pick, and on which day. No more is sold than was promised: what the page "
                    "says is "
                    "there, is there.</p><p>Picking, weighing and packing take 24 to 48 hours. "
                    "That is "
                    "the time the page names.</p>",
                ),
                text(
                    "<h2>干货呢</h2><p>粉、米、油、干菌有现货，合作社先发最先到期的批次，七十二小时内寄出。</p>"
                    "<h2>下雨怎么办</h2><p>采不了就是采不了。货不够时，先付款的先发，缺的部分自动退款，"
                    "不会拿别处的货来顶。</p>",
                    "<h2>And dried goods?</h2><p>Noodles, rice, oil and dried mushrooms are in "
                    "store; the "
                    "lot that expires first goes first, within 72 hours.</p><h2>When it "
                    "rains</h2><p>What "
                    "cannot be picked cannot be picked. Who paid first is served first, the rest "
                    "is "
                    "refunded by itself, and nothing from elsewhere is put into the box.</p>",
                ),
                shelf("现在能采的", "What can be picked now", limit=4),
            ],
        ),
        date(2026, 10, 12),
        produce="BXG",
    ),
    Writing(
        Text(
            slug="a-year-in-jiawa",
            title_zh="加瓦的一年：菌子接着果子",
            title_en="A year in Jiawa: mushrooms, then fruit",
            introduction_zh="从十月的鲜香菇，到来年十二月的百香果。",
            introduction_en="From the shiitake of October to the passion fruit of December.",
            body=[
                text(
                    "<p>翻开加瓦村的货单，一年十二个月，月月有名字。</p><ul>"
                    "<li>十月到来年四月：鲜香菇，采下来二十四小时内发走。</li>"
                    "<li>四月到十一月：黑木耳，晒干，半斤一包。</li>"
                    "<li>六月到十二月：百香果，现摘现发。</li>"
                    "<li>全年：干香菇，鲜的吃不完，就晒起来。</li></ul>",
                    "<p>Jiawa has a name for each month of the year.</p><ul><li>October to "
                    "April: fresh "
                    "shiitake, sent within 24 hours.</li><li>April to November: wood ear, dried, "
                    "half a "
                    "jin to a bag.</li><li>June to December: passion fruit, picked after you "
                    "order.</li>"
                    "<li>All year: dried shiitake.</li></ul>",
                ),
                quote(
                    "泡干香菇的水是汤，别倒。",
                    "The water of dried shiitake is soup. Keep it.",
                    "厨房里的老话",
                    "a saying of the kitchen",
                ),
                shelf("加瓦的货", "From Jiawa", rule="village", village="CJ-JIAWA"),
            ],
        ),
        date(2026, 11, 18),
        produce="XG",
        partner="CJ-JIAWA",
    ),
    Writing(
        Text(
            slug="angelica-of-muer",
            title_zh="村名叫木耳，种的是当归",
            title_en="A village named after a mushroom",
            introduction_zh="十月开始挖当归，到十二月收完。",
            introduction_en="It grows angelica, dug from October to December.",
            body=[
                text(
                    "<p>第一次看到货单的人都会问：木耳村怎么不卖木耳？木耳村种的是当归，十月挖起，晾干，"
                    "半斤一袋，密封能放一年半。</p>"
                    "<p>冬天炖汤，两三片就够。羊肉、鸡、鸡蛋都配，最后放一小撮盐。</p>",
                    "<p>Everybody asks why Mu'er, which means wood ear, sells none. It grows "
                    "angelica: dug "
                    "in October, dried, half a jin to a bag, good for a year and a "
                    "half.</p><p>Two or "
                    "three slices are enough for a winter soup of mutton or chicken, and a pinch "
                    "of salt "
                    "at the end.</p>",
                ),
                text(
                    "<p>当归是药食两用的东西。孕期、正在用药，或者有慢性病，先问医生再吃。</p>",
                    "<p>Angelica is food and medicine both. Ask a doctor first if you are "
                    "pregnant, take "
                    "medication or have a chronic illness.</p>",
                ),
            ],
        ),
        date(2026, 10, 20),
        produce="DG",
        partner="DC-MUER",
    ),
)
