"""Random histories of the whole chain, also from two processes at once, beside the oracle.

Hypothesis chooses the steps and, when something is wrong, looks for the shortest way there. In
`make test` few and always the same; SHANHUO_EXAMPLES=200 tries that many new ones.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg import sql

from catalog.clock import now
from cooperatives.routing.models import Consignment, ConsignmentLine
from storefront.payments import gateway
from storefront.payments.balance import sweep_balance
from storefront.payments.models import PaymentAttempt
from tests.support import oracle, sources
from tests.support.comparing import compare
from tests.support.market import seconds_until_ten_in_the_morning
from tests.support.racers import GIVEN, Call, Racers, call
from tests.support.season import BEARERS, CODES, DAY, Season, prepare

EXAMPLES = int(os.environ.get("SHANHUO_EXAMPLES", "0"))
STEPS, MOST_NIGHTS = 30, 4
ENDED = ("delivered", "cancelled")
NUMBERS, GRAMS = st.integers(0, 999), st.sampled_from([900, 2500, 5000, 12_000, 30_000])
BORNE = """
SELECT account.kind, sum(posting.amount_fen)::bigint AS fen
  FROM ledger_posting posting JOIN ledger_account account ON account.id = posting.account_id
 WHERE account.kind IN ('programme_expense', 'carrier_claim') GROUP BY 1
