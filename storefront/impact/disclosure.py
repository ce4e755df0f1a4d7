"""The disclosure rule: what may be added to the public figures. Pure (docs/impact.md, ADR 0013).

Whatever is published is a sum of facts about sales pools. All money of a sales pool is shared by
all of its households at once, so a pool of three or more may be shown by any split and at any
time. Smaller pools are shown only as one sum of all, which grows by lumps.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

FEWEST = 3


@dataclass(frozen=True)
class Group:
    """The households of a sales pool, and what of its money does not reach them (bps)."""

    households: frozenset[int]
    off_bps: int


@dataclass(frozen=True)
class Amounts:
    """A sales pool's money in fen: paid, net of refunds, credited, and not shared out yet."""

    paid: int = 0
    net: int = 0
    credited: int = 0
    unshared: int = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


NOTHING = Amounts()
# What can be read off two rungs: each rung, and what lies between them.
READ_OFF: tuple[Callable[[Amounts], int], ...] = (
    lambda a: a.paid,
    lambda a: a.net,
    lambda a: a.paid - a.net,
    lambda a: a.credited,
    lambda a: a.unshared,
)


def is_open(group: Group) -> bool:
    """Whether a sales pool's figures may be shown by themselves."""
    return len(group.households) >= FEWEST


def enough(households: set[int] | frozenset[int]) -> bool:
    """Whether a sum over these households tells nobody's part: none of them, or three or more."""
    return not households or len(households) >= FEWEST


def lumps(
    groups: Mapping[int, Group], amounts: Mapping[int, Amounts], counted: Mapping[int, Amounts]
) -> dict[int, Amounts]:
    """What the merged sum is to contain, by sales pool: `counted` with the lumps that may join it.

    `groups` are the small sales pools alone, `counted` what is published of them. Those of one
    rate join together: two rates in a lump would be two equations. A lump joins when each figure
    that can be read off it concerns none or at least three households; else it waits for more.
    """
    changed: dict[int, dict[int, Amounts]] = defaultdict(dict)
    for pool_id, group in groups.items():
        delta = amounts.get(pool_id, NOTHING) - counted.get(pool_id, NOTHING)
        if delta != NOTHING:
            changed[group.off_bps][pool_id] = delta
    result = dict(counted)
    for deltas in changed.values():
        if all(enough(_concerned(groups, deltas, read)) for read in READ_OFF):
            for pool_id, delta in deltas.items():
                result[pool_id] = result.get(pool_id, NOTHING) + delta
    return result


def _concerned(
    groups: Mapping[int, Group], deltas: Mapping[int, Amounts], read: Callable[[Amounts], int]
) -> set[int]:
    return {
        household
        for pool_id, delta in deltas.items()
        if read(delta)
        for household in groups[pool_id].households
    }


def payouts(
    paid: Mapping[int, int], owed: Mapping[int, int], counted: Mapping[int, int]
) -> dict[int, int]:
    """What the published payouts are to contain, by household: `paid`, or still `counted`.

    `paid` is what each household was paid out in all, `owed` what it is credited beyond that. The
    sum moves when it moves by three households or more, and what it leaves owing is none's or
    three's or more: the two rungs' difference is read off, too.
    """
    moved = {h for h in paid.keys() | counted.keys() if paid.get(h, 0) != counted.get(h, 0)}
    waiting = {household for household, fen in owed.items() if fen}
    if len(moved) >= FEWEST and enough(waiting):
        return dict(paid)
    return dict(counted)
