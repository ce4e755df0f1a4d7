"""What can be claimed of a line, until when, how much that is, and what is paid at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from catalog.clock import now
from catalog.models import Produce
from cooperatives.routing.models import Consignment, ConsignmentLine
from storefront.aftersales.cases.models import Case
from storefront.order.models import Order

Kind = Case.Kind
WHOLE = 10_000
# About the goods themselves: these name packs or a part of the line. The others are talk.
ABOUT_GOODS = (Kind.DAMAGED, Kind.MISSING, Kind.WRONG, Kind.QUALITY)
BUYERS_KINDS = (*ABOUT_GOODS, Kind.LATE, Kind.OTHER)
COUNTED = timedelta(days=30)


@dataclass(frozen=True)
class Extent:
    """How much of a line is affected: packs, or a part in basis points; both None: not said."""

    packs: int | None = None
    share_bps: int | None = None


def produce_of(line: ConsignmentLine) -> Produce:
    """A line's produce: what is packed is always one."""
    produce = line.product.produce
    assert produce is not None
    return produce


def claim_ends(line: ConsignmentLine) -> datetime | None:
    """Until when the line's goods can be claimed; None before they are on their way.

    Counted from the delivery; as long as nobody said that it arrived, from when it counts as
    delivered (DESIGN §6: so many days on its way).
    """
    consignment = line.consignment
    if consignment.shipped_at is None or line.packed_grams is None:
        return None
    arrived = consignment.delivered_at or consignment.shipped_at + timedelta(
        days=settings.RELEASE_SHIPPED_AFTER_DAYS
    )
    return arrived + timedelta(days=produce_of(line).claim_days)


def left_fen(line: ConsignmentLine) -> int:
    """What of the line's money was not given back yet."""
    return line.net_fen - line.refunded_fen


def left_packs(line: ConsignmentLine) -> int:
    return line.packs - line.cancelled_packs


def kinds_for(line: ConsignmentLine) -> list[str]:
    """The kinds of case that a buyer can open about a line now."""
    state = line.consignment.state
    if state == Consignment.State.CANCELLED or not left_fen(line):
        return []
    ends, moment = claim_ends(line), now()
    kinds: list[str] = list(ABOUT_GOODS) if ends and moment <= ends else []
    if state != Consignment.State.DELIVERED and moment > line.consignment.ship_by:
        kinds.append(Kind.LATE)
    if ends is None or moment <= ends + timedelta(days=line.return_days):
        kinds.append(Kind.OTHER)
    return kinds


def why_not(line: ConsignmentLine, kind: str, extent: Extent) -> str:
    """Why a case of this kind cannot be opened about the line, in words; empty if it can."""
    if kind not in BUYERS_KINDS:
        return _("There is no such kind of case.")
    if kind not in kinds_for(line):
        ends = claim_ends(line)
        if kind in ABOUT_GOODS and ends is None:
            return _("This parcel is not on its way yet.")
        if kind in ABOUT_GOODS and ends and now() > ends:
            return _("The time to claim is over for these goods.")
        return _("This cannot be claimed of these goods now.")
    if kind not in ABOUT_GOODS:
        return ""
    if (extent.packs is None) == (extent.share_bps is None):
        return _("Say how many packs, or how much of it.")
    if extent.packs is not None and not 0 < extent.packs <= left_packs(line):
        return _("There are %(packs)s packs of it.") % {"packs": left_packs(line)}
    if extent.share_bps is not None and (
        not 0 < extent.share_bps <= WHOLE or extent.share_bps % 1000
    ):
        return _("Say it in steps of 10 %.")
    return ""


def asked_fen(line: ConsignmentLine, extent: Extent) -> int:
    """What an extent is of the line's money, in fen, rounded down; never above what is left."""
    if extent.packs is not None:
        asked = line.net_fen * extent.packs // line.packs
    elif extent.share_bps is not None:
        asked = line.net_fen * extent.share_bps // WHOLE
    else:
        return 0
    return min(asked, left_fen(line))


def is_paid_at_once(case: Case, line: ConsignmentLine, order: Order) -> bool:
    """Whether a claim is within its produce's limits, all claims on the line together, and its
    buyer has not been paid at once too often (settings.CLAIMS_PAID_AT_ONCE in 30 days).
    """
    produce = produce_of(line)
    if case.kind != Kind.DAMAGED or not case.asked_fen or not produce.auto_limit_bps:
        return False
    before = line.cases.exclude(pk=case.pk).aggregate(fen=Sum("given_fen"))["fen"] or 0
    limit = min(line.net_fen * produce.auto_limit_bps // WHOLE, produce.auto_limit_fen)
    if before + case.asked_fen > limit:
        return False
    return paid_at_once_lately(order) < settings.CLAIMS_PAID_AT_ONCE


def paid_at_once_lately(order: Order) -> int:
    """How many claims of the order's buyer were paid at once within 30 days."""
    buyer = Q(pk=None)
    if order.user_id:
        buyer |= Q(order__user_id=order.user_id)
    if order.contact_phone:
        buyer |= Q(order__contact_phone=order.contact_phone)
    if order.guest_email:
        buyer |= Q(order__guest_email__iexact=order.guest_email)
    return Case.objects.filter(
        buyer, outcome=Case.Outcome.PAID_AT_ONCE, created_at__gte=now() - COUNTED
    ).count()


def buyer_key(order: Order) -> str:
    """Names the order's buyer, so that two claims of one person wait for each other."""
    return f"claims:{order.contact_phone or order.guest_email or order.user_id or order.pk}"
