"""What workers do for pictures."""

from celery import shared_task
from wagtail.images.models import Image

from storefront.pictures import services


@shared_task
def make_photo_renditions(image_id: int) -> None:
    """Make the sizes of one photograph; one that was deleted meanwhile needs none."""
    image = Image.objects.filter(pk=image_id).first()
    if image is not None:
        services.make_renditions(image)
