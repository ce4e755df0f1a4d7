"""The demo's site: its address, its pages and its campaign."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sites.models import Site as DjangoSite
from django.db.models import Q
from wagtail.models import Site

from catalog.clock import now
from catalog.models import Category, Produce
from catalog.places import in_english
from cooperatives.partner.models import Partner
from livestream.campaigns.models import Campaign, TrackedLink
from storefront.demo.categories import CATEGORIES
from storefront.demo.content.site import CAMPAIGN
from storefront.demo.pages import make_tree
from storefront.pages.models import CampaignPage, HomePage

# (code, where it is shown, the produce it leads to or "" for the campaign's page)
LINKS = (("DEMO-FAIR", "校园展销海报", ""), ("DEMO-PEAR", "微信群", "XL"))
CAMPAIGN_BEFORE, CAMPAIGN_AFTER = timedelta(days=30), timedelta(days=120)


def name_categories() -> None:
    """Give the categories their English names where they have none."""
    for name, name_en in CATEGORIES.items():
        Category.objects.filter(name=name, name_en="").update(name_en=name_en)


def name_places() -> None:
    """Give counties and villages their English names where they have none."""
    for partner in Partner.objects.filter(Q(county_en="") | Q(village_en="")):
        partner.county_en = partner.county_en or in_english(partner.county)
        partner.village_en = partner.village_en or in_english(partner.village)
        partner.save(update_fields=["county_en", "village_en"])


def make_pages() -> CampaignPage:
    """Make what is missing of the page tree, and point both Site tables at settings.SITE_URL."""
    home, campaign_page = make_tree()
    _name_sites(home)
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
