"""The English name of a pack, from its Chinese one and its net weight."""

import re

# The first word that the Chinese name holds decides; the general 装 comes last.
KINDS = (
    ("食堂", "canteen pack"),
    ("家庭", "family pack"),
    ("礼盒", "gift box"),
    ("冷冻", "frozen pack"),
    ("袋", "bag"),
    ("罐", "tin"),
    ("瓶", "bottle"),
    ("桶", "canister"),
    ("箱", "crate"),
    ("盒", "box"),
    ("干品", "dried"),
    ("装", "pack"),
)


def weight_in_english(grams: int) -> str:
    """500 → "500 g", 4500 → "4.5 kg"."""
    if grams < 1000:
        return f"{grams} g"
    kilograms, rest = divmod(grams, 1000)
    return f"{kilograms}.{rest:03d}".rstrip("0").rstrip(".") + " kg"


def pack_in_english(pack_zh: str, net_grams: int) -> str:
    """ "1斤袋装" of 500 g → "500 g bag"; "整只约3斤" → "whole, about 1.5 kg"."""
    weight = weight_in_english(net_grams)
    if "整只" in pack_zh:
        return f"whole, about {weight}" if "约" in pack_zh else f"whole, {weight}"
    if pieces := re.search(r"([0-9]+)[枚个只]", pack_zh):
        return f"box of {pieces[1]}"
    if volume := re.search(r"([0-9]+)毫升", pack_zh):
        weight = f"{volume[1]} ml"
    kind = next((english for word, english in KINDS if word in pack_zh), "pack")
    return f"{weight} {kind}"
