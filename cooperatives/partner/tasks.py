"""Scheduled work on stock pools."""

from celery import shared_task

from cooperatives.partner import stock


@shared_task
def roll_pools() -> int:
    """Let time pass for every pool that needs it, each in its own transaction."""
    stale = stock.stale_pools()
    for pool_id in stale:
        stock.roll_forward([pool_id])
    return len(stale)
