"""Names of counties and villages in both languages."""

from functools import cache, lru_cache
from typing import Any

from django.utils.translation import get_language

# Places that are said otherwise than the dictionary says.
READINGS = {"宕昌": [["tàn"], ["chāng"]]}
# Provinces that English doesn't write as they sound.
PROVINCES = {
    "陕西": "Shaanxi",
    "内蒙古": "Inner Mongolia",
    "西藏": "Xizang",
    "香港": "Hong Kong",
    "澳门": "Macao",
}
# What kind of place it is: the last characters of its name, the longest first.
KINDS = {
    "自治县": "Autonomous County",
    "县": "County",
    "市": "City",
    "区": "District",
    "旗": "Banner",
    "镇": "Town",
    "乡": "Township",
    "村": "Village",
    "社区": "Community",
}
PEOPLES = {
    "苗族": "Miao",
    "侗族": "Dong",
    "瑶族": "Yao",
    "壮族": "Zhuang",
    "彝族": "Yi",
    "回族": "Hui",
    "藏族": "Tibetan",
    "羌族": "Qiang",
    "土家族": "Tujia",
    "布依族": "Buyei",
    "各族": "Multi-Ethnic",
}


@cache
def dictionary() -> Any:
    """The dictionary of sounds, which is loaded at first use."""
    import pypinyin

    pypinyin.load_phrases_dict(READINGS)
    return pypinyin


def is_english() -> bool:
    """Whether the page is in English."""
    return (get_language() or "").startswith("en")


def place_name(zh: str, en: str = "") -> str:
    """A county's or village's name in the page's language; without an English one as it sounds."""
    return (en or in_english(zh)) if is_english() else zh


@lru_cache(maxsize=4096)
def in_english(name: str) -> str:
    """A Chinese place as atlases write it: 灌阳县 is Guanyang County. Other names stay as they are.

    The sounds are pypinyin's; the spelling is that of GB/T 16159: one word, and an apostrophe
    where a syllable would be misread.
    """
    if name in PROVINCES:
        return PROVINCES[name]
    kind = next((one for one in sorted(KINDS, key=len, reverse=True) if name.endswith(one)), "")
    stem, words = name.removesuffix(kind), [KINDS[kind]] if kind else []
    while people := next((one for one in PEOPLES if stem.endswith(one)), ""):
        stem = stem.removesuffix(people)
        words.insert(0, PEOPLES[people])
    if not stem:
        return _spelled(name)
    # Of a name of one character its kind is part: 文县 is Wenxian County.
    return " ".join([_spelled(name if len(name) == 2 and kind else stem), *words])


def _spelled(name: str) -> str:
    syllables = dictionary().lazy_pinyin(name, v_to_u=True)
    first, *rest = syllables or [""]
    word = first + "".join(f"'{each}" if each[0] in "aoe" else each for each in rest)
    return word[:1].upper() + word[1:]


def joined(*names: str, separator: str = "") -> str:
    """Places from the largest to the smallest as one: English says the smallest first."""
    there = [name for name in names if name]
    return ", ".join(reversed(there)) if is_english() else separator.join(there)