"""


class World:
    """What all examples share: the prepared database, the sandbox, the clock, two processes."""

    def __init__(
        self,
        database: Any,
        villages: oracle.Villages,
        stripe: Any,
        set_clock: Callable[[int], None],
        racers: Racers,
    ) -> None:
        self.database, self.villages, self.stripe = database, villages, stripe
        self.set_clock, self.racers = set_clock, racers
        self.morning = seconds_until_ten_in_the_morning()
        self.examples = 0
        self.done: Counter[str] = Counter()

    def _run(self, statement: str, *names: str) -> None:
        address = self.database.superuser_url.replace(self.database.name, "postgres")
        with psycopg.connect(address, autocommit=True) as line:
            line.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def open(self) -> str:
        """A copy of the prepared database, for one example; gives its name."""
        self.examples += 1
        name = f"{self.database.name}_{self.examples}"
        self.stripe.reset()
        self.set_clock(self.morning)
        connection.close()
        self._run("CREATE DATABASE {} TEMPLATE {}", name, self.database.name)
        connections["default"].settings_dict["NAME"] = name
        return name

    def close(self, name: str) -> None:
        """Drop it."""
        connection.close()
        connections["default"].settings_dict["NAME"] = self.database.name
        self._run("DROP DATABASE {} WITH (FORCE)", name)


class Chain(RuleBasedStateMachine):
    """The steps of the chain in any order. `world` is set by the test."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.name = self.world.open()
        self.url = self.world.database.url.replace(self.world.database.name, self.name)
        self.season = Season(self.world.stripe, self.world.villages)
        self.days = 0
        self.base = oracle.connect(self.url)

    def teardown(self) -> None:
        try:
            self.night(3)
        finally:
            self.base.close()
            self.world.done += self.season.done
            self.world.close(self.name)

    @initialize(numbers=st.lists(NUMBERS, min_size=2, max_size=4))
    def some_have_bought(self, numbers: list[int]) -> None:
        for number in numbers:
            self.season.do("buy", number, 1 + number % 3, CODES[number % len(CODES)])
        self.season.do("hold", numbers[-1], 1, "")
        self.at_once(numbers[0], numbers[-1], numbers[0] + 1)
        self.season.do("move_on", numbers[0], 1000)

    # -- steps ------------------------------------------------------------------------------------

    @rule(number=NUMBERS, grams=GRAMS, grade=st.sampled_from("AAB"))
    def bring(self, number: int, grams: int, grade: str) -> None:
        self.season.do("bring", number, grams, grade)

    @rule(number=NUMBERS, grams=GRAMS)
    def promise(self, number: int, grams: int) -> None:
        self.season.do("promise", number, grams)

    @rule(number=NUMBERS, packs=st.integers(1, 4), code=st.sampled_from(CODES))
    def buy(self, number: int, packs: int, code: str) -> None:
        self.season.do("buy", number, packs, code)

    @rule(number=NUMBERS, packs=st.integers(1, 6), code=st.sampled_from(CODES))
    def hold(self, number: int, packs: int, code: str) -> None:
        self.season.do("hold", number, packs, code)

    @precondition(lambda self: PaymentAttempt.objects.filter(state="open").exists())
    @rule(number=NUMBERS, step=st.sampled_from(["pay_late", "pay_late", "give_up"]))
    def end_a_hold(self, number: int, step: str) -> None:
        self.season.do(step, number)

    @precondition(lambda self: Consignment.objects.exclude(state__in=ENDED).exists())
    @rule(number=NUMBERS, permille=st.sampled_from([1000, 1000, 960, 1050]))
    def move_on(self, number: int, permille: int) -> None:
        """A parcel is packed, or is sent, or arrives."""
        self.season.do("move_on", number, permille)

    @precondition(lambda self: Consignment.objects.filter(state="packed").exists())
    @rule(number=NUMBERS)
    def undo(self, number: int) -> None:
        self.season.do("undo", number)

    @rule(number=NUMBERS, packs=st.integers(1, 3))
    def cancel(self, number: int, packs: int) -> None:
        self.season.do("cancel", number, packs)

    @rule(
        number=NUMBERS,
        how=st.sampled_from(["packs", "packs", "amount", "weight", "line", "freight", "order"]),
        bearer=st.sampled_from(BEARERS),
        restock=st.booleans(),
    )
    def refund(self, number: int, how: str, bearer: str, restock: bool) -> None:
        self.season.do("refund", number, how, bearer, restock)

    @rule(number=NUMBERS, end=st.sampled_from(["", "won", "lost"]))
    def dispute(self, number: int, end: str) -> None:
        self.season.do("dispute", number, end)

    @rule(number=NUMBERS, grams=GRAMS)
    def spoil(self, number: int, grams: int) -> None:
        self.season.do("spoil", number, grams)

    @precondition(lambda self: self.season.done["nights"] < MOST_NIGHTS)
    @rule(days=st.sampled_from([1, 3, 9, 17]))
    def night(self, days: int) -> None:
        """Days pass, the schedule does its work, and everybody has what the oracle says."""
        self.days += days
        self.world.set_clock(self.world.morning + self.days * DAY)
        self.season.do("sweep")
        self.world.stripe.clear_faults()
        sweep_balance()
        must = compare(self.base, self.season.villages, self.world.stripe, now(), swept=True)
        borne = {row.kind: row.fen for row in self.base.execute(BORNE)}
        assert borne.get("carrier_claim", 0) == must.carriers
        self.season.done["nights"] += 1

    # -- two processes at once --------------------------------------------------------------------

    @rule(number=NUMBERS, first=NUMBERS, second=NUMBERS)
    def at_once(self, number: int, first: int, second: int) -> None:
        """Two steps at the same instant, often on the same row; whichever is first is right."""
        calls = [each for each in (self._call(first, number), self._call(second, number)) if each]
        if len(calls) < 2:
            self.season.done["at once: nothing to do"] += 1
            return
        connection.close()
        outcomes = self.world.racers.race(calls, self.name, self.world.stripe.url)
        for made, outcome in zip(calls, outcomes, strict=True):
            assert outcome.kind == GIVEN, f"{made}: {outcome.kind} {outcome.value}\n{outcome.trace}"
            self.season.done[f"at once: {made.function}"] += 1

    def _call(self, which: int, number: int) -> Call | None:
        """A step for another process, on rows that are there now."""
        lines = list(ConsignmentLine.objects.select_related("consignment").order_by("pk"))
        opened = list(PaymentAttempt.objects.filter(state="open").order_by("created_at"))
        paid = list(Consignment.objects.filter(state="paid").order_by("pk"))
        match which % 6:
            case 0 if lines:
                line = lines[number % len(lines)]
                return call("refund", line.consignment.order_id, line.pk, 1, None)
            case 1 if paid:
                return call("pack", paid[number % len(paid)].pk)
            case 2 if opened:
                attempt = str(opened[number % len(opened)].uuid)
                return call("abandon" if number % 2 else "finalize", attempt)
            case 3 if opened:
                return call("confirm", str(opened[number % len(opened)].uuid))
            case _:
                return call("buy", self.season.basket(which, 1 + number % 3).pk)

    # -- always -----------------------------------------------------------------------------------

    @invariant()
    def every_figure_is_the_figure_of_something(self) -> None:
        assert sources.faults(self.url) == {}


@contextmanager
def two_processes() -> Iterator[Racers]:
    racers = Racers(2)
    try:
        yield racers
    finally:
        racers.stop()


@pytest.mark.slow
def test_whatever_happens_in_whatever_order_everybody_has_what_the_oracle_says(
    fresh_database: Any, stripe: Any, set_clock: Callable[[int], None], tmp_path: Path
) -> None:
    # given three villages, and two processes beside this one
    set_clock(seconds_until_ten_in_the_morning())
    gateway._client.cache_clear()
    villages = prepare(tmp_path)
    with two_processes() as racers:
        Chain.world = World(fresh_database, villages, stripe, set_clock, racers)

        # when anything happens in any order
        run_state_machine_as_test(
            Chain,
            settings=settings(
                max_examples=EXAMPLES or 3,
                stateful_step_count=STEPS,
                derandomize=not EXAMPLES,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )

    # then nothing was wrong at any step, and not all was refused
    done = Chain.world.done
    print(f"\n{Chain.world.examples} histories", dict(sorted(done.items())))
    assert all(done[step] for step in ("buy", "move_on", "refund", "nights")), done
    assert any(step.startswith("at once") for step in done), done
