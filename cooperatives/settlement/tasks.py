"""Scheduled settlement work."""

from celery import shared_task

from cooperatives.settlement import services


@shared_task
def nightly_sharing_out() -> int:
    """Release what is due and share out; gives how many pools were shared."""
    return services.share_out_due()
