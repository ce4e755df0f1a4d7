"""The feed of articles and stories, one in each language (Atom)."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from storefront.pages.addresses import HREFLANGS, absolute, in_language_of
from storefront.pages.jsonld import site_name
from storefront.pages.selectors import WritingCard, newest_writings

NEWEST = 30


class WritingsFeed(Feed):
    """The newest thirty. The English feed has those that have English words."""

    feed_type = Atom1Feed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """In the language of the address, whatever the visitor's is."""
        if kwargs["language"] not in HREFLANGS:
            raise Http404("No feed in this language")
        with translation.override(kwargs["language"]):
            return super().__call__(request, *args, **kwargs)

    def get_object(self, request: HttpRequest, language: str) -> str:
        return language

    def title(self, language: str) -> str:
        return f"{site_name()} · {_('Stories and articles')}"

    def link(self, language: str) -> str:
        return in_language_of("/", language)

    def feed_url(self, language: str) -> str:
        return absolute(f"/feeds/{language}.xml")

    def items(self, language: str) -> list[WritingCard]:
        found = newest_writings(NEWEST)
        return [one for one in found if language == settings.LANGUAGE_CODE or one.page.title_en]

    def item_title(self, item: WritingCard) -> str:
        return item.page.display_title

    def item_description(self, item: WritingCard) -> str:
        return item.page.introduction

    def item_link(self, item: WritingCard) -> str:
        return in_language_of(item.url, translation.get_language() or settings.LANGUAGE_CODE)

    def item_pubdate(self, item: WritingCard) -> datetime:
        return datetime.combine(item.day, time(8), ZoneInfo(settings.TIME_ZONE))

    def item_updateddate(self, item: WritingCard) -> datetime:
        return item.page.last_published_at or self.item_pubdate(item)

    def get_feed(self, obj: str, request: HttpRequest) -> Any:
        """With its language said, which the framework takes from the settings."""
        feed = super().get_feed(obj, request)
        feed.feed["language"] = HREFLANGS[obj]
        return feed
