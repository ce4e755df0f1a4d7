"""Choosing how the site looks, and the page on which its parts can be seen."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from storefront.accounts.models import User
from storefront.accounts.services import set_language
from storefront.look import choices, samples
from storefront.look.icons import ICONS

LANGUAGES = dict(settings.LANGUAGES)


def _back(request: HttpRequest) -> str:
    """The page of ours that the form stood on, else the first one."""
    there = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        there, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return there if ours else "/"


# Without a token, so that a page for everybody needs none. The worst that a stranger's page can
# do here is to dim the light: a post from there comes without the session's cookie.
@csrf_exempt
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Remember a theme, a size of the text or a language; then back to the same page.

    Takes `theme`, `font`, `language`, each optional, and `next`. What is not offered is not kept.
    Mails to a member follow the language.
    """
    response = HttpResponseRedirect(_back(request))
    secure = bool(settings.SESSION_COOKIE_SECURE)
    for name, offered in (("theme", choices.THEMES), ("font", choices.FONTS)):
        value = request.POST.get(name, "")
        if value in offered:
            choices.remember(response, name, value, secure=secure)
    if request.POST.get("language", "") in LANGUAGES:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            request.POST["language"],
            max_age=choices.YEAR,
            secure=secure,
            samesite="Lax",
        )
        if isinstance(request.user, User):
            set_language(request.user, request.POST["language"])
    return response


@require_safe
@never_cache
def style(request: HttpRequest) -> HttpResponse:
    """Every token and component, with its name. One desk's alone: elsewhere not found."""
    if not settings.MAILBOX:
        raise Http404("No style page here")
    return render(request, "look/style.html", {**samples.all_parts(), "icons": sorted(ICONS)})
