"""Photographs of produce, chosen by editors."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import Orderable

from catalog.models import in_language


class ProducePhoto(Orderable):
    """One photograph of a produce. The first stands in lists; all stand on the produce's page."""

    produce = ParentalKey("catalogue.Produce", on_delete=models.CASCADE, related_name="photos")
    image = models.ForeignKey(
        "wagtailimages.Image", models.CASCADE, related_name="+", verbose_name=_("photograph")
    )
    alt_zh = models.CharField(
        _("what it shows, in Chinese"),
        max_length=200,
        blank=True,
        help_text=_("Read out to those who cannot see it."),
    )
    alt_en = models.CharField(_("what it shows, in English"), max_length=200, blank=True)

    panels = [
        FieldPanel("image"),
        FieldRowPanel([FieldPanel("alt_zh"), FieldPanel("alt_en")]),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("photograph")
        verbose_name_plural = _("photographs")
        constraints = [
            models.UniqueConstraint(fields=["produce", "image"], name="produce_photo_once")
        ]

    def __str__(self) -> str:
        return f"{self.produce_id}/{self.image_id}"

    @property
    def alt(self) -> str:
        return in_language(self.alt_zh, self.alt_en)
