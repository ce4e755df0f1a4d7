"""Holding a line's credits back from release while a case or dispute about it is open (DESIGN §6).

A hold keeps `pending` from becoming `available`. What was released before stays released: if the
case then ends in a refund, the next sharing-out takes it back as it does for any late refund.
"""

from collections.abc import Iterable, Mapping

from django.db import transaction

from catalog.clock import now
from cooperatives.routing.models import ConsignmentLine
from cooperatives.settlement.models import ReleaseHold


@transaction.atomic
def hold(line_ids: Iterable[int], key: str) -> None:
    """Keep consignment lines from being released until lift(key). Holding again does nothing.

    Takes the lines' locks, in the order of their keys, so that a release that runs meanwhile
    either comes first or sees the hold.
    """
    locked = list(
        ConsignmentLine.objects.select_for_update(no_key=True)
        .filter(pk__in=list(line_ids))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    moment = now()
    ReleaseHold.objects.bulk_create(
        [ReleaseHold(line_id=pk, key=key, created_at=moment) for pk in locked],
        ignore_conflicts=True,
    )


def hold_new(keys: Mapping[int, str]) -> None:
    """Hold {consignment line: key}, of lines that this transaction has written: none is locked."""
    moment = now()
    ReleaseHold.objects.bulk_create(
        ReleaseHold(line_id=pk, key=key, created_at=moment) for pk, key in keys.items()
    )


def lift(key: str) -> int:
    """Let go of what is held under a key; gives how many lines that were."""
    return ReleaseHold.objects.filter(key=key, lifted_at__isnull=True).update(lifted_at=now())
