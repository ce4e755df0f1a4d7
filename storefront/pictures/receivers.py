"""A photograph that was uploaded or changed gets its sizes before a buyer asks for them."""

from typing import Any

from django.core.cache import cache
from django.db.models.signals import post_save
from django.dispatch import receiver
from wagtail.images.models import Image

from storefront.pictures import services


@receiver(post_save, sender=Image)
def image_saved(instance: Image, raw: bool = False, **kwargs: Any) -> None:
    """Ask for its sizes, whatever was asked before."""
    if not raw:
        cache.delete(f"pictures.asked.{instance.pk}")
        services.ask_for_renditions(instance.pk)
