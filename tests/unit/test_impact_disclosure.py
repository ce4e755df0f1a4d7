"""The disclosure rule: whatever is combined of all that was ever public, nobody is told apart."""

from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from storefront.impact.disclosure import NOTHING, Amounts, Group, is_open, lumps, payouts

HOUSEHOLDS = range(5)
# Each fact is a power of this, so a sum tells which facts are in it, and how often.
BASE = 1009
PRIME = (1 << 61) - 1


def vector(figure: int, facts: int) -> list[int]:
    """How often each fact is in a figure."""
    digits = []
    for _ in range(facts):
        digit = (figure + BASE // 2) % BASE - BASE // 2
        digits.append(digit)
        figure = (figure - digit) // BASE
    assert figure == 0
    return digits


def rank(rows: list[list[int]]) -> int:
    """The rank of a matrix, by elimination modulo a prime."""
    rows, found = [[x % PRIME for x in row] for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((r for r in range(found, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        inverse = pow(rows[found][column], -1, PRIME)
        for r in range(found + 1, len(rows)):
            if factor := rows[r][column] * inverse % PRIME:
                rows[r] = [
                    (a - factor * b) % PRIME for a, b in zip(rows[r], rows[found], strict=True)
                ]
        found += 1
    return found


def tells_of_few(public: list[list[int]], owners: list[frozenset[int]]) -> set[int] | None:
    """One or two households of whom some combination of the public figures tells, if any."""
    for few in [*combinations(HOUSEHOLDS, 1), *combinations(HOUSEHOLDS, 2)]:
        others = [i for i, owner in enumerate(owners) if not owner <= set(few)]
        if rank(public) > rank([[row[i] for i in others] for row in public]):
            return set(few)
    return None


POOL = st.tuples(
    st.sets(st.sampled_from(HOUSEHOLDS), min_size=1, max_size=4), st.sampled_from([8, 9])
)
EVENT = st.tuples(
    st.integers(0, 4),
    st.sampled_from(["pay", "pay", "refund", "share", "join", "publish", "publish"]),
    st.sampled_from(HOUSEHOLDS),
)


@given(st.lists(POOL, min_size=2, max_size=5), st.lists(EVENT, min_size=4, max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_combination_of_all_that_was_ever_public_tells_of_fewer_than_three(
    pools: list[Any], events: list[Any]
) -> None:
    groups = {i: Group(frozenset(members), rate) for i, (members, rate) in enumerate(pools)}
    amounts: dict[int, Amounts] = dict.fromkeys(groups, NOTHING)
    counted: dict[int, Amounts] = {}
    of_fact: list[int] = []
    public: list[int] = []

    for number, what, household in [*events, (0, "publish", 0)]:
        pool = number % len(groups)
        if what == "join":
            joined = groups[pool].households | {household}
            groups[pool] = Group(joined, groups[pool].off_bps)
        elif what == "publish":
            small = {i: g for i, g in groups.items() if i in counted or not is_open(g)}
            counted = lumps(small, amounts, counted)
            merged = sum(counted.values(), NOTHING)
            # As finely as any page could show them: each open pool by itself.
            for one in (merged, *(amounts[i] for i in groups if i not in small)):
                public += [one.paid, one.net, one.credited]
        else:
            fact = BASE ** len(of_fact)
            of_fact.append(pool)
            amounts[pool] += {
                "pay": Amounts(fact, fact, 0, fact),
                "refund": Amounts(0, -fact, 0, -fact),
                "share": Amounts(0, 0, fact, -fact),
            }[what]

    owners = [groups[pool].households for pool in of_fact]
    rows = [vector(figure, len(of_fact)) for figure in public]
    assert tells_of_few(rows, owners) is None


@given(st.lists(st.tuples(st.sampled_from(HOUSEHOLDS), st.booleans()), max_size=25))
@settings(max_examples=100, deadline=None)
def test_payouts_are_told_by_three_or_more_households_at_a_time(events: list[Any]) -> None:
    paid: dict[int, int] = {}
    counted: dict[int, int] = {}
    of_fact: list[int] = []
    public: list[int] = []

    for household, publish in events:
        paid[household] = paid.get(household, 0) + BASE ** len(of_fact)
        of_fact.append(household)
        if publish:
            counted = payouts(paid, {}, counted)
            public.append(sum(counted.values()))

    rows = [vector(figure, len(of_fact)) for figure in public]
    assert tells_of_few(rows, [frozenset({h}) for h in of_fact]) is None


def test_what_is_left_owing_is_never_one_households() -> None:
    paid = {1: 100, 2: 200, 3: 300}

    assert payouts(paid, {4: 50}, {}) == {}
    assert payouts(paid, {4: 50, 5: 0, 1: 7, 2: 1}, {}) == paid
    assert payouts(paid, {4: 0}, {}) == paid
    assert payouts({**paid, 1: 150}, {}, paid) == paid


def test_small_groups_of_two_rates_do_not_join_in_one_lump() -> None:
    groups = {1: Group(frozenset({1}), 1000), 2: Group(frozenset({2, 3}), 1200)}
    amounts = {1: Amounts(100, 100, 90, 0), 2: Amounts(100, 100, 88, 0)}

    assert lumps(groups, amounts, {}) == {}

    groups[3] = Group(frozenset({2, 3}), 1000)
    amounts[3] = Amounts(50, 50, 45, 0)
    assert lumps(groups, amounts, {}) == {1: amounts[1], 3: amounts[3]}


def test_a_lump_waits_when_the_refund_in_it_is_of_two_households() -> None:
    groups = {1: Group(frozenset({1, 2}), 1000), 2: Group(frozenset({3}), 1000)}

    assert lumps(groups, {1: Amounts(100, 90), 2: Amounts(50, 50)}, {}) == {}
    both = {1: Amounts(100, 90), 2: Amounts(50, 45)}
    assert lumps(groups, both, {}) == both
