"""The world that the whole site is walked in."""

from typing import Any

import pytest


@pytest.fixture
def world(stripe: Any) -> dict[str, Any]:
    """Two cooperatives, an order, and a client for each kind of person."""
    # Models: only now are the settings read.
    from tests.security.world import make_world

    return make_world()
