"""Campaigns in Wagtail's admin: their links and costs, and what they sold."""

import re
from collections.abc import Callable
from typing import Any

from django.db.models import ProtectedError
from django.forms import CheckboxSelectMultiple
from django.http import HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.snippets.views.snippets import DeleteView, IndexView, InspectView, SnippetViewSet

from catalog.clock import now
from cooperatives.portal.templatetags.portal import yuan
from livestream.campaigns.codes import SPOKEN
from livestream.campaigns.models import Campaign, LinkTouch
from livestream.campaigns.printing import LinkQr, PrintSheet
from livestream.campaigns.selectors import costs_of, link_figures, progress, site_figures


def _place(partner: Any) -> str:
    """A village as staff look for it: with its county and its cooperative."""
    return " · ".join(filter(None, (partner.place, partner.display_name)))


class CampaignForm(WagtailAdminModelForm):
    """A campaign with its links and costs. What is printed and was followed stays what it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["villages"].label_from_instance = _place

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("It ends before it begins."))
        self._keep_used_links()
        self._keep_spoken_codes()
        return cleaned

    def save(self, commit: bool = True) -> Campaign:
        """What stands in a cost was entered by whoever wrote or changed it last."""
        for form in self.formsets["costs"].forms:
            if form.has_changed():
                form.instance.entered_by = self.for_user
        return super().save(commit)

    def _keep_spoken_codes(self) -> None:
        """Refuse a code to print that could be another link's code to say."""
        for form in self.formsets["links"].forms:
            if "code" in form.changed_data and re.match(SPOKEN, form.cleaned_data.get("code", "")):
                form.add_error("code", _("Codes of this sort are kept for codes to say."))

    def _keep_used_links(self) -> None:
        """Refuse to delete or rename a link that someone has followed."""
        links = self.formsets["links"]
        links.full_clean()
        deleted = {form.instance.pk for form in links.deleted_forms if form.instance.pk}
        renamed = {form.instance.pk for form in links.forms if "code" in form.changed_data}
        changed = deleted | (renamed - {None})
        used = LinkTouch.objects.filter(link__in=changed).values_list("link__code", flat=True)
        codes = sorted(set(used.order_by()))
        if codes:
            self.add_error(
                None,
                _("%(codes)s: followed by people already, so neither changed nor deleted.")
                % {"codes": ", ".join(codes)},
            )


class CampaignIndex(IndexView):
    """The list of campaigns, each with its figures."""

    def get_table(self, object_list: Any) -> Any:
        figures = site_figures()
        for campaign in object_list:
            campaign.figures = figures.of(campaign.pk)
        return super().get_table(object_list)


class CampaignFigures(InspectView):
    """A campaign's goals, figures, costs, and links with their addresses and what they sold."""

    page_title = _("Figures")
    template_name = "campaigns/admin/figures.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        site, costs = site_figures(), costs_of(self.object.pk)
        figures, links = site.of(self.object.pk), link_figures(self.object.pk)
        address = self.object.snippet_viewset.get_url_name
        return super().get_context_data(
            figures=figures,
            site=site.site,
            goals=progress(self.object, site),
            costs=costs,
            after_costs_fen=figures.net_fen - costs.total_fen,
            villages=self.object.villages.all(),
            produce=self.object.produce.all(),
            links=links,
            has_links=any(row.link for row in links),
            **{f"{name}_url": address(name) for name in ("print", "png", "svg")},
            frozen=now() >= self.object.frozen_from,
            **kwargs,
        )


class CampaignDelete(DeleteView):
    """Only a campaign without links, costs and sales goes."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except ProtectedError:
            messages.error(request, _("It has links, costs or sales: it cannot be deleted."))
            return self.get(request, *args, **kwargs)


def _money(name: str, label: Any) -> Column:
    def shown(campaign: Any) -> str:
        return yuan(getattr(campaign.figures, name))

    return Column(name, label=label, accessor=shown)


def _count(name: str, label: Any) -> Column:
    value: Callable[[Any], int] = lambda campaign: getattr(campaign.figures, name)  # noqa: E731
    return Column(name, label=label, accessor=value)


def _figures_label(campaign: Campaign) -> Any:
    return _("Figures and links")


def _figures_address(campaign: Campaign) -> str:
    return reverse(campaign.snippet_viewset.get_url_name("inspect"), args=[campaign.pk])


class CampaignViewSet(SnippetViewSet):
    """Staff make campaigns and tracked links here."""

    model = Campaign
    icon = "link"
    menu_label = _("Campaigns")
    add_to_admin_menu = True
    menu_order = 210
    copy_view_enabled = False
    inspect_view_enabled = True
    index_view_class = CampaignIndex
    inspect_view_class = CampaignFigures
    delete_view_class = CampaignDelete
    search_fields = ["code", "name_zh", "name_en"]
    list_filter = ["kind"]
    list_display = [
        "__str__",
        Column("kind", label=_("Kind"), accessor="get_kind_display"),
        "starts_at",
        "ends_at",
        _count("orders", _("Orders")),
        _money("placed_fen", _("Placed")),
        _money("paid_fen", _("Paid")),
        _money("net_fen", _("Net of refunds")),
        _money("credited_fen", _("Credited to households")),
        TitleColumn("figures", label="", accessor=_figures_label, get_url=_figures_address),
    ]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("name_zh"), FieldPanel("name_en")]),
                    FieldRowPanel([FieldPanel("code"), FieldPanel("kind")]),
                    FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
                    FieldPanel("page"),
                ],
                heading=_("Campaign"),
            ),
            MultiFieldPanel(
                [
                    FieldRowPanel(
                        [
                            FieldPanel("goal_grams"),
                            FieldPanel("goal_paid_fen"),
                            FieldPanel("goal_households"),
                        ]
                    )
                ],
                heading=_("Goals"),
                help_text=_("Each may be empty. How far it is stands with the figures."),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("villages", widget=CheckboxSelectMultiple),
                    FieldPanel("produce", widget=CheckboxSelectMultiple),
                ],
                heading=_("For whom, and with what"),
            ),
            InlinePanel(
                "links",
                label=_("Tracked link"),
                heading=_("Tracked links"),
                panels=[
                    FieldRowPanel([FieldPanel("medium"), FieldPanel("channel")]),
                    FieldRowPanel([FieldPanel("produce"), FieldPanel("code")]),
                ],
            ),
            InlinePanel(
                "costs",
                label=_("Cost"),
                heading=_("Costs"),
                help_text=_("Shown beside net sales; the ledger does not know of them."),
                panels=[
                    FieldRowPanel([FieldPanel("kind"), FieldPanel("amount_fen")]),
                    FieldRowPanel([FieldPanel("what_for"), FieldPanel("day")]),
                ],
            ),
        ],
        base_form_class=CampaignForm,
    )

    def get_urlpatterns(self) -> list[URLPattern]:
        """Besides Wagtail's own: the links' QR codes, and the sheet to print."""
        conv = self.pk_path_converter
        link = f"inspect/<{conv}:pk>/links/<int:link_pk>"
        return [
            *super().get_urlpatterns(),
            path(f"{link}.svg", self.construct_view(LinkQr, image="svg"), name="svg"),
            path(f"{link}.png", self.construct_view(LinkQr, image="png"), name="png"),
            path(f"inspect/<{conv}:pk>/print/", self.construct_view(PrintSheet), name="print"),
        ]
