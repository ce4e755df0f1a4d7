"""Articles and stories, and their list."""

from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from catalog.clock import today
from storefront.pages import selectors
from storefront.pages.models.base import BilingualPage
from storefront.speed.recording import refuse

PER_PAGE = 12


class ArticleIndexPage(BilingualPage):
    """The list of articles and stories, the newest first; it has feeds of its own."""

    max_count = 1
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.ArticlePage", "pages.StoryPage"]
    parameters = ("page",)

    class Meta:
        verbose_name = _("list of articles")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With twelve of them: ?page=, where a page that does not exist is the first or last."""
        asked = request.GET.get("page")
        shown = Paginator(selectors.writings(), PER_PAGE).get_page(asked)
        if asked not in (None, str(shown.number)):
            refuse()
        own = {"writings": selectors.writing_cards(shown), "shown": shown}
        return super().get_context(request, *args, **kwargs) | own


class Writing(BilingualPage):
    """What articles and stories share."""

    parent_page_types = ["pages.ArticleIndexPage"]
    subpage_types: list[str] = []
    day = models.DateField(_("day"), default=today)
    produce = models.ForeignKey(
        "catalogue.Produce",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("about this produce"),
        help_text=_("Shown at the end; its picture stands in when the page has none."),
    )

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With the card of the produce that it is about."""
        chosen = selectors.cards_in_order([self.produce_id] if self.produce_id else [])
        return super().get_context(request, *args, **kwargs) | {"cards": chosen}


class ArticlePage(Writing):
    """An article: seasons, storage, cooking, how the site works."""

    template = "pages/writing_page.html"
    content_panels = [
        *BilingualPage.content_panels[:-1],
        FieldPanel("day"),
        FieldPanel("produce"),
        *BilingualPage.content_panels[-1:],
    ]

    class Meta:
        verbose_name = _("article")


class StoryPage(Writing):
    """A story from a village; the village's page shows it too."""

    template = "pages/writing_page.html"
    partner = models.ForeignKey(
        "partner.Partner",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("from the village of"),
    )
    content_panels = [
        *BilingualPage.content_panels[:-1],
        FieldPanel("day"),
        FieldPanel("partner"),
        FieldPanel("produce"),
        *BilingualPage.content_panels[-1:],
    ]

    class Meta:
        verbose_name = _("story")
