"""The produce list in memory: filters, counts and orders, exact, and against a naive count."""

import random
from dataclasses import replace

import pytest
from django.http import QueryDict

from storefront.listing.asking import (
    PACK_BANDS,
    PRICE_BANDS,
    SEVERAL,
    SORTS,
    SWITCHES,
    Asked,
    Known,
    read,
)
from storefront.listing.rows import Kind, Pack, Place, Row
from storefront.listing.shelf import FACETS, Shelf

MONTH = 11
KINDS = {
    1: Kind(1, "fruit", "水果", "Fruit", (1,)),
    2: Kind(2, "citrus", "柑橘", "Citrus", (1, 2)),
    3: Kind(3, "dry", "干货", "Dry goods", (3,)),
}
PLACES = {
    1: Place("A1", "450327", "A1", "灌阳县", "永富村"),
    2: Place("A2", "450327", "A1", "灌阳县", "永富村"),
    3: Place("B1", "522633", "B1", "从江县", "加瓦村"),
}
SOLD = {1: 5, 3: 9}


def row(pk, name, *packs, category=1, season=(1, 12), partners=(1,), **more):
    """A produce with packs of (grams, fen, here)."""
    return Row(
        pk=pk,
        code=f"P{pk}",
        name_zh=name,
        name_en=more.pop("name_en", ""),
        category=category,
        season=season,
        temperature=more.pop("temperature", "ambient"),
        gi=more.pop("gi", False),
        ship_within_hours=48,
        picks=False,
        packs=tuple(Pack(*pack) for pack in packs),
        partners=partners,
        **more,
    )


# Per 斤: pear 5.00 (2.5 kg) and 4.50 (5 kg, sold out); orange 4.99; mushroom 60; tea 20, sold out;
# meat 30.
ROWS = [
    row(1, "雪梨", (2500, 2500, True), (5000, 4500, False), season=(7, 9), partners=(1, 2)),
    row(2, "橙子", (500, 499, True), category=2, season=(11, 2), partners=(3,)),
    row(3, "蘑菇", (250, 3000, True), category=3, gi=True, partners=(1, 3)),
    row(4, "茶", (500, 2000, False), category=3, season=(10, 12), name_en="tea"),
    row(5, "牛肉", (1000, 6000, True), category=3, temperature="chilled", season=(12, 1)),
]


def make_shelf(rows=ROWS):
    return Shelf(rows, PLACES, KINDS, SOLD, MONTH)


def ids(**asked):
    return make_shelf().ask(Asked(**asked), None, "zh", 24).ids


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        # here and in season, here, in season, the rest; then by code
        ("best", [2, 3, 1, 5, 4]),
        ("cheap", [2, 1, 4, 5, 3]),
        ("dear", [3, 5, 4, 1, 2]),
        ("sold", [3, 1, 2, 4, 5]),
        ("new", [5, 4, 3, 2, 1]),
        # by sound: cha, cheng zi, mo gu, niu rou, xue li
        ("name", [4, 2, 3, 5, 1]),
    ],
)
def test_each_order_is_exact(sort, expected):
    assert ids(sort=sort) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"category": "fruit"}, [2, 1]),
        ({"category": "citrus"}, [2]),
        ({"county": ("522633",)}, [2, 3]),
        ({"village": ("A1",)}, [3, 1, 5, 4]),
        ({"village": ("A1", "B1"), "category": "fruit"}, [2, 1]),
        ({"season": True}, [2, 3, 4]),
        ({"gi": True, "delivery": ("chilled",)}, []),
        ({"stock": True, "category": "dry"}, [3, 5]),
        # 5.00 is no longer below 5; the pack of 5 kg at 4.50 is sold out
        ({"price": ("0-5",)}, [2, 1]),
        ({"price": ("0-5",), "stock": True}, [2]),
        ({"price": ("5-10",)}, [1]),
        # One pack must be both: the cheap pear is the big one.
        ({"price": ("5-10",), "pack": ("10-",)}, []),
        ({"price": ("0-5",), "pack": ("10-",)}, [1]),
        ({"price": ("20-50",), "pack": ("1-3",)}, [5, 4]),
    ],
)
def test_filters_combine(asked, expected):
    assert ids(**asked) == expected


