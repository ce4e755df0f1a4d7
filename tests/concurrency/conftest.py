"""Real processes that race on a test's own database."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.support import sources
from tests.support.parts import Database
from tests.support.racers import Call, Outcome, Racers


@pytest.fixture(scope="session")
def racers() -> Iterator[Racers]:
    """Four processes that hold Django, started when the first race wants them."""
    started = Racers(4)
    yield started
    started.stop()


@pytest.fixture
def race(
    racers: Racers, fresh_database: Database, stripe: Any
) -> Iterator[Callable[[Sequence[Call]], list[Outcome]]]:
    """Return `race(calls)`: outcomes in order. At the end all figures must equal their sources."""
    yield lambda calls: racers.race(calls, fresh_database.name, stripe.url)
    assert sources.faults(fresh_database.url) == {}
    assert sources.deadlocks(fresh_database.superuser_url, fresh_database.name) == 0
