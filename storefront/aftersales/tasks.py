"""Refund work in the background."""

import logging
from uuid import UUID

from celery import shared_task

from storefront.aftersales import services
from storefront.payments.gateway import GatewayDown

log = logging.getLogger(__name__)


@shared_task(autoretry_for=(GatewayDown,), retry_backoff=2, retry_backoff_max=60, max_retries=8)
def send_refund(refund_uuid: str) -> None:
    """Do one refund at Stripe."""
    services.send(UUID(refund_uuid))


@shared_task
def sweep_refunds() -> int:
    """Try again what is not done; gives how many were waiting."""
    waiting = services.waiting_refunds()
    for refund_uuid in waiting:
        try:
            services.send(refund_uuid)
        except GatewayDown as error:
            log.warning("refund %s waits: %s", refund_uuid, error)
        except Exception:
            log.exception("refund %s failed; the next sweep tries again", refund_uuid)
    return len(waiting)
