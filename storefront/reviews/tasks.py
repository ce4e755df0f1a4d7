"""Pictures of reviews in the background."""

from celery import shared_task

from storefront.reviews import renditions
from storefront.reviews.models import Review, ReviewPicture


@shared_task
def make_renditions(review_id: int) -> None:
    """Make the public sizes of a published review's pictures."""
    state = Review.State.PUBLISHED
    for picture in ReviewPicture.objects.filter(review=review_id, review__state=state):
        renditions.make_all(picture)
