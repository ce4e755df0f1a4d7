"""The demo's site: its address, its pages and its campaign."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sites.models import Site as DjangoSite
from wagtail.models import Page, Site

from catalog.clock import now
from catalog.models import Category, Produce
from livestream.campaigns.models import Campaign, TrackedLink
from storefront.demo.texts import CAMPAIGN, CATEGORIES, HOME, PAGES, SHELF, Text
from storefront.pages.models import (
    BilingualPage,
    CampaignPage,
    CampaignPageProduce,
    ContentPage,
    HomePage,
)

# (code, where it is shown, the produce it leads to or "" for the campaign's page)
LINKS = (("DEMO-FAIR", "校园展销海报", ""), ("DEMO-PEAR", "微信群", "XL"))
CAMPAIGN_BEFORE, CAMPAIGN_AFTER = timedelta(days=30), timedelta(days=120)


def name_categories() -> None:
    """Give the categories their English names where they have none."""
    for name, name_en in CATEGORIES.items():
        Category.objects.filter(name=name, name_en="").update(name_en=name_en)


def make_pages() -> CampaignPage:
    """Make what is missing of the page tree, and point both Site tables at settings.SITE_URL."""
    home = HomePage.objects.first() or _make_home()
    _name_sites(home)
    for text in PAGES:
        if not home.get_children().filter(slug=text.slug).exists():
            home.add_child(instance=_page(ContentPage, text, show_in_menus=True))
    campaign_page = CampaignPage.objects.filter(slug=CAMPAIGN.slug).first()
    if campaign_page is None:
        campaign_page = _page(CampaignPage, CAMPAIGN)
        produce = Produce.objects.in_bulk(SHELF, field_name="code")
        campaign_page.shelf = [
            CampaignPageProduce(produce=produce[code], sort_order=position)
            for position, code in enumerate(SHELF)
        ]
        home.add_child(instance=campaign_page)
    return campaign_page


def make_campaign(page: CampaignPage) -> Campaign:
    """Make the demo's campaign, which runs now, and its tracked links."""
    campaign, _ = Campaign.objects.get_or_create(
        code=CAMPAIGN.slug,
        defaults={
            "name_zh": CAMPAIGN.title_zh,
            "name_en": CAMPAIGN.title_en,
            "starts_at": now() - CAMPAIGN_BEFORE,
            "ends_at": now() + CAMPAIGN_AFTER,
            "page": page,
        },
    )
    for code, channel, produce in LINKS:
        TrackedLink.objects.get_or_create(
            code=code,
            defaults={
                "campaign": campaign,
                "channel": channel,
                "produce": Produce.objects.get(code=produce) if produce else None,
            },
        )
    return campaign


def _page(kind: type[BilingualPage], text: Text, **fields) -> BilingualPage:
    return kind(
        slug=text.slug,
        title=text.title_zh,
        title_en=text.title_en,
        introduction_zh=text.introduction_zh,
        introduction_en=text.introduction_en,
        body_zh=text.body_zh,
        body_en=text.body_en,
        **fields,
    )


def _make_home() -> HomePage:
    """Put our home page where Wagtail's welcome page stands on a fresh database."""
    home = Page.get_first_root_node().add_child(instance=_page(HomePage, HOME))
    welcome = Page.objects.filter(depth=2, slug="home").exclude(pk=home.pk)
    # Deleting a page deletes the sites that it is the root of: move them first.
    Site.objects.filter(root_page__in=welcome).update(root_page=home)
    for page in welcome.filter(content_type__model="page"):
        page.delete()
    return home


def _name_sites(home: HomePage) -> None:
    address = urlsplit(settings.SITE_URL)
    port = address.port or (443 if address.scheme == "https" else 80)
    name = f"{settings.UNIVERSITY_NAME} {settings.OSCAR_SHOP_NAME}".strip()
    DjangoSite.objects.update_or_create(
        pk=settings.SITE_ID, defaults={"domain": address.netloc, "name": name[:50]}
    )
    DjangoSite.objects.clear_cache()
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={
            "hostname": address.hostname or "localhost",
            "port": port,
            "site_name": name,
            "root_page": home,
        },
    )
