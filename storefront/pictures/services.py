"""What is written for pictures: the sizes that pages show."""

from django.core.cache import cache
from django.db import transaction
from wagtail.images.models import Filter, Image

from storefront.pictures.kinds import EVERY_SPEC

ASKED_SECONDS = 600


def make_renditions(image: Image) -> int:
    """Make each size of a photograph that is not there yet; how many there are then.

    Takes some seconds for a large one: not for a request. A file that cannot be read raises
    Wagtail's SourceImageIOError.
    """
    return len(image.get_renditions(*(Filter(spec) for spec in EVERY_SPEC)))


def ask_for_renditions(image_id: int) -> None:
    """Have a worker make a photograph's sizes soon; asked again at most every ten minutes."""
    from storefront.pictures.tasks import make_photo_renditions

    if cache.add(f"pictures.asked.{image_id}", 1, ASKED_SECONDS):
        transaction.on_commit(lambda: make_photo_renditions.delay(image_id))
