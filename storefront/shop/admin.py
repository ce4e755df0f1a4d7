"""What staff keep by hand in Wagtail's admin: produce, packs and prices, freight, people."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import register_permission_policy
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from catalog.models import Produce, Product
from cooperatives.partner.models import Partner
from cooperatives.portal.models import Membership
from cooperatives.routing.models import FreightRate

MOST_PHOTOS = 12


class ChangeOnly(ModelPermissionPolicy):
    """Rows come and go with the cooperatives' data; by hand they are only changed."""

    def user_has_permission(self, user: Any, action: str) -> bool:
        return action in ("change", "view") and super().user_has_permission(user, action)

    def user_has_any_permission(self, user: Any, actions: Any) -> bool:
        return any(self.user_has_permission(user, action) for action in actions)


for _model in (Produce, Product, Partner):
    register_permission_policy(_model, ChangeOnly(_model))


class ProduceViewSet(SnippetViewSet):
    """Texts, photographs, season and clocks of a produce."""

    model = Produce
    icon = "leaf"
    menu_label = _("Produce")
    list_display = ["code", "name_zh", "name_en", "category", "season_from", "season_to"]
    search_fields = ["code", "name_zh", "name_en"]
    panels = [
        FieldRowPanel([FieldPanel("name_zh"), FieldPanel("name_en")]),
        FieldRowPanel([FieldPanel("code"), FieldPanel("category")]),
        InlinePanel(
            "photos",
            heading=_("Photographs"),
            label=_("Photograph"),
            help_text=_("The first one stands in lists. Without any, our drawing is shown."),
            max_num=MOST_PHOTOS,
        ),
        FieldPanel("description_zh"),
        FieldPanel("description_en"),
        MultiFieldPanel(
            [
                FieldPanel("storage_zh"),
                FieldPanel("storage_en"),
                FieldPanel("eating_zh"),
                FieldPanel("eating_en"),
            ],
            heading=_("Keeping and eating"),
        ),
        FieldRowPanel([FieldPanel("season_from"), FieldPanel("season_to")]),
        MultiFieldPanel(
            [
                FieldPanel("shelf_days"),
                FieldPanel("ship_within_hours"),
                FieldPanel("return_days"),
                FieldPanel("temperature"),
                FieldPanel("gi_certificate"),
            ],
            heading=_("Clocks and proofs"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("claim_days"),
                FieldRowPanel([FieldPanel("auto_limit_bps"), FieldPanel("auto_limit_fen")]),
                FieldPanel("claim_bearer"),
            ],
            heading=_("Damaged on arrival"),
        ),
    ]


class PackViewSet(SnippetViewSet):
    """A pack's offer price: the one that buyers pay, from the next payment on."""

    model = Product
    icon = "tag"
    menu_label = _("Packs and prices")
    list_display = ["upc", "title", "net_grams", "offer_price", "is_public"]
    search_fields = ["upc", "title"]
    list_filter = ["is_public"]
    panels = [
        FieldPanel("title", read_only=True),
        FieldPanel("net_grams", read_only=True),
        FieldPanel("offer_price"),
        FieldRowPanel([FieldPanel("pack_zh"), FieldPanel("pack_en")]),
        FieldPanel("is_public"),
    ]

    def get_queryset(self, request: Any) -> Any:
        return Product.objects.filter(produce__isnull=False).order_by("upc")


class FreightViewSet(SnippetViewSet):
    """The freight table."""

    model = FreightRate
    icon = "globe"
    menu_label = _("Freight rates")
    list_display = [
        "partner",
        "province",
        "first_grams",
        "first_fen",
        "step_grams",
        "step_fen",
        "transit_days",
    ]
    panels = [
        FieldRowPanel([FieldPanel("partner"), FieldPanel("province")]),
        FieldRowPanel([FieldPanel("first_grams"), FieldPanel("first_fen")]),
        FieldRowPanel([FieldPanel("step_grams"), FieldPanel("step_fen")]),
        FieldPanel("transit_days"),
    ]


class PartnerViewSet(SnippetViewSet):
    """What a cooperative and its place are called in English."""

    model = Partner
    icon = "home"
    menu_label = _("Cooperatives and places")
    list_display = ["code", "name", "name_en", "village", "village_en", "county", "county_en"]
    search_fields = ["code", "name", "name_en", "village", "county"]
    panels = [
        FieldPanel("name", read_only=True),
        FieldPanel("name_en"),
        FieldRowPanel([FieldPanel("village", read_only=True), FieldPanel("village_en")]),
        FieldRowPanel([FieldPanel("county", read_only=True), FieldPanel("county_en")]),
    ]


class MembershipViewSet(SnippetViewSet):
    """Who works for which cooperative."""

    model = Membership
    icon = "group"
    menu_label = _("Cooperatives' staff")
    list_display = ["user", "partner", "role"]
    list_filter = ["partner", "role"]
    panels = [FieldPanel("user"), FieldPanel("partner"), FieldPanel("role")]


class GoodsGroup(SnippetViewSetGroup):
    """One menu for what is kept by hand."""

    items = (ProduceViewSet, PackViewSet, PartnerViewSet, FreightViewSet, MembershipViewSet)
    menu_label = _("Goods and people")
    menu_icon = "folder-open-inverse"
    menu_order = 230
