"""Wagtail's page types: home, campaign, and a plain page."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.fields import RichTextField
from wagtail.models import Orderable, Page

from catalog.models import in_language
from storefront.shop.selectors import cards, for_sale


class BilingualPage(Page):
    """A page whose Chinese title is Wagtail's own and whose English one stands beside it."""

    title_en = models.CharField(_("title in English"), max_length=255, blank=True)
    introduction_zh = models.TextField(_("introduction in Chinese"), blank=True)
    introduction_en = models.TextField(_("introduction in English"), blank=True)
    body_zh = RichTextField(_("text in Chinese"), blank=True)
    body_en = RichTextField(_("text in English"), blank=True)
    picture = models.ForeignKey(
        "wagtailimages.Image",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picture"),
    )

    content_panels = [
        *Page.content_panels,
        FieldPanel("title_en"),
        FieldPanel("introduction_zh"),
        FieldPanel("introduction_en"),
        FieldPanel("picture"),
        FieldPanel("body_zh"),
        FieldPanel("body_en"),
    ]

    class Meta:
        abstract = True

    @property
    def display_title(self) -> str:
        return in_language(self.title, self.title_en)

    @property
    def introduction(self) -> str:
        return in_language(self.introduction_zh, self.introduction_en)

    @property
    def body(self) -> str:
        return in_language(self.body_zh, self.body_en)


class HomePage(BilingualPage):
    """The site's first page."""

    max_count = 1
    CARDS = 8

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With what is ripe and can be had now."""
        produce = list(for_sale().select_related("category")[: 3 * self.CARDS])
        here = sorted(cards(produce), key=lambda card: not card.available)
        return super().get_context(request, *args, **kwargs) | {"cards": here[: self.CARDS]}

    class Meta:
        verbose_name = _("home page")


class CampaignPage(BilingualPage):
    """A campaign's page with the produce that it promotes."""

    parent_page_types = ["pages.HomePage"]
    content_panels = [*BilingualPage.content_panels, InlinePanel("shelf", label=_("Produce"))]

    class Meta:
        verbose_name = _("campaign page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With the produce on its shelf, in the editor's order."""
        rows = self.shelf.select_related("produce__category")
        shelf = cards([row.produce for row in rows])
        return super().get_context(request, *args, **kwargs) | {"cards": shelf}


class CampaignPageProduce(Orderable):
    """A produce shown on a campaign's page."""

    page = ParentalKey(CampaignPage, on_delete=models.CASCADE, related_name="shelf")
    produce = models.ForeignKey("catalogue.Produce", models.CASCADE, related_name="+")

    panels = [FieldPanel("produce")]


class ContentPage(BilingualPage):
    """A page of text: help, privacy, about."""

    class Meta:
        verbose_name = _("page")