def test_a_facets_counts_leave_its_own_choice_aside_and_heed_all_others():
    counts = make_shelf().ask(Asked(category="dry", price=("20-50",)), None, "zh", 24).counts

    assert counts["category"] == {"fruit": 0, "citrus": 0, "dry": 2}
    assert counts["price"] == {"0-5": 0, "5-10": 0, "10-20": 0, "20-50": 2, "50-": 1}
    assert counts["county"] == {"450327": 2, "522633": 0}
    assert counts["village"] == {"A1": 2, "B1": 0}
    assert counts["pack"] == {"0-1": 0, "1-3": 2, "3-5": 0, "5-10": 0, "10-": 0}
    assert counts["delivery"] == {"ambient": 1, "chilled": 1}
    assert (counts["season"], counts["gi"], counts["stock"]) == ({True: 1}, {True: 0}, {True: 1})


def test_a_search_keeps_its_rank_until_another_order_is_asked_for():
    shelf = make_shelf()

    assert shelf.ask(Asked(q="x"), [5, 99, 1, 3], "zh", 24).ids == [5, 1, 3]
    assert shelf.ask(Asked(q="x", sort="cheap"), [5, 99, 1, 3], "zh", 24).ids == [1, 5, 3]
    assert shelf.ask(Asked(q="x", stock=True), [4, 5], "zh", 24).counts["stock"] == {True: 1}
    assert shelf.ask(Asked(q="x"), [], "zh", 24).total == 0


def test_pages_cut_the_order_and_an_empty_answer_says_which_filter_is_in_the_way():
    shelf = make_shelf()

    last = shelf.ask(Asked(sort="new", page=9), None, "zh", 2)
    nothing = shelf.ask(Asked(category="fruit", gi=True, county=("522633",)), None, "zh", 2)

    assert (last.page, last.pages, last.total, last.ids) == (3, 3, 5, [1])
    assert nothing.dropping == {("gi", "yes"): 1, ("category", "fruit"): 1}


def test_with_a_filter_on_packs_the_pack_that_fits_is_what_sorts():
    rows = [
        row(1, "甲", (500, 100, True), (5000, 9000, True)),
        row(2, "乙", (500, 900, True), (5000, 4000, True)),
        row(3, "丙", (5000, 6000, False)),
    ]
    shelf = make_shelf(rows)

    # On the card of 乙 is its small pack at 9.00 per 斤: fewer yuan.
    assert shelf.ask(Asked(sort="cheap"), None, "zh", 24).ids == [1, 3, 2]
    assert shelf.ask(Asked(sort="cheap", pack=("10-",)), None, "zh", 24).ids == [2, 3, 1]
    assert shelf.ask(Asked(pack=("10-",)), None, "zh", 24).ids == [1, 2, 3]


# Against a count by hand


def _has(one, name, values):
    """Whether a row has one of a facet's values, told without any of the shelf's code."""
    match name:
        case "category":
            return any(KINDS[pk].slug in values for pk in KINDS[one.category].within)
        case "season":
            months = [(one.season[0] + n - 1) % 12 + 1 for n in range(12)]
            return MONTH in months[: months.index(one.season[1]) + 1]
        case "gi":
            return one.gi
        case "delivery":
            return one.temperature in values
        case "county":
            return any(PLACES[pk].county_key in values for pk in one.partners)
        case "village":
            return any(PLACES[pk].village_key in values for pk in one.partners)
    raise AssertionError(name)


def _within(text, number):
    low, high = text.split("-")
    return int(low) <= number < (int(high) if high else 10**9)


def _passes(one, asked):
    wanted = {"category": [asked.category] if asked.category else []}
    wanted |= {"season": [1] if asked.season else [], "gi": [1] if asked.gi else []}
    wanted |= {name: getattr(asked, name) for name in ("delivery", "county", "village")}
    return all(_has(one, name, values) for name, values in wanted.items() if values) and any(
        (not asked.price or any(_within(each, p.fen * 5 / p.grams) for each in asked.price))
        and (not asked.pack or any(_within(each, p.grams / 500) for each in asked.pack))
        and (p.here or not asked.stock)
        for p in one.packs
    )


def _random_row(dice, pk):
    packs = [
        (
            dice.choice([50, 400, 500, 1000, 1500, 2500, 5000, 10000]),
            dice.randrange(100, 40_000, 50),
        )
        for _ in range(dice.randint(1, 3))
    ]
    return row(
        pk,
        dice.choice("梨桃李杏枣栗柿橘"),
        *((grams, fen, dice.random() < 0.6) for grams, fen in packs),
        category=dice.randint(1, 3),
        season=(dice.randint(1, 12), dice.randint(1, 12)),
        partners=tuple(sorted(dice.sample([1, 2, 3], dice.randint(1, 2)))),
        gi=dice.random() < 0.3,
        temperature=dice.choice(["ambient", "chilled", "frozen"]),
    )


