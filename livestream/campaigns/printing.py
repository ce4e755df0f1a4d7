"""QR codes of tracked links to download, and a campaign's sheet of them to print."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.generic import View
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from livestream.campaigns.models import Campaign, TrackedLink
from livestream.campaigns.qr import qr_inline, qr_png, qr_svg
from livestream.campaigns.selectors import links_of

MAKE = {"svg": (qr_svg, "image/svg+xml"), "png": (qr_png, "image/png")}


class OfCampaign(PermissionCheckedMixin, View):
    """Whoever may see a campaign's figures, sees this."""

    any_permission_required = ["add", "change", "delete", "view"]
    permission_policy: Any = None


class LinkQr(OfCampaign):
    """The QR code of one of a campaign's links, as a file whose name says what it is for."""

    image = ""

    def get(self, request: HttpRequest, pk: int, link_pk: int) -> HttpResponse:
        links = TrackedLink.objects.select_related("campaign")
        link = get_object_or_404(links, pk=link_pk, campaign=pk)
        make, content_type = MAKE[self.image]
        name = f"{link.campaign.code}-{link.medium}-{link.code}.{self.image}"
        return HttpResponse(
            make(link.address),
            content_type=content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class PrintSheet(OfCampaign):
    """All QR codes of a campaign on A4 pages, to cut up; ?language=en or zh-hans."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        campaign = get_object_or_404(Campaign, pk=pk)
        wanted = request.GET.get("language", "")
        language = wanted if wanted in dict(settings.LANGUAGES) else translation.get_language()
        cards = [{"link": link, "code": qr_inline(link.address)} for link in links_of(pk)]
        context = {"campaign": campaign, "cards": cards, "languages": settings.LANGUAGES}
        with translation.override(language):
            return render(request, "campaigns/admin/sheet.html", context)
