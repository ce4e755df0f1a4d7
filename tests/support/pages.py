"""A small tree of pages, for tests."""

from datetime import date
from typing import Any

from django.utils.html import escape
from wagtail.models import Page, Site

from cooperatives.households.models import Household
from cooperatives.partner.models import Partner
from storefront.demo.content.blocks import block, live, questions, quote, shelf, steps, text
from storefront.pages.models import (
    ArticleIndexPage,
    ArticlePage,
    CampaignPage,
    CooperativePage,
    HelpIndexPage,
    HelpPage,
    HomePage,
    MoneyPage,
    StoryPage,
    VillagePage,
    VillagesPage,
)

ZH = "介绍"


def put(parent: Any, kind: Any, slug: str, body: list[dict] | None = None, **fields: Any) -> Any:
    """A live page below another, in both languages."""
    page = kind(
        slug=slug,
        **{
            "title": f"{slug}页",
            "title_en": f"{slug} page",
            "introduction_zh": ZH,
            "introduction_en": "About it",
            **fields,
        },
    )
    page.body = kind._meta.get_field("body").to_python(body or [])
    return parent.add_child(instance=page)


def every_block(said: str = "words") -> list[dict]:
    """A block of each kind that needs no upload; `said` in every text of theirs."""
    # As Wagtail's editor writes it down.
    rich = escape(said)
    return [
        text(f"<p>{rich}</p>", f"<p>{rich}</p>"),
        quote(said, said, said, said),
        steps(said, said, [(said, said, said, said)]),
        questions(said, said, [(said, rich, said, rich)]),
        block(
            "action",
            heading_zh=said,
            heading_en=said,
            text_zh=said,
            text_en=said,
            label_zh=said,
            label_en=said,
            page=None,
            address="/produce/",
        ),
        block(
            "video",
            heading_zh=said,
            heading_en=said,
            kind="bilibili",
            address="https://www.bilibili.com/video/BV1xx411c7mD/",
            document=None,
            image=None,
        ),
        shelf(said, said),
        live("villages", said, said, limit=60),
        live("campaign", said, said),
        live("figures", said, said, which=["net", "villages"]),
        live("articles", said, said, limit=12),
    ]


def make_site(villages: int = 1, articles: int = 1, body: list[dict] | None = None) -> HomePage:
    """A first page with everything below it; villages are those of new cooperatives."""
    root = Page.get_first_root_node()
    home = put(root, HomePage, "start", body)
    Site.objects.update(root_page=home)
    Site.clear_site_root_paths_cache()
    index = put(home, VillagesPage, "villages", show_at_top=True, show_in_menus=True)
    for number in range(villages):
        partner = Partner.objects.create(
            code=f"P{number}", name=f"合作社{number}", county="县", village=f"村{number}"
        )
        Household.objects.bulk_create(
            Household(
                code=f"P{number}-{one}",
                partner=partner,
                village="村",
                shares=1,
                people=1,
                joined_on="2020-01-01",
            )
            for one in range(3)
        )
        page = put(index, VillagePage, f"v{number}", partner=partner)
        put(page, CooperativePage, "cooperative", partner=partner)
    stories = put(home, ArticleIndexPage, "stories")
    for number in range(articles):
        own = body if number == 0 else None
        put(stories, ArticlePage, f"a{number}", own, day=date(2026, 1, 1 + number % 28))
    put(stories, StoryPage, "told", day=date(2026, 2, 1), partner=Partner.objects.first())
    help_index = put(home, HelpIndexPage, "help")
    put(help_index, HelpPage, "ordering")
    put(home, MoneyPage, "money")
    put(home, CampaignPage, "autumn")
    return home
