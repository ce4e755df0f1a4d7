"""What offers take off, cut onto lines and parts to the fen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storefront.discounts.cutting import Item, Rule, choose, eligible
from storefront.discounts.pricing import _amounts


def item(part: int, fen: int, *, line: int | None = None, partner: int = 1, packs: int = 1, **more):
    return Item(
        line=part if line is None else line,
        part=part,
        partner_id=partner,
        partner_code=f"C{partner}",
        produce_id=more.get("produce", 1),
        packs=packs,
        shelf_fen=fen,
    )


def taken(rules, items) -> list[tuple[int, dict[int, int]]]:
    return [(cut.rule.key, cut.parts) for cut in choose(rules, items)]


def test_an_amount_is_cut_by_largest_remainder_ties_to_the_earlier_line():
    items = [item(0, 1000), item(1, 1000), item(2, 1000)]
    assert taken([Rule(1, amount_fen=500)], items) == [(1, {0: 167, 1: 167, 2: 166})]


def test_a_lines_part_is_cut_over_its_cooperatives_by_code():
    items = [item(0, 500, line=0, partner=2), item(1, 500, line=0, partner=1), item(2, 1000)]
    assert taken([Rule(1, amount_fen=101)], items) == [(1, {0: 25, 1: 26, 2: 50})]


def test_a_percentage_is_floored_once_on_the_whole():
    items = [item(0, 333), item(1, 333), item(2, 333)]
    # 15 % of 999 are 149.85: not three times 49.95.
    assert taken([Rule(1, bps=1500)], items) == [(1, {0: 50, 1: 50, 2: 49})]


def test_never_more_than_the_goods_cost_and_a_fen_of_each_part_stays_its_cooperatives():
    items = [item(0, 300), item(1, 2)]
    assert taken([Rule(1, amount_fen=1000)], items) == [(1, {0: 300, 1: 2})]
    assert taken([Rule(1, amount_fen=1000, own_money=True)], items) == [(1, {0: 299, 1: 1})]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule(1, amount_fen=100, partner_id=2), {1: 100}),
        (Rule(1, amount_fen=100, produce=frozenset({7})), {2: 100}),
        (Rule(1, amount_fen=100, least_fen=3000), {0: 34, 1: 33, 2: 33}),
        (Rule(1, amount_fen=100, least_fen=3001), None),
        (Rule(1, amount_fen=100, least_packs=3), {0: 34, 1: 33, 2: 33}),
        (Rule(1, amount_fen=100, least_packs=4), None),
        # The minimum is of the goods that it is about.
        (Rule(1, amount_fen=100, partner_id=2, least_fen=1001), None),
        (Rule(1, amount_fen=100, budget_left=100), {0: 34, 1: 33, 2: 33}),
        (Rule(1, amount_fen=100, budget_left=99), None),
        (Rule(1, amount_fen=100, partner_id=9), None),
    ],
)
def test_goods_minimum_and_budget(rule, expected):
    items = [item(0, 1000), item(1, 1000, partner=2), item(2, 1000, produce=7)]
    assert taken([rule], items) == ([(1, expected)] if expected else [])


def test_what_stacks_goes_together_and_an_exclusive_offer_alone_if_it_saves_more():
    items = [item(0, 1000)]
    half, ten = Rule(1, bps=5000, stacks=True), Rule(2, bps=1000, stacks=True)
    assert taken([half, ten], items) == [(1, {0: 500}), (2, {0: 50})]
    assert taken([half, ten, Rule(3, amount_fen=549)], items) == [(1, {0: 500}), (2, {0: 50})]
    assert taken([half, ten, Rule(3, amount_fen=550)], items) == [(1, {0: 500}), (2, {0: 50})]
    assert taken([half, ten, Rule(3, amount_fen=551)], items) == [(3, {0: 551})]


@pytest.mark.parametrize(
    ("balances", "due", "spent"),
    [
        ([5000], 3000, [3000]),
        ([1000, 5000], 3000, [1000, 2000]),
        ([1000], 3000, [1000]),
        # A card takes no less than ¥4: the balance keeps a little.
        ([2601], 3000, [2600]),
        ([2000, 700], 3000, [2000, 600]),
        ([300], 399, [0]),
        ([399], 399, [399]),
        ([], 3000, []),
    ],
)
def test_a_balance_leaves_nothing_or_enough_for_a_card(balances, due, spent):
    assert _amounts(balances, due) == spent


RULES = st.builds(
    Rule,
    key=st.integers(1, 9),
    bps=st.one_of(st.none(), st.integers(1, 10_000)),
    amount_fen=st.integers(1, 9000),
    least_fen=st.integers(0, 3000),
    partner_id=st.sampled_from([None, 1, 2]),
    produce=st.sampled_from([frozenset(), frozenset({1}), frozenset({1, 2})]),
    own_money=st.booleans(),
    stacks=st.booleans(),
    budget_left=st.one_of(st.none(), st.integers(0, 5000)),
)
PARTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(1, 3), st.integers(1, 4000)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(RULES, max_size=4, unique_by=lambda rule: rule.key), PARTS)
def test_whatever_the_rules_parts_add_up_and_nothing_goes_below_zero(rules, parts):
    items = [
        item(number, fen, line=line, partner=partner, produce=produce)
        for number, (line, partner, produce, fen) in enumerate(parts)
    ]
    left = {one.part: one.shelf_fen for one in items}

    cuts = choose(rules, items)

    assert len({cut.rule.key for cut in cuts}) == len(cuts)
    assert all(cut.rule.stacks for cut in cuts) or len(cuts) == 1
    for cut in cuts:
        goods = {one.part for one in items if cut.rule.partner_id in (None, one.partner_id)}
        assert cut.parts.keys() <= goods
        before = sum(left[part] for part in eligible_parts(cut.rule, items))
        for part, fen in cut.parts.items():
            left[part] -= fen
            assert left[part] >= (1 if cut.rule.own_money else 0)
        if cut.rule.bps is not None:
            assert cut.fen <= before * cut.rule.bps // 10_000
        else:
            assert cut.fen <= cut.rule.amount_fen
        if cut.rule.budget_left is not None:
            assert cut.fen <= cut.rule.budget_left
    # No other way takes off more.
    assert all(sum(c.fen for c in cuts) >= sum(c.fen for c in choose([r], items)) for r in rules)


def eligible_parts(rule, items) -> set[int]:
    return {one.part for one in eligible(rule, items)}
