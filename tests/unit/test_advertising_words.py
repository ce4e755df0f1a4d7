"""Words that advertising must not use: found with their place, and no alarm for plain language."""

import pytest
from django.utils.translation import override

from livestream.sessions.templatetags.live import marked, offset
from livestream.sessions.words import FILE, forbidden_words, warnings_of


def words(text: str) -> list[str]:
    return [found.word for found in forbidden_words(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("村里最甜的梨", ["最甜"]),
        ("最", ["最"]),
        ("最好吃的米", ["最好吃"]),
        ("销量最高级别", ["最高级"]),
        ("全网最低价", ["最低价"]),
        ("口感最佳", ["最佳"]),
        ("最多人回购", ["最多人"]),
        ("全国第一", ["全国第一"]),
        ("中国第一个", ["中国第一"]),
        ("品质第一，服务第二", ["品质第一"]),
        ("第一品牌", ["第一品牌"]),
        ("村里第一", ["第一"]),
        ("国家级品质", ["国家级"]),
        ("顶级食材，绝对新鲜", ["顶级", "绝对"]),
        ("唯一产地，首选", ["唯一", "首选"]),
        ("100%天然", ["100%"]),
        ("１００％", []),  # nobody types it so
        ("100 ％正宗，百分之百放心", ["100 ％", "百分之百"]),
        ("销量冠军", ["销量冠军"]),
        ("机关特供", ["机关特供"]),
        ("特效药膳，治疗咳嗽", ["特效", "治疗"]),
        ("降血糖，消炎，补肾", ["降血糖", "消炎", "补肾"]),
        ("无任何副作用", ["无任何副作用"]),
        ("史上，纯天然", ["史上", "纯天然"]),
    ],
)
def test_words_that_the_law_forbids_are_found(text, found):
    assert words(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Five jin of pears, picked today",
        "最近新到，最后一天，最终价格，最初的味道",
        "每人最多两份，最少一份，最早明天、最晚后天发货",
        "最好用温水泡，最快48小时发出，最快明天到",
        "我最爱吃，最喜欢，最怕压坏",
        "最佳食用期三天，最低气温零下五度，最高海拔一千二百米",
        "第一次直播，第一天上架，第一批新米，第一个到村里，第一步先洗",
        "第一书记和第一食堂都来了，第一时间发货",
        "第一，皮薄；第二，汁多",
        "第一是甜，第二是脆",
        "安全第一",
        "第一百单送一袋",
        "全国第一批示范村",
        "国家级自然保护区旁边的村子",
        "绝对湿度，唯一编号",
        "100%果汁，1100%",
        "防治病虫害，防病虫",
        "巴氏杀菌的鲜奶，高温杀菌",
        "本品不能代替药物治疗，没有治疗作用",
        "历史上是贡米产地",
        "食堂专供的大袋装",
        "净重5斤，一级果，特级干菇",
    ],
)
def test_ordinary_words_raise_no_alarm(text):
    assert words(text) == []


def test_a_word_comes_with_its_place_and_the_reason():
    text = "皮薄汁多，顶级雪梨，最近上市，能治疗咳嗽"

    found = forbidden_words(text)

    assert [(start, end, word) for start, end, word, _ in found] == [
        (5, 7, "顶级"),
        (16, 18, "治疗"),
    ]
    assert all(text[start:end] == word for start, end, word, _ in found)
    with override("en"):
        assert [str(reason) for *_, reason in found] == [
            "an absolute claim (Advertising Law, article 9)",
            "a medical claim, which food must not make (Advertising Law, article 17)",
        ]
    assert [row[:3] for row in warnings_of(text)] == [
        ("皮薄汁多，", "顶级", "雪梨，最近上市，"),
        ("梨，最近上市，能", "治疗", "咳嗽"),
    ]


def test_the_table_names_its_source():
    head = FILE.read_text(encoding="utf-8").split("[[rule]]")[0]

    assert "广告法" in head
    assert all(f"art. {article}" in head for article in (9, 17, 28))


def test_a_marked_text_is_escaped():
    with override("en"):
        assert marked("<b>顶级</b>&最近") == (
            '&lt;b&gt;<mark title="an absolute claim (Advertising Law, article 9)">顶级</mark>'
            "&lt;/b&gt;&amp;最近"
        )


def test_a_long_text_takes_no_time():
    assert len(words("最甜，不能第一，" * 2_000)) == 4_000


@pytest.mark.parametrize(
    ("milliseconds", "shown"), [(None, ""), (0, "0:00:00"), (3_723_999, "1:02:03")]
)
def test_how_far_into_a_session(milliseconds, shown):
    assert offset(milliseconds) == shown
