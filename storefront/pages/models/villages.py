"""Villages and their cooperatives."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from storefront.pages import selectors
from storefront.pages.models.base import BilingualPage


class VillagesPage(BilingualPage):
    """The list of all villages."""

    max_count = 1
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.VillagePage"]

    class Meta:
        verbose_name = _("list of villages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With a card for each village, county by county."""
        own = {"villages": selectors.village_cards(None)}
        return super().get_context(request, *args, **kwargs) | own


class PartnerPage(BilingualPage):
    """A page about one cooperative's place or people. What the shop knows of it comes by itself."""

    # A copy is about another one: the editor chooses which.
    exclude_fields_in_copy = ["partner"]
    content_panels = [FieldPanel("partner"), *BilingualPage.content_panels]

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With its produce, its households' number and what was written about it."""
        facts = selectors.partner_facts(self.partner)
        return super().get_context(request, *args, **kwargs) | {"facts": facts}


class VillagePage(PartnerPage):
    """A village: where it is, what grows there, who packs it."""

    parent_page_types = ["pages.VillagesPage"]
    subpage_types = ["pages.CooperativePage"]
    partner = models.OneToOneField(
        "partner.Partner",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="village_page",
        verbose_name=_("cooperative of the village"),
    )

    class Meta:
        verbose_name = _("village")


class CooperativePage(PartnerPage):
    """A cooperative: what it packs, what it keeps for its service, how to reach its work."""

    parent_page_types = ["pages.VillagePage"]
    subpage_types: list[str] = []
    partner = models.OneToOneField(
        "partner.Partner",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="cooperative_page",
        verbose_name=_("cooperative"),
    )

    class Meta:
        verbose_name = _("page of a cooperative")
