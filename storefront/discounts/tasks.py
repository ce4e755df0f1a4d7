"""Gift vouchers that end."""

import logging

from celery import shared_task

from storefront.discounts import gifts

log = logging.getLogger(__name__)


@shared_task
def expire_gifts() -> int:
    """Take back what is left of gift vouchers whose time is over; gives how many there were."""
    over = gifts.ended()
    for gift_id in over:
        try:
            gifts.expire(gift_id)
        except Exception:
            log.exception("gift voucher %s was not ended; the next sweep tries again", gift_id)
    return len(over)
