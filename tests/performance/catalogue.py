"""A large catalogue, made up but like ours: for measuring at 2,000 and 20,000 produce.

Each produce has a county, a quality and a kind in its name (灌阳高山百香果), two packs, and one
cooperative or two with stock in a pool. Rows are written with COPY; the same number gives the same
catalogue.
"""

import random
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction
from oscar.core.loading import get_model
from psycopg import sql

from catalog.clock import now
from catalog.models import Category, Produce, Product
from cooperatives.partner.models import Partner, StockPool, StockRecord
from storefront.search.services import reindex

ProductClass = get_model("catalogue", "ProductClass")


def _words(text: str) -> list[str]:
    return text.split()


COUNTIES = _words(
    """
    灌阳 从江 盐源 西吉 永寿 新龙 丹巴 融水 宕昌 金阳 昭苏 赫章 威宁 雷山 榕江 黎平 剑河
    台江 三都 荔波 平塘 罗甸 紫云 望谟 册亨 晴隆 普安 龙胜 资源 三江 罗城 环江 东兰 巴马
    凤山 都安 大化 忻城 德保 靖西 那坡 凌云 乐业 田林 西林 隆林 马山 上林 隆安 天等 屏边
    金平 绿春 红河 元阳 麻栗坡 马关 广南 富宁 西畴 镇雄 彝良 大关 永善 巧家 会泽 宁蒗
    兰坪 泸水 福贡 贡山 维西 德钦 香格里拉 木里 布拖 昭觉 喜德 越西 甘洛 美姑 雷波
    """
)
QUALITIES = (
    ("高山", "mountain"),
    ("生态", "natural"),
    ("老树", "old-tree"),
    ("野生", "wild"),
    ("林下", "forest"),
    ("富硒", "selenium"),
    ("古法", "traditional"),
    ("手工", "handmade"),
    ("头茬", "first-crop"),
    ("本地", "local"),
    ("", ""),
)
# A kind and its English name.
KINDS = {
    "新鲜水果": """
        百香果 passion fruit, 雪梨 snow pear, 奈李 nai plum, 苹果 apple,
        蜜桃 honey peach, 脐橙 navel orange, 沙田柚 pomelo, 猕猴桃 kiwi fruit,
        蓝莓 blueberry, 杨梅 bayberry, 火龙果 dragon fruit, 石榴 pomegranate
    """,
    "新鲜蔬菜": """
        土豆 potato, 紫薯 purple yam, 魔芋 konjac, 四季豆 green beans, 生姜 ginger,
        大蒜 garlic, 南瓜 pumpkin, 萝卜 radish, 莲藕 lotus root, 竹笋 bamboo shoot,
        辣椒 chilli, 芋头 taro
    """,
    "粮油干货": """
        红薯粉 sweet potato noodles, 二禾米 ratoon rice, 山茶油 camellia oil,
        花椒 pepper, 黑米 black rice, 小米 millet, 荞麦面 buckwheat noodles, 核桃 walnut,
        板栗 chestnut, 红豆 red bean, 蜂蜜 honey, 葛根粉 kudzu starch
    """,
    "禽畜蛋肉": """
        土鸡 chicken, 鸡蛋 eggs, 香鸭 duck, 牛肉 beef, 羊肉 mutton, 黑猪肉 black pork,
        腊肉 cured pork, 鹅 goose, 鸽子 pigeon, 蜗牛 snail
    """,
    "菌菇山珍": """
        香菇 shiitake, 木耳 wood ear, 羊肚菌 morel, 竹荪 bamboo fungus, 灵芝 lingzhi,
        茶树菇 tea tree mushroom, 牛肝菌 porcini, 银耳 snow fungus
    """,
    "酒水茶饮": """
        绿茶 green tea, 红茶 black tea, 白茶 white tea, 青稞酒 barley wine,
        雪菊 snow chrysanthemum
    """,
    "中药材": """
        当归 angelica root, 天麻 gastrodia, 党参 codonopsis, 金槐米 pagoda tree bud,
        黄精 polygonatum
    """,
}
TEXTS = ("下单后现摘现发，合作社装箱。", "晒干后装袋，放阴凉处保存。", "村里人自己吃的，炖汤最香。")
PACKS = (("3斤装", 1500), ("10斤家庭装", 5000))
VILLAGES = _words("永富 三树 东阳 顺溪 大源 商家 小石 农林 新安 小庄")


