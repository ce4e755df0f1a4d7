"""The demo's page tree. What nobody has edited follows the demo's texts."""

from typing import Any

from wagtail.models import Page, Site

from catalog.models import Produce
from cooperatives.partner.models import Partner
from storefront.demo.content import articles, help, site, villages
from storefront.demo.content.blocks import Text
from storefront.pages.models import (
    ArticleIndexPage,
    ArticlePage,
    BilingualPage,
    CampaignPage,
    CampaignPageProduce,
    ContentPage,
    CooperativePage,
    HelpIndexPage,
    HelpPage,
    HomePage,
    MoneyPage,
    StoryPage,
    VillagePage,
    VillagesPage,
)

# Produce on the campaign's shelf, in this order.
SHELF = ("EHM", "HSF", "PG", "BXG", "XG", "CY", "HQK", "MLS")
# Villages and cooperatives first: a fresh list of pages in Wagtail's explorer reads so.
SECTIONS = (
    (VillagesPage, villages.INDEX),
    (ArticleIndexPage, articles.INDEX),
    (MoneyPage, site.MONEY),
    (HelpIndexPage, help.INDEX),
    (ContentPage, site.PRIVACY),
)


class Tree:
    """The pages that are there, by their addresses: one query for each type."""

    def __init__(self) -> None:
        rows = Page.objects.filter(depth__gt=1).specific().iterator()
        self.there: dict[str, Any] = {page.url_path: page for page in rows}

    def plant(self, kind: type[BilingualPage], parent: Any, text: Text, **own: Any) -> Any:
        """The page of a text below its parent: made, or brought up to the text.

        A page that an editor has saved has a revision: it stays as it is. One of another type at
        the same address that nobody saved is of an earlier demo and makes room.
        """
        path = f"{parent.url_path}{text.slug}/"
        page = self.there.get(path)
        if page is not None and not isinstance(page, kind) and page.latest_revision_id is None:
            page.delete()
            parent.refresh_from_db()
            page = None
        if page is None:
            page = kind(slug=text.slug)
            _dress(page, text, own)
            parent.add_child(instance=page)
            self.there[path] = page
        elif isinstance(page, kind) and page.latest_revision_id is None and _dress(page, text, own):
            page.save()
        return page


def _dress(page: BilingualPage, text: Text, own: dict[str, Any]) -> bool:
    """Give a page its texts. Whether anything changed."""
    wanted = {
        "title": text.title_zh,
        "title_en": text.title_en,
        "introduction_zh": text.introduction_zh,
        "introduction_en": text.introduction_en,
        "show_in_menus": text.foot,
        "show_at_top": text.top,
        **own,
    }
    changed = {name: value for name, value in wanted.items() if getattr(page, name) != value}
    if list(page.body.raw_data) != text.body:
        changed["body"] = page._meta.get_field("body").to_python(text.body)
    for name, value in changed.items():
        setattr(page, name, value)
    return bool(changed)


def make_tree() -> tuple[HomePage, CampaignPage]:
    """Make what is missing of the tree; gives the first page and the campaign's."""
    home = HomePage.objects.first() or _first_page()
    tree = Tree()
    home = tree.there[home.url_path]
    if home.latest_revision_id is None and _dress(home, site.HOME, {}):
        home.save()
    made = {kind: tree.plant(kind, home, text) for kind, text in SECTIONS}
    campaign = _campaign(tree, home)
    for topic in help.TOPICS:
        tree.plant(HelpPage, made[HelpIndexPage], topic)
    partners = Partner.objects.in_bulk(field_name="code")
    produce = Produce.objects.in_bulk(field_name="code")
    for village in villages.VILLAGES:
        if village.code in partners:
            _village(tree, made[VillagesPage], village, partners[village.code])
    for writing in articles.WRITINGS:
        own: dict[str, Any] = {"day": writing.day, "produce": produce.get(writing.produce)}
        if writing.partner:
            own["partner"] = partners.get(writing.partner)
        kind = StoryPage if writing.partner else ArticlePage
        tree.plant(kind, made[ArticleIndexPage], writing.text, **own)
    return home, campaign


def _first_page() -> HomePage:
    """Put our home page where Wagtail's welcome page stands on a fresh database."""
    home = HomePage(slug=site.HOME.slug)
    _dress(home, site.HOME, {})
    Page.get_first_root_node().add_child(instance=home)
    welcome = Page.objects.filter(depth=2, slug="home").exclude(pk=home.pk)
    # Deleting a page deletes the sites that it is the root of: move them first.
    Site.objects.filter(root_page__in=welcome).update(root_page=home)
    for page in welcome.filter(content_type__model="page"):
        page.delete()
    return home


def _campaign(tree: Tree, home: HomePage) -> CampaignPage:
    is_new = f"{home.url_path}{site.CAMPAIGN.slug}/" not in tree.there
    page = tree.plant(CampaignPage, home, site.CAMPAIGN)
    if is_new:
        produce = Produce.objects.in_bulk(SHELF, field_name="code")
        CampaignPageProduce.objects.bulk_create(
            CampaignPageProduce(page=page, produce=produce[code], sort_order=position)
            for position, code in enumerate(SHELF)
            if code in produce
        )
    return page


def _village(tree: Tree, index: VillagesPage, village: villages.Village, partner: Partner) -> None:
    """A village's page, and its cooperative's below it."""
    place = villages.english_name(village)
    about = Text(
        slug=village.slug,
        title_zh=partner.village,
        title_en=place,
        introduction_zh=village.introduction_zh,
        introduction_en=village.introduction_en,
        body=villages.body(village),
    )
    page = tree.plant(VillagePage, index, about, partner=partner)
    zh, en = villages.cooperative_introduction(partner.village, place)
    cooperative = Text(
        slug="cooperative",
        title_zh=partner.name,
        title_en=partner.name_en or place,
        introduction_zh=zh,
        introduction_en=en,
        body=villages.COOPERATIVE,
    )
    tree.plant(CooperativePage, page, cooperative, partner=partner)
