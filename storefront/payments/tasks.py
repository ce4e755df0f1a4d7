"""Payment work in the background: events, and the sweeps for what was left."""

import logging

from celery import shared_task

from storefront.payments import balance, events, receiving, services
from storefront.payments.finalizing import finalize
from storefront.payments.gateway import GatewayDown

log = logging.getLogger(__name__)


@shared_task(autoretry_for=(GatewayDown,), retry_backoff=2, retry_backoff_max=60, max_retries=8)
def process_event(event_id: str) -> None:
    """Act on a stored event."""
    events.process(event_id)


@shared_task
def sweep_events() -> int:
    """Process what the workers left; gives how many were waiting."""
    waiting = events.waiting_events()
    for event_id in waiting:
        _try(events.process, event_id)
    return len(waiting)


@shared_task
def sweep_attempts() -> int:
    """End expired attempts and ask Stripe about silent ones; gives how many there were."""
    received = receiving.received_attempts()
    expired, silent = services.expired_attempts(), services.silent_attempts()
    for attempt_uuid in expired:
        _try(services.expire, attempt_uuid)
    for attempt_uuid in [*received, *silent]:
        _try(finalize, attempt_uuid)
    return len(received) + len(expired) + len(silent)


@shared_task(autoretry_for=(GatewayDown,), retry_backoff=30, max_retries=3)
def sweep_balance() -> int:
    """Book Stripe's fees and payouts; gives how many movements were new."""
    return balance.sweep_balance()


@shared_task
def reconcile() -> int:
    """Compare Stripe's side with ours; gives how many gaps are open."""
    from storefront.payments.reconciling.run import reconcile_payments

    return reconcile_payments().open_gaps


def _try(function, key) -> None:
    """Run one item of a sweep: what fails is logged and must not stop the others."""
    try:
        function(key)
    except Exception:
        log.exception("%s of %s failed; the next sweep tries again", function.__name__, key)
