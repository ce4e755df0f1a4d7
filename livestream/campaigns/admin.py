"""Campaigns in Wagtail's admin: their links, and what they sold."""

from collections.abc import Callable
from typing import Any

from django.db.models import ProtectedError
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.snippets.views.snippets import DeleteView, IndexView, InspectView, SnippetViewSet

from catalog.clock import now
from cooperatives.portal.templatetags.portal import yuan
from livestream.campaigns.models import Campaign, LinkTouch
from livestream.campaigns.selectors import link_figures, site_figures


class CampaignForm(WagtailAdminModelForm):
    """A campaign with its links. What is printed and was followed stays what it is."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("It ends before it begins."))
        self._keep_used_links()
        return cleaned

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
    """A campaign's figures, its links with their full addresses, and what each of them sold."""

    page_title = _("Figures")
    template_name = "campaigns/admin/figures.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        site = site_figures()
        return super().get_context_data(
            figures=site.of(self.object.pk),
            site=site.site,
            links=link_figures(self.object.pk),
            frozen=now() >= self.object.frozen_from,
            **kwargs,
        )


class CampaignDelete(DeleteView):
    """Only a campaign without links and sales goes."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except ProtectedError:
            messages.error(request, _("It has links or sales: it cannot be deleted."))
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
    list_display = [
        "__str__",
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
                    FieldPanel("code"),
                    FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
                    FieldPanel("page"),
                ],
                heading=_("Campaign"),
            ),
            InlinePanel(
                "links",
                label=_("Tracked link"),
                heading=_("Tracked links"),
                panels=[FieldPanel("channel"), FieldPanel("produce"), FieldPanel("code")],
            ),
        ],
        base_form_class=CampaignForm,
    )
