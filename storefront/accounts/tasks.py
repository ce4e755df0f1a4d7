"""Accounts in the background."""

from celery import shared_task

from storefront.accounts import retention


@shared_task
def forget() -> dict[str, int]:
    """Forget what has been kept as long as the privacy notice says."""
    return retention.forget()
