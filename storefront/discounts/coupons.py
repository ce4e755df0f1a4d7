"""The vouchers that a live room can hand out (livestream.room.coupons)."""

from django.db.models import Q

from catalog.clock import now
from livestream.room.coupons import Coupon
from storefront.discounts.models import Terms
from storefront.discounts.offers import why_not

MOST = 50


def for_campaign(campaign_id: int) -> list[Coupon]:
    """The vouchers with a code that can be used now: the campaign's, and those of none.

    The newest first. Two queries.
    """
    rows = (
        Terms.objects.filter(Q(campaign=campaign_id) | Q(campaign=None))
        .exclude(offer__vouchers=None)
        .select_related("offer")
        .prefetch_related("offer__vouchers")
        .order_by("-pk")
    )
    moment, found = now(), []
    for terms in rows[:MOST]:
        voucher = terms.offer.vouchers.all()[0]
        if why_not(terms, voucher, moment) is None:
            left = None
            if terms.uses_limit is not None:
                left = terms.uses_limit - terms.uses_held - terms.uses_done
            found.append(Coupon(voucher.code, terms.offer.name, terms.name_en, left))
    return found
