"""Places are named in both languages: as staff wrote them, else as they sound."""

import pytest
from django.utils.translation import override

from catalog.places import in_english, joined, place_name


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("灌阳县", "Guanyang County"),
        ("融水苗族自治县", "Rongshui Miao Autonomous County"),
        # Not as the dictionary says it.
        ("宕昌县", "Tanchang County"),
        ("文县", "Wenxian County"),
        ("各尔沟村", "Ge'ergou Village"),
        ("新安村", "Xin'an Village"),
        ("陕西", "Shaanxi"),
        ("县", "Xian"),
        ("Elsewhere", "Elsewhere"),
        ("", ""),
    ],
)
def test_a_place_is_spelled_as_in_an_atlas(chinese, english):
    assert in_english(chinese) == english


def test_what_staff_wrote_goes_before_how_it_sounds():
    with override("en"):
        assert place_name("永富村", "Yongfu") == "Yongfu"
        assert place_name("永富村") == "Yongfu Village"
    with override("zh-hans"):
        assert place_name("永富村", "Yongfu") == "永富村"


def test_english_says_the_smallest_place_first():
    with override("en"):
        assert joined("Guangxi", "Guanyang County", "") == "Guanyang County, Guangxi"
    with override("zh-hans"):
        assert joined("广西", "灌阳县", separator=" ") == "广西 灌阳县"
