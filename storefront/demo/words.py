"""The demo's other words: what buyers type, and what our names say."""

from storefront.search.services import reindex, save_synonyms

# (what people type, what it means in our names)
OTHER_WORDS = (
    ("洋芋，土豆，马铃薯，山药蛋，洋山芋", "土豆，马铃薯"),
    ("番薯，地瓜，红苕，山芋，甘薯", "红薯"),
    ("粉条，粉丝，苕粉，酸辣粉，vermicelli，glass noodles", "红薯粉"),
    ("西番莲，鸡蛋果，热情果，granadilla，maracuja", "百香果"),
    ("大米，米饭，rice，new rice", "二禾米"),
    ("土鸡，走地鸡，鸡肉，公鸡，chicken，rooster", "战斗鸡"),
    ("土鸡蛋，柴鸡蛋，鸡子，egg，chicken egg", "鸡蛋"),
    ("腊肉，五花肉，排骨，土猪肉，pork，bacon", "猪肉"),
    ("黄牛肉，牛腩，牛腱子，steak", "牛肉"),
    ("山羊肉，绵羊肉，lamb，goat", "羊肉"),
    ("鸭肉，土鸭，duck meat", "香鸭"),
    ("梨子，鸭梨，pear", "雪梨"),
    ("李子，plum", "奈李"),
    ("苹果，apple，fuji", "苹果"),
    ("冬菇，花菇，mushroom", "香菇"),
    ("云耳，黑菜，black fungus，mushroom", "木耳"),
    ("羊肚菇，mushroom", "羊肚菌"),
    ("茶籽油，木籽油，食用油，cooking oil", "茶油"),
    ("麻椒，川椒，sichuan pepper", "花椒"),
    ("白酒，烧酒，spirits，liquor", "青稞酒"),
    ("菊花，菊花茶，chrysanthemum tea", "雪菊"),
    ("茶叶，春茶，tea leaf", "绿茶"),
    ("豆角，芸豆，刀豆，string beans", "四季豆"),
    ("蒟蒻，konnyaku，shirataki", "魔芋"),
    ("槐花，槐花米，sophora", "槐米"),
    ("全归，归身，dong quai", "当归"),
    ("法国蜗牛，escargot", "蜗牛"),
    ("青稞，barley", "青稞"),
    ("药材，草药，中药，herbs，medicine", "中药材"),
    ("蘑菇，菌子，山珍，mushroom", "菌菇山珍"),
    ("荤菜，肉类，meat", "禽畜蛋肉"),
    ("饮料，茶水，drinks", "酒水茶饮"),
    ("粮食，干货，杂粮，staples", "粮油干货"),
    ("青菜，vegetables，greens", "新鲜蔬菜"),
    ("果子，鲜果，fruits", "新鲜水果"),
)


def make_other_words() -> None:
    """Add the rows that are missing, and bring the search up to date."""
    save_synonyms(OTHER_WORDS)
    reindex()
