"""The villages: what grows there and when. Names, seasons and packs are those of the data."""

from dataclasses import dataclass

from storefront.demo.content.blocks import Text, text


@dataclass(frozen=True)
class Village:
    """The words of one village's page, by the code of its cooperative."""

    code: str
    slug: str
    introduction_zh: str
    introduction_en: str
    body_zh: str
    body_en: str


INDEX = Text(
    slug="villages",
    title_zh="村子",
    title_en="The villages",
    introduction_zh="每一样山货都有来处。这里是种它、养它的村子，和把它装进箱子的合作社。",
    introduction_en=(
        "Everything here comes from somewhere. These are the villages that grow it, and the "
        "cooperatives that pack it."
    ),
    top=True,
    foot=True,
)

VILLAGES = (
    Village(
        "GY-YONGFU",
        "yongfu",
        "秋冬做红薯粉，盛夏摘雪梨。",
        "Sweet potato noodles from autumn to spring, snow pears in high summer.",
        "十一月起，新一季的红薯粉开始上架，一直卖到来年三月。一斤的小袋适合尝鲜，五斤够一家人吃一阵，"
        "二十斤的食堂装给单位和食堂。夏天的雪梨由永富、三树、商家三个村一起供应，哪家装箱，货款就记到哪家。",
        "The new season's noodles arrive in November and last until March: a pound to try, five "
        "for "
        "a family, twenty for a canteen. In summer the snow pears come from Yongfu, Sanshu and "
        "Shangjia together; whichever cooperative packs your box is credited for it.",
    ),
    Village(
        "GY-SANSHU",
        "sanshu",
        "头茬收了不翻地，留着稻桩再长一季，就是二禾米。",
        "Cut the rice, leave the stubble, and it grows once more: that is ratoon rice.",
        "二禾米从十月收到十二月，产量比头茬少，米粒却更紧实，煮粥起一层米油。收下来装成五斤、十斤，"
        "还有给食堂的五十斤。夏天这里也供雪梨。",
        "The second crop is harvested from October to December. There is less of it than of the "
        "first, and it is firmer and makes a silky porridge. It comes in packs of five and ten "
        "jin, "
        "and fifty for canteens. In summer the village also has snow pears.",
    ),
    Village(
        "GY-DONGYANG",
        "dongyang",
        "六月到十二月都有百香果，切开就是一屋子香。",
        "Passion fruit from June to December: cut one open and the whole room knows.",
        "百香果下单后才采，皮起皱时最甜。六、七月还有奈李，三斤、五斤两种装；散养的战斗鸡全年供应，"
        "整只约三斤，冷链发出。",
        "The fruit is picked after you order; it is sweetest when the skin begins to wrinkle. June "
        "and July bring nai plums as well, and free-range fighting cocks are sent chilled all "
        "year.",
    ),
    Village(
        "GY-SHUNXI",
        "shunxi",
        "七月到九月晾晒的金槐米，和初夏的奈李。",
        "Pagoda tree buds, dried from July to September, and the nai plums of early summer.",
        "金槐米是槐树没有开的花蕾，趁含苞时采下晒干，半斤一罐，常用来泡水。奈李与东阳、大源两个村一起供应。",
        "They are the unopened flower buds of the pagoda tree, picked and dried before they "
        "bloom and "
        "mostly drunk as an infusion. The nai plums are supplied together with Dongyang and "
        "Dayuan.",
    ),
    Village(
        "GY-DAYUAN",
        "dayuan",
        "养白玉蜗牛的村子，全年冷冻发货。",
        "The village that raises white jade snails, sent frozen all year.",
        "白玉蜗牛冷冻发货，一斤一袋，可以冻上半年，解冻后快炒或焗烤都行。六、七月还有奈李。",
        "The snails come frozen, one jin to a bag, and keep for half a year; thaw them and "
        "fry them fast or bake them. In June and July there are nai plums.",
    ),
    Village(
        "GY-SHANGJIA",
        "shangjia",
        "霜降前后收茶果，十一月出新油。",
        "Camellia fruit is gathered when the first frost comes; the new oil is there in November.",
        "新榨的山茶油从十一月卖到来年二月，一斤瓶装，五斤桶装，避光可以放一年半。拌面、炖鸡，一小勺就够香。"
        "夏天的雪梨，商家村也有一份。",
        "The new oil is sold from November to February, in bottles of one jin and cans of five; "
        "kept "
        "from light it lasts a year and a half. A small spoon is enough. In summer Shangjia has "
        "its "
        "part of the snow pears.",
    ),
    Village(
        "YS-XIAOSHI",
        "xiaoshi",
        "鲜牛肉四季都有，天冷了还有羊肉。",
        "Beef in every season, and mutton when it turns cold.",
        "鲜牛肉全年都有，二斤装够一顿，十斤装给食堂；羊肉是秋冬的味道，十月到来年三月供应。"
        "鲜肉二十四小时内发出，收到请尽快吃，或分小份冷冻。",
        "There is beef all year, two jin for a meal and ten for a canteen; mutton belongs to the "
        "cold "
        "months, from October to March. Fresh meat leaves within twenty-four hours: eat it soon, "
        "or "
        "freeze it in small portions.",
    ),
    Village(
        "YS-NONGLIN",
        "nonglin",
        "大红袍花椒，七月到九月采晒，一罐麻到来年。",
        "Dahongpao pepper, picked and dried from July to September.",
        "花椒要赶晴天采，当天摊开晒，裂口见红才算好。一百克的小罐放在灶边，一斤的袋装给爱吃麻的人家。"
        "装进密封罐，避光放，能香一整年。",
        "Sichuan pepper is picked on a clear day and spread in the sun at once, until it opens and "
        "shows its red. A small tin for the stove, a bag of one jin for who loves it. Sealed and "
        "out "
        "of the light it keeps its scent for a year.",
    ),
    Village(
        "GZ-DEMAIBA",
        "demaiba",
        "高原上的青稞、雪菊和春天的羊肚菌。",
        "Highland barley, snow chrysanthemum, and morels in spring.",
        "黑青稞九月到十二月收，煮饭前泡一夜，嚼着有劲；青稞酒全年都有，未成年人请勿饮酒。八月到十月采雪菊，"
        "三月到五月找羊肚菌，五十克干品就能炖一锅好汤。",
        "Black barley is harvested from September to December: soak it overnight and it has a fine "
        "bite. Barley wine is there all year, for adults only. Snow chrysanthemum is picked from "
        "August to October, morels from March to May; fifty grams, dried, make a pot of soup.",
    ),
    Village(
        "GZ-GEERGOU",
        "geergou",
        "藏香猪、藏鸡蛋、紫皮土豆，一年四季都有得吃。",
        "Tibetan pork and eggs, purple-skinned potatoes: something for every season.",
        "藏香猪肉在十一月到来年二月冷冻发出，鸡蛋三十枚一箱，全年供应。紫皮土豆八月到十一月起地，"
        "四季豆六月到九月冷藏发货：豆角一定要煮透再吃。",
        "The pork is sent frozen from November to February; thirty eggs come in a box all year "
        "round. "
        "Purple potatoes are dug from August to November, and green beans are sent chilled from "
        "June "
        "to September: cook them through.",
    ),
    Village(
        "RS-XINAN",
        "xinan",
        "三月到五月做高山绿茶，秋冬有香鸭。",
        "Mountain green tea from March to May, duck in autumn and winter.",
        "春茶讲究早，一百克罐装自己喝，半斤礼盒送人，密封避光可以放一年半。香鸭九月到来年二月供应，整只约四斤，"
        "冷链二十四小时内发出。",
        "Spring tea is a matter of days: a tin of a hundred grams for oneself, a box of half a "
        "jin to "
        "give away. The ducks are there from September to February, about four jin each, and leave "
        "chilled within twenty-four hours.",
    ),
    Village(
        "CJ-JIAWA",
        "jiawa",
        "菌子接着果子，一年不断。",
        "Mushrooms, then fruit, then mushrooms: the year has no gap.",
        "鲜香菇十月采到来年四月，五斤一箱，二十四小时内冷链发出；接着是四月到十一月的黑木耳，六月到十二月的百香果。"
        "干香菇全年都有，泡发的水别倒，拿来炖汤最鲜。",
        "Fresh shiitake from October to April, then wood ear until November, and passion fruit "
        "from "
        "June to December. Dried shiitake is there all year: keep the water you soak it in, it "
        "is the "
        "best of the soup.",
    ),
    Village(
        "DC-MUER",
        "muer",
        "村名叫木耳，种的是当归。",
        "The village is named after a mushroom, and grows angelica.",
        "当归十月到十二月采挖，晾干后半斤一袋。冬天炖羊肉、炖鸡，放两三片就有药香。它是药食两用的东西，"
        "孕期或正在用药，请先问过医生。",
        "The roots are dug from October to December and dried. Two or three slices scent a pot of "
        "mutton or chicken. It is food and medicine both: ask a doctor first if you are pregnant "
        "or "
        "take medication.",
    ),
    Village(
        "YY-KEDENG",
        "kedeng",
        "盐源苹果，九月下树，能脆到年底。",
        "Yanyuan apples, picked from September and crisp until the year ends.",
        "苹果九月到十二月发货，五斤尝鲜，十斤一家人吃，三十斤给食堂。放冰箱冷藏，三个月里都好吃。",
        "The apples are sent from September to December: five jin to try, ten for a family, "
        "thirty for a canteen. In the fridge they stay "
        "good for three months.",
    ),
    Village(
        "XJ-XIAOZHUANG",
        "xiaozhuang",
        "西吉马铃薯，从九月一直供到来年四月。",
        "Xiji potatoes, from September until April.",
        "马铃薯好不好，蒸一个就知道。十斤装一家人吃一阵，五十斤装给食堂，阴凉避光放，"
        "四个月不成问题；发芽变绿的不要吃。",
        "Steam one and you know whether a potato is good. Ten jin for a family, fifty for a "
        "canteen; "
        "in a cool dark place they keep for four months. Those that sprout or turn green are not "
        "for "
        "eating.",
    ),
    Village(
        "JY-LIZIPING",
        "liziping",
        "十月挖魔芋，全年做魔芋豆腐。",
        "Konjac is dug from October; konjac tofu is made all year.",
        "鲜魔芋十月到来年一月供应，生的有毒，一定要加碱煮透，手上皮肤敏感的请戴手套处理。"
        "嫌麻烦，就买做好的魔芋豆腐，一斤一盒，焯一下就能烧菜。",
        "Fresh konjac is there from October to January. Raw it is poisonous: boil it thoroughly "
        "with "
        "alkali, and wear gloves if your skin is sensitive. Or take the tofu that is made of it: "
        "blanch it, and it is ready for the pan.",
    ),
)


