"""/r/CODE: a tracked link is followed."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_ratelimit.core import is_ratelimited
from redis.exceptions import RedisError

from catalog.clock import now
from catalog.models import Produce
from livestream.campaigns import cookie, services
from livestream.campaigns.models import Campaign, TrackedLink
from livestream.campaigns.selectors import find_link

# A whole campus may stand behind one address.
TOUCHES_PER_ADDRESS = "3000/m"
# Search engines and link previews; Cubot makes phones.
ROBOT = re.compile(r"(?<!cu)bot\b|spider|crawler|preview|facebookexternalhit", re.IGNORECASE)


def _page_of(request: HttpRequest, campaign: Campaign) -> str:
    """The campaign's own page, else the list of produce. Never an address of another site."""
    page = campaign.page
    url = page.get_url(request) if page and page.live else None
    if url and url_has_allowed_host_and_scheme(url, {request.get_host()}):
        return url
    return reverse("shop:produce-list")


def _target_of(request: HttpRequest, link: TrackedLink) -> str:
    """Where a link leads: the produce of ?to=CODE (share cards say it), its own, else its page."""
    wanted = request.GET.get("to", "")[:32]
    if wanted and (produce := Produce.objects.filter(code=wanted).first()) is not None:
        return produce.get_absolute_url()
    return link.produce.get_absolute_url() if link.produce else _page_of(request, link.campaign)


def _too_many(request: HttpRequest) -> bool:
    """Whether an address writes more touches than people can. Without Redis nobody is counted."""
    try:
        return is_ratelimited(
            request, group="campaigns.touch", key="ip", rate=TOUCHES_PER_ADDRESS, increment=True
        )
    except RedisError:
        return False


def _counts(request: HttpRequest) -> bool:
    """Whether a person opened the link: previews and robots are led on but not remembered."""
    return request.method == "GET" and not ROBOT.search(request.headers.get("User-Agent", ""))


def _touch(request: HttpRequest, response: HttpResponse, link: TrackedLink) -> None:
    """Remember the touch in the browser's cookie, and in the database."""
    moment = now()
    touches = cookie.read(request)
    touches.add(link, moment)
    cookie.write(response, touches)
    if not _too_many(request):
        user_id = request.user.pk if request.user.is_authenticated else None
        services.record_touch(link, touches.visitor, user_id, moment)


def _say(request: HttpRequest, text: str) -> None:
    if request.method == "GET":
        messages.info(request, text)


@require_safe
@never_cache
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """Lead to the produce, or the campaign's page, and remember where the buyer came from."""
    link = find_link(code)
    if link is None:
        _say(request, _("We do not know this link. Here is everything that is on sale."))
        return HttpResponseRedirect(reverse("shop:produce-list"))
    campaign = link.campaign
    moment = now()
    if moment >= campaign.ends_at:
        _say(
            request,
            _("“%(name)s” is over. You are welcome to look around.") % {"name": campaign.name},
        )
        return HttpResponseRedirect(_page_of(request, campaign))
    if moment < campaign.starts_at:
        begins = date_format(localtime(campaign.starts_at), "DATETIME_FORMAT")
        _say(
            request,
            _("“%(name)s” begins on %(begins)s.") % {"name": campaign.name, "begins": begins},
        )
        return HttpResponseRedirect(_page_of(request, campaign))
    response = HttpResponseRedirect(_target_of(request, link))
    if _counts(request):
        _touch(request, response, link)
    return response
