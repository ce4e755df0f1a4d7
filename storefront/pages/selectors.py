"""What pages and their blocks show of the shop: few queries, however much there is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Site

from catalog.clock import now, today
from catalog.models import Produce
from cooperatives.households.models import Household
from cooperatives.partner.models import Partner, StockRecord
from cooperatives.settlement.models import CreditRule
from livestream.campaigns.models import Campaign
from storefront.impact import selectors as impact

# By their modules: the page types use these reads themselves.
from storefront.pages import models as pages
from storefront.pages import pictures
from storefront.pictures.selectors import attach_page_pictures
from storefront.shop.selectors import FEWEST_HOUSEHOLDS, Card, cards, for_sale

# Wagtail's root is 1, the first page 2.
HOME_DEPTH = 2
# Of a village, on its page.
STORIES = 3


def address_of(url_path: str) -> str:
    """The address on this site of a page's `url_path`. No query once Wagtail knows its roots."""
    for root in Site.get_site_root_paths():
        if url_path.startswith(root.root_path):
            return "/" + url_path[len(root.root_path) :]
    return "/"


def page_urls(partners: Iterable[Partner]) -> dict[int, str]:
    """{key of a cooperative: its village's page, else its own}; who has none is left out.

    At most two queries.
    """
    wanted = {partner.pk for partner in partners}
    found: dict[int, str] = {}
    for kind in (pages.VillagePage, pages.CooperativePage):
        missing = wanted - found.keys()
        if not missing:
            break
        rows = kind.objects.live().filter(partner__in=missing)
        for partner_id, path in rows.values_list("partner_id", "url_path"):
            found[partner_id] = address_of(path)
    return found


def trail(page: Any) -> list[tuple[str, str]]:
    """(name, address) of each page from the first one down to this; empty for the first itself.

    A page right below the first takes no query.
    """
    if page.depth is None or page.depth <= HOME_DEPTH:
        return []
    between = []
    if page.depth > HOME_DEPTH + 1:
        above = Page.objects.ancestor_of(page).filter(depth__gt=HOME_DEPTH).order_by("path")
        between = [(each.display_title, address_of(each.url_path)) for each in above.specific()]
    here = (page.display_title, address_of(page.url_path))
    return [(gettext("Home"), "/"), *between, here]


@dataclass(frozen=True)
class VillageCard:
    """A village in a list. `households` is None where they are too few to count in public."""

    page: Any
    partner: Partner | None
    url: str
    households: int | None
    produce: list[Produce]


def _households(partners: Iterable[int]) -> dict[int, int]:
    """{cooperative: its households}, without those that are too few. One query."""
    rows = Household.objects.filter(partner__in=partners).values_list("partner")
    counted = dict(rows.annotate(households=Count("pk")))
    return {pk: count for pk, count in counted.items() if count >= FEWEST_HOUSEHOLDS}


def _produce_of(partners: Iterable[int]) -> dict[int, list[Produce]]:
    """What each cooperative sells, by code. One query."""
    rows = (
        StockRecord.objects.filter(partner__in=partners, product__is_public=True)
        .exclude(product__produce=None)
        .select_related("product__produce")
        .order_by("product__produce__code")
    )
    found: dict[int, dict[int, Produce]] = defaultdict(dict)
    for row in rows:
        found[row.partner_id][row.product.produce_id] = row.product.produce
    return {pk: list(each.values()) for pk, each in found.items()}