# As pinyin writes them where a syllable begins with a vowel.
SPELT = {"geergou": "Ge'ergou", "xinan": "Xin'an", "muer": "Mu'er"}


def english_name(village: Village) -> str:
    """A village's name in Latin letters."""
    return SPELT.get(village.slug, village.slug.capitalize())


def body(village: Village) -> list[dict]:
    """A village's own words; what it sells comes by itself below them."""
    return [text(f"<p>{village.body_zh}</p>", f"<p>{village.body_en}</p>")]


def cooperative_introduction(village_name: str, village_en: str) -> tuple[str, str]:
    """The introduction of a cooperative's page, in Chinese and in English."""
    return (
        f"{village_name}的农户把收下的东西交到合作社，由合作社过秤、定级、装箱、发货。",
        f"Households of {village_en} hand in what they harvest; the cooperative weighs it, grades "
        "it, packs it and sends it.",
    )


COOPERATIVE = [
    text(
        "<h2>合作社做什么</h2><ul><li>交售时当面过秤，记下斤两和等级，一次一个批次。</li>"
        "<li>鲜货接到订单再采，干货从最先到期的批次发起。</li>"
        "<li>同一家合作社的货装在一个包裹里。</li></ul>"
        "<h2>钱怎么分</h2><p>货款先扣合作社服务费和村集体提留，其余按各户交货的斤两和等级记到户。"
        '每一步的做法写在<a href="/money/">货款怎样到农户</a>。</p>',
        "<h2>What it does</h2><ul><li>Each lot is weighed and graded when it is handed in, and "
        "written down.</li><li>Fresh produce is picked when there is an order for it; of dried "
        "goods "
        "the lot that expires first goes first.</li><li>What one cooperative sends travels in one "
        "parcel.</li></ul><h2>How the money is shared</h2><p>The service fee and the village "
        "fund are "
        "taken off; the rest is credited to the households by the weight and grade of what they "
        'delivered. Each step is described in <a href="/money/">how your money reaches the '
        "village</a>.</p>",
    )
]
