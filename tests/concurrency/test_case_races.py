"""Two taps, two claims, a claim and the nightly release: at one moment, on one line."""

import threading
from uuid import uuid4

import pytest
from django.db import connections, transaction

from cooperatives.routing.models import ConsignmentLine
from cooperatives.settlement import holds
from cooperatives.settlement.models import ReleaseHold
from cooperatives.settlement.services import release_due
from storefront.aftersales.cases.models import Case
from storefront.aftersales.models import Refund
from tests.support import chain
from tests.support.cases import arrived, write_case


def at_once(*acts):
    """Run functions in threads of their own at one moment; what each gave or raised."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        gate.wait()
        try:
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.fixture
def parcel(fresh_database, stripe):
    """Four packs of ¥24.80 that arrived: one is paid at once, two are not."""
    return arrived(chain.make_grove())


def test_two_taps_are_one_claim_and_two_claims_are_two_within_the_limit(parcel):
    order, line = parcel
    uuid = uuid4()

    taps = at_once(*[lambda: write_case(order, line, packs=1, uuid=uuid, pictures=0)] * 4)

    assert len({case.pk for case in taps}) == 1
    assert Refund.objects.count() == Case.objects.count() == 1

    claims = at_once(*[lambda: write_case(order, line, packs=1, pictures=0)] * 3)

    # 30 % of the line were used up: one is open, and a line has one open case.
    assert sorted(type(one).__name__ for one in claims) == ["Case", "CaseRefused", "CaseRefused"]
    assert Refund.objects.get().amount_fen == 2480
    assert Case.objects.filter(state="open").count() == 1


def test_a_line_is_either_held_or_released_never_released_while_it_is_held(parcel, set_clock):
    _order, line = parcel
    set_clock(9 * 86_400)

    with transaction.atomic():
        holds.hold([line.pk], "case:1")
        # In another connection, before the hold is committed: in use, left for the next time.
        assert at_once(release_due) == [0]

    assert release_due() == 0
    assert ConsignmentLine.objects.get(pk=line.pk).released_at is None
    assert ReleaseHold.objects.filter(lifted_at__isnull=True).count() == 1
    holds.lift("case:1")
    assert release_due() == 1