def village_cards(limit: int | None) -> list[VillageCard]:
    """Cards of the live villages' pages in the tree's order. At most eight queries."""
    rows = list(
        pages.VillagePage.objects.live().select_related("partner", "picture").order_by("path")
    )[:limit]
    pictures.fetch(rows)
    attach_page_pictures([row.partner for row in rows if row.partner])
    partners = [row.partner_id for row in rows if row.partner_id]
    households, produce = _households(partners), _produce_of(partners)
    return [
        VillageCard(
            page=row,
            partner=row.partner,
            url=address_of(row.url_path),
            households=households.get(row.partner_id),
            produce=produce.get(row.partner_id, []),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class PartnerFacts:
    """What the shop knows of a cooperative, for its pages."""

    partner: Partner
    cards: list[Card]
    households: int | None
    stories: list["WritingCard"]
    village_url: str
    cooperative_url: str
    # What the cooperative keeps, in basis points, by the rule of today; None without one.
    fee_bps: int | None
    fund_bps: int | None


def partner_facts(partner: Partner | None) -> PartnerFacts | None:
    """All of it for one cooperative; None when the page is about none."""
    if partner is None:
        return None
    sold = StockRecord.objects.filter(partner=partner, product__is_public=True)
    produce = for_sale().filter(pk__in=sold.values("product__produce"))

    def where(kind: Any) -> str:
        path = kind.objects.live().filter(partner=partner).values_list("url_path", flat=True)
        return address_of(path[0]) if path else ""

    # As settlement chooses it for produce without a rule of its own.
    rules = CreditRule.objects.filter(partner=partner, produce=None, valid_from__lte=today())
    rule = rules.order_by("-version").first()
    return PartnerFacts(
        partner=partner,
        cards=available_first(cards(list(produce.select_related("category")))),
        households=_households([partner.pk]).get(partner.pk),
        stories=_stories_of(partner),
        village_url=where(pages.VillagePage),
        cooperative_url=where(pages.CooperativePage),
        fee_bps=rule.fee_bps if rule else None,
        fund_bps=rule.fund_bps if rule else None,
    )


def available_first(shown: list[Card]) -> list[Card]:
    """What can be had now before what is sold out; else in the given order."""
    return sorted(shown, key=lambda card: not card.available)


def cards_in_order(keys: Sequence[int]) -> list[Card]:
    """Cards of so many produce in their order; what is not sold is left out."""
    found = Produce.objects.select_related("category").in_bulk(keys)
    return cards([found[key] for key in keys if key in found])


def shelf_cards(value: Any) -> list[Card]:
    """The cards of a shelf block, by its rule. At most six queries.

    What can be had comes first, except where the editor chose each one in an order.
    """
    limit = value.get("limit") or 8
    rule = value.get("rule")
    if rule == "chosen":
        return cards_in_order([each.pk for each in value["produce"] if each])[:limit]
    if rule == "campaign":
        campaign = Campaign.objects.filter(code=value.get("campaign") or "").first()
        return cards_in_order(_shelf_of(campaign))[:limit]
    produce = for_sale().select_related("category")
    if rule == "village":
        here = StockRecord.objects.filter(partner__code=value.get("village") or "")
        produce = produce.filter(pk__in=here.values("product__produce"))
        return available_first(cards(list(produce)))[:limit]
    # In season comes first in `for_sale`; three times as many, since some are sold out.
    found = available_first(cards(list(produce[: 3 * limit])))
    return [card for card in found if card.in_season][:limit] or found[:limit]


def _shelf_of(campaign: Campaign | None) -> list[int]:
    if campaign is None or campaign.page_id is None:
        return []
    rows = pages.CampaignPageProduce.objects.filter(page_id=campaign.page_id)
    return list(rows.order_by("sort_order").values_list("produce_id", flat=True))


@dataclass(frozen=True)
class CampaignCard:
    """A campaign to point at: its page is live."""

    campaign: Campaign
    page: Any
    url: str
    runs: bool


def campaign_now() -> CampaignCard | None:
    """The campaign with a live page that runs (the last begun), else the next. Two queries."""
    moment = now()
    ahead = Campaign.objects.filter(ends_at__gt=moment, page__live=True).order_by("starts_at")
    rows = list(ahead)
    running = [each for each in rows if each.runs_at(moment)]
    chosen = running[-1] if running else (rows[0] if rows else None)
    if chosen is None:
        return None
    page = pages.CampaignPage.objects.filter(pk=chosen.page_id).select_related("picture").first()
    if page is None:
        return None
    return CampaignCard(chosen, page, address_of(page.url_path), bool(running))


def campaign_of(page: Any) -> Campaign | None:
    """The campaign that a page is for: the last to begin. None for a page not saved yet."""
    if page.pk is None:
        return None
    return Campaign.objects.filter(page=page.pk).order_by("-starts_at").first()


def _stories_of(partner: Partner) -> list["WritingCard"]:
    rows = pages.StoryPage.objects.live().filter(partner=partner).order_by("-day")
    told = list(rows.select_related("picture", "produce__category")[:STORIES])
    pictures.fetch(told)
    return [_writing_card(each) for each in told]


@dataclass(frozen=True)
class WritingCard:
    """An article or story in a list."""

    page: Any
    url: str
    day: date
    produce: Produce | None


def _writing_card(page: Any) -> WritingCard:
    return WritingCard(page, address_of(page.url_path), page.day, page.produce)


def writings() -> QuerySet:
    """{"pk", "day"} of each live article and story, the newest first."""
    columns = ("pk", "day")
    articles = pages.ArticlePage.objects.live().values(*columns)
    stories = pages.StoryPage.objects.live().values(*columns)
    return articles.union(stories).order_by("-day", "-pk")


def writing_cards(rows: Iterable[dict]) -> list[WritingCard]:
    """The cards of some rows of `writings`, in their order. At most five queries."""
    keys = [row["pk"] for row in rows]
    found: dict[int, Any] = {}
    for kind in (pages.ArticlePage, pages.StoryPage):
        found |= kind.objects.select_related("picture", "produce__category").in_bulk(keys)
    pictures.fetch(found.values())
    return [_writing_card(found[key]) for key in keys if key in found]


def newest_writings(limit: int) -> list[WritingCard]:
    """The newest articles and stories. At most six queries."""
    return writing_cards(writings()[:limit])


@dataclass(frozen=True)
class Topic:
    """A page in a list of pages."""

    pk: int
    page: Any
    url: str


def children_of(page: Page) -> list[Topic]:
    """The live help pages below a page, in the tree's order. One query."""
    rows = pages.HelpPage.objects.live().child_of(page).order_by("path")
    return [Topic(row.pk, row, address_of(row.url_path)) for row in rows]


@dataclass(frozen=True)
class Figure:
    """One figure: its name in the words of the money ladder, and the number as it is shown."""

    name: Any
    fen: int | None = None
    count: int | None = None


def figures(which: Sequence[str]) -> list[Figure]:
    """The chosen figures of the whole site, from the ledger; what is nothing yet is left out."""
    totals = impact.totals()
    known = {
        "net": Figure(_("net of refunds"), fen=totals.net_fen),
        "credited": Figure(_("credited to households"), fen=totals.credited_fen),
        "paid_out": Figure(_("paid out"), fen=totals.paid_out_fen),
        "orders": Figure(_("orders"), count=totals.orders),
        "households": Figure(_("households"), count=totals.households),
        "villages": Figure(_("villages"), count=totals.villages),
    }
    chosen = [known[name] for name in which if name in known]
    # Before the first sale there is nothing to be told.
    return [one for one in chosen if one.fen or one.count]
