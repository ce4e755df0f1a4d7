import pytest

from catalog.pack_names import pack_in_english

PACKS = [
    ("1斤袋装", 500, "500 g bag"),
    ("5斤家庭装", 2500, "2.5 kg family pack"),
    ("20斤食堂装", 10000, "10 kg canteen pack"),
    ("9斤礼盒", 4500, "4.5 kg gift box"),
    ("半斤罐装", 250, "250 g tin"),
    ("1斤冷冻装", 500, "500 g frozen pack"),
    ("5斤桶装", 2500, "2.5 kg canister"),
    ("500毫升瓶装", 500, "500 ml bottle"),
    ("30枚装", 1500, "box of 30"),
    ("50克干品", 50, "50 g dried"),
    ("整只约3斤", 1500, "whole, about 1.5 kg"),
    ("5斤装", 2500, "2.5 kg pack"),
    ("散称", 1005, "1.005 kg pack"),
]


@pytest.mark.parametrize(("pack_zh", "net_grams", "english"), PACKS)
def test_a_pack_has_an_english_name(pack_zh: str, net_grams: int, english: str) -> None:
    assert pack_in_english(pack_zh, net_grams) == english
