"""The demo's site: its address, its pages and its campaign."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site as DjangoSite
from django.db.models import Q
from wagtail.models import Site

from catalog.clock import now, today
from catalog.models import Category, Produce
from catalog.places import in_english
from cooperatives.partner.models import Partner
from livestream.campaigns.models import Campaign, CampaignCost, TrackedLink
from storefront.demo.accounts import ADMINISTRATOR
from storefront.demo.categories import CATEGORIES
from storefront.demo.content.site import CAMPAIGN
from storefront.demo.pages import make_tree
from storefront.pages.models import CampaignPage, HomePage

# (code, made for, where or who, the produce it leads to or "" for the campaign's page)
Medium = TrackedLink.Medium
LINKS = (
    ("DEMO-FAIR", Medium.POSTER, "校园展销海报", ""),
    ("DEMO-PEAR", Medium.CHANNEL, "微信群", "XL"),
    ("DEMO-HOST", Medium.HOST, "晚场主播", "XL"),
    ("DEMO-STALL", Medium.STALL, "东门展位", ""),
)
# What it is to reach: grams, fen paid, households credited.
GOALS = {"goal_grams": 1_000_000, "goal_paid_fen": 1_500_000, "goal_households": 60}
# (kind, fen, what for, days before today)
COSTS = (
    (CampaignCost.Kind.ADVERTISING, 26_800, "海报和展架印刷", 24),
    (CampaignCost.Kind.TRAVEL, 41_250, "志愿者去灌阳的车票", 12),
)
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
    """Make the demo's campaign, which runs now, with its goals, and its tracked links."""
    campaign, new = Campaign.objects.get_or_create(
        code=CAMPAIGN.slug,
        defaults={
            "name_zh": CAMPAIGN.title_zh,
            "name_en": CAMPAIGN.title_en,
            "starts_at": now() - CAMPAIGN_BEFORE,
            "ends_at": now() + CAMPAIGN_AFTER,
            "page": page,
            "kind": Campaign.Kind.SEASON,
            **GOALS,
        },
    )
    if new:
        on_shelf = [item.produce for item in page.shelf.all()]
        campaign.produce.set(on_shelf)
        campaign.villages.set(Partner.objects.filter(pools__produce__in=on_shelf).distinct())
        campaign.save()
    for code, medium, channel, produce in LINKS:
        TrackedLink.objects.get_or_create(
            code=code,
            defaults={
                "campaign": campaign,
                "medium": medium,
                "channel": channel,
                "produce": Produce.objects.get(code=produce) if produce else None,
            },
        )
    return campaign


def enter_costs(campaign: Campaign) -> None:
    """Enter what the demo's campaign cost, unless somebody entered something already."""
    if campaign.costs.exists():
        return
    staff = get_user_model()._default_manager.get(email=ADMINISTRATOR.email)
    for kind, fen, what_for, days in COSTS:
        CampaignCost.objects.create(
            campaign=campaign,
            kind=kind,
            amount_fen=fen,
            what_for=what_for,
            day=today() - timedelta(days=days),
            entered_by=staff,
        )


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
