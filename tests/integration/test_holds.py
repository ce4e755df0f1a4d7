"""Credits that an open case or dispute keeps from being released."""

import pytest

from cooperatives.routing.models import Consignment, ConsignmentLine
from cooperatives.routing.services import deliver, pack, ship
from cooperatives.settlement import holds
from cooperatives.settlement.models import ReleaseHold
from cooperatives.settlement.services import release_due
from tests.support import chain

pytestmark = pytest.mark.django_db
DAY = 86_400


def delivered(grove, packs=1):
    """A line that arrived just now."""
    order = chain.buy([(grove.pack, packs)])
    consignment = Consignment.objects.get(order=order)
    pack(consignment.pk, {})
    ship(consignment.pk, "顺丰", f"SF{consignment.pk}")
    deliver(consignment.pk)
    return ConsignmentLine.objects.get(consignment=consignment)


def test_what_is_held_is_released_once_the_last_hold_is_lifted(stripe, set_clock):
    grove = chain.make_grove()
    free, held = delivered(grove), delivered(grove)
    holds.hold([held.pk], "case:1")
    holds.hold([held.pk], "case:1")
    holds.hold([held.pk], "dispute:dp_1")
    set_clock(8 * DAY)

    assert release_due() == 1
    assert holds.lift("case:1") == 1
    assert release_due() == 0
    assert holds.lift("dispute:dp_1") == 1
    assert holds.lift("dispute:dp_1") == 0
    assert release_due() == 1

    free.refresh_from_db()
    held.refresh_from_db()
    assert free.released_at and held.released_at and free.released_at < held.released_at
    assert ReleaseHold.objects.filter(line=held).count() == 2


def test_what_is_released_stays_released(stripe, set_clock):
    line = delivered(chain.make_grove())
    set_clock(8 * DAY)
    assert release_due() == 1

    holds.hold([line.pk], "case:1")

    released_at = line.released_at
    line.refresh_from_db()
    assert released_at is None and line.released_at is not None
