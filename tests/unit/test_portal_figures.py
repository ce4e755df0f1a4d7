"""How the portal writes weights and money."""

import pytest
from django.utils import translation

from cooperatives.portal.templatetags import portal


@pytest.mark.parametrize(
    ("grams", "jin", "kg"),
    [
        (0, "0 斤", "0 kg"),
        (1, "0.002 斤", "0.001 kg"),
        (500, "1 斤", "0.5 kg"),
        (1250, "2.5 斤", "1.25 kg"),
        (5_000_000, "10,000 斤", "5,000 kg"),
        (-2500, "−5 斤", "−2.5 kg"),
    ],
)
def test_grams_are_exact_in_both_units(grams: int, jin: str, kg: str) -> None:
    assert (portal.jin(grams), portal.kg(grams)) == (jin, kg)


def test_a_weight_comes_in_the_unit_of_the_language() -> None:
    with translation.override("zh-hans"):
        assert portal.weight(2500) == "5 斤"
    with translation.override("en"):
        assert portal.weight(2500) == "2.5 kg"


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "¥0.00"), (5, "¥0.05"), (123456, "¥1,234.56"), (-1280, "−¥12.80")]
)
def test_fen_are_written_as_yuan(fen: int, text: str) -> None:
    assert portal.yuan(fen) == text


def test_a_journal_row_says_which_way_it_went() -> None:
    with translation.override("en"):
        assert [portal.change(grams) for grams in (0, 500, -500)] == ["", "+0.5 kg", "−0.5 kg"]
