"""What a fact displaces, and what an arrival covers (DESIGN §5, "Facts never fail")."""

from itertools import chain
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import F

from cooperatives.partner.models import Reservation, ReservationLine, StockMove

if TYPE_CHECKING:
    from cooperatives.partner.stock import OpenPool

Cause = StockMove.Cause


def displace(open_pool: "OpenPool", reference: str) -> None:
    """Make a pool fit again: take from the newest holds, then from the newest unpacked lines.

    Lines already packed and waiting for a lot come last. What is taken from lines is `short`.
    """
    missing = -open_pool.pool.free
    holds = (
        ReservationLine.objects.filter(
            pool=open_pool.pool,
            reservation__state=Reservation.State.HELD,
            grams__gt=F("lost_grams"),
        )
        .order_by("-reservation__created_at", "-pk")
        .iterator()
    )
    for hold in holds:
        lost = min(missing, hold.grams - hold.lost_grams)
        if not lost:
            break
        hold.lost_grams += lost
        hold.save(update_fields=["lost_grams"])
        open_pool.move(Cause.LOST, f"{reference}/hold:{hold.pk}", reserved=-lost)
        missing -= lost
    newest_first = ("-consignment__paid_at", "-pk")
    unpacked, undrawn = _waiting(open_pool)
    for line in chain(
        unpacked.order_by(*newest_first).iterator(), undrawn.order_by(*newest_first).iterator()
    ):
        short = min(missing, line.allocated_grams)
        if not missing:
            break
        if short:
            line.short_grams += short
            line.save(update_fields=["short_grams"])
            open_pool.move(Cause.SHORT, f"{reference}/line:{line.pk}", allocated=-short)
            missing -= short


def cover_shorts(open_pool: "OpenPool", reference: str) -> None:
    """Give free grams to short lines, oldest payment first."""
    free = open_pool.pool.free
    unpacked, undrawn = _waiting(open_pool)
    lines = (unpacked | undrawn).filter(short_grams__gt=0)
    for line in lines.order_by("consignment__paid_at", "pk"):
        covered = min(free, line.short_grams)
        if not covered:
            break
        line.short_grams -= covered
        line.save(update_fields=["short_grams"])
        open_pool.move(Cause.COVERED, f"{reference}/line:{line.pk}", allocated=covered)
        free -= covered


def _waiting(open_pool: "OpenPool"):
    """Lines of the pool to be packed yet, and lines packed beyond the lots entered so far."""
    lines = apps.get_model("routing", "ConsignmentLine").objects.filter(pool=open_pool.pool)
    return (
        lines.filter(packed_grams__isnull=True, ordered_grams__gt=F("cancelled_grams")),
        lines.filter(packed_grams__gt=F("drawn_grams") + F("returned_grams")),
    )
