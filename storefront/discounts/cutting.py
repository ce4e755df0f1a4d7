"""What offers take off a routed basket, in fen: pure, so that it can be proved by hand.

A percentage is floored once, on the sum that it is of; then the discount is cut by largest
remainder onto lines, and each line's part onto those who pack it (DESIGN §3). What sums were
taken off before is not discounted again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from catalog.numbers import largest_remainder

BPS = 10_000


@dataclass(frozen=True)
class Item:
    """What one cooperative packs of a line, at the shelf price. `line` and `part` are indexes."""

    line: int
    part: int
    partner_id: int
    partner_code: str
    produce_id: int | None
    packs: int
    shelf_fen: int


@dataclass(frozen=True)
class Rule:
    """An offer: `bps` of the price or `amount_fen` off, on whose and which goods, from how much.

    `own_money`: the cooperative that packs funds it, by selling for less. Then a fen of each part
    stays: goods are sold, not given away in the cooperative's name.
    """

    key: int
    bps: int | None = None
    amount_fen: int | None = None
    least_fen: int = 0
    least_packs: int = 0
    partner_id: int | None = None
    produce: frozenset[int] = field(default_factory=frozenset)
    own_money: bool = False
    stacks: bool = False
    budget_left: int | None = None


@dataclass(frozen=True)
class Cut:
    """What a rule takes off, by part index."""

    rule: Rule
    parts: dict[int, int]

    @property
    def fen(self) -> int:
        return sum(self.parts.values())


def eligible(rule: Rule, items: Iterable[Item]) -> list[Item]:
    """The goods that a rule is about."""
    return [
        item
        for item in items
        if rule.partner_id in (None, item.partner_id)
        and (not rule.produce or item.produce_id in rule.produce)
    ]


def lacking(rule: Rule, items: Sequence[Item]) -> tuple[int, int]:
    """What the goods that a rule is about lack of its minimum: (fen, packs), 0 where nothing."""
    goods = eligible(rule, items)
    return (
        max(0, rule.least_fen - sum(item.shelf_fen for item in goods)),
        max(0, rule.least_packs - sum(item.packs for item in goods)),
    )


def _one(rule: Rule, items: Sequence[Item], left: dict[int, int]) -> dict[int, int]:
    """What one rule takes off by part, of what is `left` of the prices."""
    goods = eligible(rule, items)
    if any(lacking(rule, items)):
        return {}
    room = {item.part: max(0, left[item.part] - rule.own_money) for item in goods}
    if rule.bps is not None:
        wanted = sum(left[item.part] for item in goods) * rule.bps // BPS
    else:
        wanted = rule.amount_fen or 0
    total = min(wanted, sum(room.values()))
    if rule.budget_left is not None and total > rule.budget_left:
        return {}
    lines: dict[int, dict[tuple[str, int], int]] = {}
    for item in goods:
        lines.setdefault(item.line, {})[item.partner_code, item.part] = room[item.part]
    by_line = largest_remainder(total, {line: sum(own.values()) for line, own in lines.items()})
    return {
        part: fen
        for line, own in lines.items()
        for (_code, part), fen in largest_remainder(by_line[line], own).items()
        if fen
    }


def _together(rules: Sequence[Rule], items: Sequence[Item]) -> list[Cut]:
    """Rules one after the other, each on what the earlier ones left."""
    left, cuts = {item.part: item.shelf_fen for item in items}, []
    for rule in rules:
        cut = Cut(rule, _one(rule, items, left))
        for part, fen in cut.parts.items():
            left[part] -= fen
        if cut.fen:
            cuts.append(cut)
    return cuts


def choose(rules: Sequence[Rule], items: Sequence[Item]) -> list[Cut]:
    """What is taken off a basket: the best for the buyer that the rules allow.

    Those that stack, all together in the order given; or one that does not, alone. Of equals the
    first: stacking ones before an exclusive one.
    """
    ways = [[rule for rule in rules if rule.stacks]]
    ways += [[rule] for rule in rules if not rule.stacks]
    priced = [_together(way, items) for way in ways]
    return max(priced, key=lambda cuts: sum(cut.fen for cut in cuts))
