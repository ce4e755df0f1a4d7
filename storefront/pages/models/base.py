"""What all pages share: two languages side by side, one body of blocks."""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.models import Page, PageViewRestriction
from wagtail.search import index

from catalog.models import in_language
from storefront.pages import selectors
from storefront.pages.blocks import BodyField
from storefront.speed.recording import kept, refuse


class BilingualPage(Page):
    """A page whose Chinese title is Wagtail's own and whose English one stands beside it.

    Its body is one list of blocks, and each block holds its Chinese and its English words: an
    editor puts a picture or a shelf in its place once, and nothing can stand in one language
    alone. What has no English shows its Chinese.
    """

    title_en = models.CharField(_("title in English"), max_length=255, blank=True)
    introduction_zh = models.TextField(_("introduction in Chinese"), blank=True)
    introduction_en = models.TextField(_("introduction in English"), blank=True)
    picture = models.ForeignKey(
        "wagtailimages.Image",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picture"),
    )
    body = BodyField()
    show_at_top = models.BooleanField(
        _("show in the menu at the top"),
        default=False,
        help_text=_("“Show in menus” puts it into the menu at the foot of each page."),
    )

    # What its address may ask for.
    parameters: tuple[str, ...] = ()
    content_panels = [
        MultiFieldPanel(
            [FieldRowPanel([TitleFieldPanel("title"), FieldPanel("title_en")])], heading=_("Title")
        ),
        MultiFieldPanel(
            [FieldPanel("introduction_zh"), FieldPanel("introduction_en")],
            heading=_("Introduction: one or two sentences, also shown by search engines"),
        ),
        FieldPanel("picture"),
        FieldPanel("body"),
    ]
    promote_panels = [*Page.promote_panels, FieldPanel("show_at_top")]
    search_fields = [
        *Page.search_fields,
        index.SearchField("title_en", boost=2),
        index.SearchField("introduction_zh"),
        index.SearchField("introduction_en"),
        index.SearchField("body"),
    ]

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict:
        """With the way here, for the reader and for search engines."""
        own = {"trail": selectors.trail(self)}
        return super().get_context(request, *args, **kwargs) | own

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Kept for everybody, where everybody may read it."""

        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self._is_restricted():
                refuse()
            answer: HttpResponse = super(BilingualPage, self).serve(request, *args, **kwargs)
            return answer

        return kept(*self.parameters)(view)(request, *args, **kwargs)

    def _is_restricted(self) -> bool:
        """Whether only some may read it. One query as long as no page is restricted at all."""
        return PageViewRestriction.objects.exists() and self.get_view_restrictions().exists()

    @property
    def display_title(self) -> str:
        return in_language(self.title, self.title_en)

    @property
    def introduction(self) -> str:
        return in_language(self.introduction_zh, self.introduction_en)
