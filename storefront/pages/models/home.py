"""The first page, and campaigns' pages."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.models import Orderable

from livestream.sessions.selectors import public_sessions
from storefront.pages import selectors
from storefront.pages.models.base import BilingualPage


class HomePage(BilingualPage):
    """The site's first page."""

    max_count = 1
    parent_page_types = ["wagtailcore.Page"]

    class Meta:
        verbose_name = _("home page")


class CampaignPage(BilingualPage):
    """A campaign's page with the produce that it promotes."""

    parent_page_types = ["pages.HomePage"]
    subpage_types: list[str] = []
    content_panels = [
        *BilingualPage.content_panels[:-1],
        InlinePanel(
            "shelf",
            label=_("Produce"),
            heading=_("On the campaign's shelf"),
            help_text=_("Shown below the content, in this order."),
        ),
        *BilingualPage.content_panels[-1:],
    ]

    class Meta:
        verbose_name = _("campaign page")

    @property
    def produce(self) -> Any:
        """The first on the shelf: its picture stands in when the page has none."""
        first = self.shelf.first()
        return first.produce if first else None

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With the produce on its shelf, in the editor's order, and its campaign's days."""
        # Also the shelf of a draft, which is not in the database yet.
        shelf = selectors.cards_in_order([row.produce_id for row in self.shelf.all()])
        campaign = selectors.campaign_of(self)
        sessions = public_sessions(campaign) if campaign else []
        own = {"cards": shelf, "campaign": campaign, "sessions": sessions}
        return super().get_context(request, *args, **kwargs) | own


class CampaignPageProduce(Orderable):
    """A produce shown on a campaign's page."""

    page = ParentalKey(CampaignPage, on_delete=models.CASCADE, related_name="shelf")
    produce = models.ForeignKey("catalogue.Produce", models.CASCADE, related_name="+")

    panels = [FieldPanel("produce")]