def copy_in(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Write new rows with COPY, and give each its key."""
    fields = list(model._meta.local_concrete_fields)
    key = model._meta.pk
    assert key is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, key.column, len(rows)],
        )
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(model._meta.db_table),
            sql.SQL(", ").join(sql.Identifier(one.column) for one in fields),
        )
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_value(one, row) for one in fields])


def _value(field: models.Field, row: models.Model) -> Any:
    value = field.pre_save(row, add=True)
    if value is None or isinstance(field, models.FileField):
        return value if value is None else str(value)
    if isinstance(field, models.DecimalField | models.DateTimeField):
        return value
    return field.get_db_prep_save(value, connection)


def _names() -> list[tuple[str, str, str, str]]:
    """(category, county, Chinese name, English name), all different, in an order of chance."""
    found = []
    for category, kinds in KINDS.items():
        for kind in kinds.split(","):
            zh, _, en = kind.strip().partition(" ")
            for county in COUNTIES:
                for quality_zh, quality_en in QUALITIES:
                    name_en = " ".join(filter(None, (quality_en, en)))
                    found.append((category, county, f"{county}{quality_zh}{zh}", name_en))
    random.Random(4).shuffle(found)
    return found


@transaction.atomic
def make_catalogue(count: int, prefix: str = "CAT") -> list[Produce]:
    """Make so many produce (at most 57,000) with all that sells them, searched and in stock."""
    chance = random.Random(count)
    kind, _ = ProductClass.objects.get_or_create(name="produce", defaults={"track_stock": False})
    categories = {name: _category(name) for name in KINDS}
    partners = _partners(max(16, min(400, count // 50)), prefix)
    by_county: dict[str, list[Partner]] = {}
    for partner in partners:
        by_county.setdefault(partner.county.removesuffix("县"), []).append(partner)
    produce, packs, pools, records = [], [], [], []
    for number, (category, _, name_zh, name_en) in enumerate(_names()[:count]):
        start = chance.randrange(12)
        produce.append(
            Produce(
                code=f"{prefix}{number:05}",
                name_zh=name_zh,
                name_en=name_en,
                description_zh=TEXTS[number % len(TEXTS)],
                category=categories[category],
                season_from=start + 1,
                season_to=(start + chance.randrange(2, 8)) % 12 + 1,
                shelf_days=30,
                ship_within_hours=48,
                return_days=7,
                temperature="ambient",
                gi_certificate="DEMO" if number % 40 == 0 else "",
            )
        )
    copy_in(Produce, produce)
    for one in produce:
        for place, (pack, grams) in enumerate(PACKS, 1):
            title = f"{one.name_zh} {pack}"
            packs.append(
                Product(
                    title=title,
                    slug=f"{one.code}-{place}".lower(),
                    upc=f"{one.code}-{place}",
                    product_class=kind,
                    produce=one,
                    pack_zh=pack,
                    net_grams=grams,
                    offer_price=Decimal(chance.randrange(900, 9000)) * grams / 150_000 + 1,
                )
            )
    for pack in packs:
        pack.offer_price = pack.offer_price.quantize(Decimal("0.01"))
    copy_in(Product, packs)
    for number, (one, (_, county, _, _)) in enumerate(zip(produce, _names(), strict=False)):
        sellers = by_county.get(county) or [partners[number % len(partners)]]
        first = sellers[number % len(sellers)]
        second = partners[(number * 7 + 3) % len(partners)]
        chosen = {first.pk: first} | ({second.pk: second} if number % 5 == 0 else {})
        for partner in chosen.values():
            stock = 0 if number % 17 == 0 else chance.randrange(5_000, 900_000)
            next_change = now() + timedelta(days=9)
            pools.append(
                StockPool(partner=partner, produce=one, on_hand=stock, next_change_at=next_change)
            )
    copy_in(StockPool, pools)
    packs_of: dict[int, list[Product]] = {}
    for pack in packs:
        packs_of.setdefault(pack.produce_id, []).append(pack)
    for pool in pools:
        for pack in packs_of[pool.produce_id]:
            records.append(
                StockRecord(
                    partner_id=pool.partner_id,
                    product=pack,
                    partner_sku=pack.upc,
                    price=pack.offer_price,
                    price_currency="CNY",
                    pool=pool,
                )
            )
    copy_in(StockRecord, records)
    reindex()
    return produce


def analyse(owner_url: str) -> None:
    """Give the planner its statistics, as autovacuum does on a server: the owner's right."""
    import psycopg

    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


def _category(name: str) -> Category:
    return Category.objects.filter(name=name).first() or Category.add_root(name=name)


def _partners(count: int, prefix: str) -> list[Partner]:
    rows = []
    for number in range(count):
        county = COUNTIES[number % len(COUNTIES)]
        village = f"{VILLAGES[number // len(COUNTIES) % len(VILLAGES)]}村"
        rows.append(
            Partner(
                code=f"{prefix}-{number:03}",
                name=f"{county}{village}种植专业合作社",
                province="云南",
                county=f"{county}县",
                county_code="530000",
                village=village,
            )
        )
    copy_in(Partner, rows)
    return rows
