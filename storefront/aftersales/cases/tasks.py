"""Scheduled work on cases and disputes."""

from celery import shared_task

from storefront.aftersales.cases import disputes, services


@shared_task
def close_cases() -> int:
    """Close what the buyers left; gives how many."""
    return services.close_what_is_over()


@shared_task
def sweep_disputes() -> int:
    """Ask Stripe about open disputes; gives how many."""
    return disputes.sweep()
