"""The search's documents in the background."""

from celery import shared_task

from storefront.search import services


@shared_task
def reindex(produce_pks: list[int] | None = None) -> int:
    """Make documents again, of some produce or of all that changed. Gives how many."""
    return services.reindex(produce_pks).written
