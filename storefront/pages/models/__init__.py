"""Wagtail's page types."""

from storefront.pages.models.base import BilingualPage
from storefront.pages.models.content import ContentPage, HelpIndexPage, HelpPage, MoneyPage
from storefront.pages.models.home import CampaignPage, CampaignPageProduce, HomePage
from storefront.pages.models.villages import (
    CooperativePage,
    PartnerPage,
    VillagePage,
    VillagesPage,
)
from storefront.pages.models.writings import ArticleIndexPage, ArticlePage, StoryPage, Writing

__all__ = [
    "ArticleIndexPage",
    "ArticlePage",
    "BilingualPage",
    "CampaignPage",
    "CampaignPageProduce",
    "ContentPage",
    "CooperativePage",
    "HelpIndexPage",
    "HelpPage",
    "HomePage",
    "MoneyPage",
    "PartnerPage",
    "StoryPage",
    "VillagePage",
    "VillagesPage",
    "Writing",
]
