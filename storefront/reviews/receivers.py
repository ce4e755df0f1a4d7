"""A picture's files go with its row, whichever way that goes."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from storefront.reviews import renditions
from storefront.reviews.models import ReviewPicture


@receiver(post_delete, sender=ReviewPicture)
def picture_deleted(instance: ReviewPicture, **kwargs: Any) -> None:
    """Delete its files once that is committed."""
    transaction.on_commit(lambda: renditions.delete_files(instance))
