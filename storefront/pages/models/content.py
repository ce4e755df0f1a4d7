"""Pages of text: help, how the money goes, privacy, about."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from storefront.pages import selectors
from storefront.pages.models.base import BilingualPage


class MoneyPage(BilingualPage):
    """How a buyer's money reaches the village, with the figures of today."""

    max_count = 1
    parent_page_types = ["pages.HomePage"]
    subpage_types: list[str] = []
    template = "pages/content_page.html"

    class Meta:
        verbose_name = _("how the money goes")


class HelpIndexPage(BilingualPage):
    """The list of help pages."""

    max_count = 1
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["pages.HelpPage"]

    class Meta:
        verbose_name = _("list of help pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With the help pages in the editor's order."""
        return super().get_context(request, *args, **kwargs) | {
            "topics": selectors.children_of(self)
        }


class HelpPage(BilingualPage):
    """One topic of help."""

    parent_page_types = ["pages.HelpIndexPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("help page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With the other topics beside it."""
        topics = [page for page in selectors.children_of(self.get_parent()) if page.pk != self.pk]
        return super().get_context(request, *args, **kwargs) | {"topics": topics}


class ContentPage(BilingualPage):
    """A page of text: privacy, about."""

    class Meta:
        verbose_name = _("page")
