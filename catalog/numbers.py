"""Exact numbers: fen, grams and how an amount is cut (DESIGN §3). No floats."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

GRAMS_PER_JIN = 500


def to_fen(amount: Decimal) -> int:
    """Yuan as Decimal → integer fen. Raises ValueError if it is not a whole number of fen."""
    fen = amount * 100
    if fen != fen.to_integral_value():
        raise ValueError(f"{amount} yuan is not a whole number of fen")
    return int(fen)


def to_yuan(fen: int) -> Decimal:
    """Integer fen → yuan as Decimal with two places."""
    return Decimal(fen).scaleb(-2).quantize(Decimal("0.01"))


def fen_per_jin(price_fen: int, net_grams: int) -> int:
    """The price of one 斤 (500 g), in fen, rounded half up: for showing, never for charging."""
    return (2 * price_fen * GRAMS_PER_JIN + net_grams) // (2 * net_grams)


def largest_remainder(
    total: int, weights: Mapping[Any, int] | Iterable[tuple[Any, int]]
) -> dict[Any, int]:
    """Cut `total` in proportion to integer weights so that the parts add up to it.

    Gives {key: part}. Ties go to the smaller key (DESIGN §3: ties by the stable key). Raises
    ValueError for negative input, or when nothing carries weight and total is not 0.
    """
    items = list(weights.items() if isinstance(weights, Mapping) else weights)
    whole = sum(weight for _, weight in items)
    if total < 0 or any(weight < 0 for _, weight in items):
        raise ValueError("largest_remainder cuts non-negative amounts by non-negative weights")
    if whole == 0:
        if total:
            raise ValueError(f"cannot cut {total} over weights that are all zero")
        return {key: 0 for key, _ in items}
    parts = {key: total * weight // whole for key, weight in items}
    left = total - sum(parts.values())
    by_remainder = sorted(items, key=lambda item: (-(total * item[1] % whole), item[0]))
    for key, _ in by_remainder[:left]:
        parts[key] += 1
    return parts