def _random_question(dice):
    def some(values):
        return tuple(dice.sample(values, dice.choice([0, 0, 1, 2])))

    return Asked(
        category=dice.choice(["", "", "fruit", "citrus", "dry"]),
        season=dice.random() < 0.2,
        gi=dice.random() < 0.2,
        stock=dice.random() < 0.3,
        county=some(["450327", "522633"]),
        village=some(["A1", "B1"]),
        price=some(list(PRICE_BANDS)),
        pack=some(list(PACK_BANDS)),
        delivery=some(["ambient", "chilled", "frozen"]),
        sort=dice.choice(list(SORTS)),
    )


def _all_of(asked, name, value):
    """The question with this facet alone set to this one value."""
    value = (value,) if isinstance(getattr(asked, name), tuple) else value
    return replace(asked, **{name: value})


def test_any_question_to_any_shelf_is_answered_as_a_count_by_hand():
    dice = random.Random(20261122)
    rows = {pk: _random_row(dice, pk) for pk in range(1, 161)}
    shelf = make_shelf(rows.values())
    for turn in range(160):
        # The shelf keeps up with what changes, comes and goes.
        pk = dice.randint(1, 170)
        changed = _random_row(dice, pk) if dice.random() < 0.7 else None
        shelf.put(pk, changed)
        rows = {key: one for key, one in rows.items() if key != pk}
        rows |= {pk: changed} if changed else {}

        asked = _random_question(dice)
        answer = shelf.ask(asked, None, "zh", 1000)

        matching = {pk for pk, one in rows.items() if _passes(one, asked)}
        assert set(answer.ids) == matching, asked
        assert len(answer.ids) == answer.total == len(matching)
        anew = make_shelf(rows.values()).ask(asked, None, "zh", 1000)
        assert anew.ids == answer.ids
        if turn % 4 == 0:
            for name in FACETS:
                for value, count in answer.counts[name].items():
                    one_value = _all_of(asked, name, value)
                    by_hand = sum(_passes(one, one_value) for one in rows.values())
                    assert count == by_hand, (asked, name, value)


# Addresses

KNOWN = Known(
    categories={"fruit": object()},
    counties={"450327": "灌阳县", "522633": "从江县"},
    villages={"A1": "A1", "A2": "A1", "B1": "B1"},
)


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("", ""),
        ("q=&sort=best&page=1&stock=", ""),
        ("county=522633&q=%20梨%20%20树&county=450327", "q=梨+树&county=450327&county=522633"),
        ("village=A2&village=A1", "village=A1"),
        ("page=3&sort=cheap&stock=yes&pack=10-&price=0-5&category=fruit&season=now&gi=yes",
         "category=fruit&season=now&stock=yes&gi=yes&price=0-5&pack=10-&sort=cheap&page=3"),
        ("delivery=frozen&delivery=ambient&utm_source=x", "delivery=ambient&delivery=frozen"),
    ],
)  # fmt: skip
def test_there_is_one_address_for_each_question(said, canonical):
    asked, notices = read(QueryDict(said), KNOWN)

    assert (QueryDict(asked.query), notices) == (QueryDict(canonical), [])
    assert list(QueryDict(asked.query)) == list(QueryDict(canonical))
    assert read(QueryDict(asked.query), KNOWN) == (asked, [])


HOSTILE = ["\x00", "' OR 1=1 --", "<b>", "9" * 10_000, "٣", "\ud800", "%", "-1", "🍐", "0-6"]


def test_a_filter_that_is_none_is_left_out_and_said():
    for name in (*SEVERAL, *SWITCHES, "sort"):
        for value in HOSTILE:
            given = QueryDict(mutable=True)
            given[name] = value

            asked, notices = read(given, KNOWN)

            assert asked == Asked(), (name, value)
            assert len(notices) == 1
            assert len(notices[0]) < 200


def test_a_very_long_search_is_cut_and_control_characters_are_spaces():
    asked, notices = read(QueryDict("q=" + "梨" * 5000), KNOWN)
    odd, said = read(QueryDict("q=%00a%0Ab%09"), KNOWN)

    assert (asked.q, len(notices)) == ("梨" * 100, 1)
    assert (odd.q, said) == ("a b", [])
