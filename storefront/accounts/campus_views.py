"""Signing in with a campus account: the way there and back, a new account, joining and parting."""

import logging
from typing import Any, cast

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.clock import now
from storefront.accounts import campus, code_views, services
from storefront.accounts.campus_adapter import Campus, CampusOAuth2, CampusSignIn
from storefront.accounts.form_pages import form_page
from storefront.accounts.forms import AgreeForm
from storefront.accounts.limits import by_address, too_often, wait_page
from storefront.accounts.models import User

# The session's: who came from the campus and is new, until when; and where they wanted to go.
NEW, NEW_SECONDS = "campus_new", 15 * 60
WAYS_PER_ADDRESS = "120/10m"

logger = logging.getLogger(__name__)


def _provider(request: HttpRequest) -> Campus:
    if not campus.name():
        raise Http404("No campus account is set up.")
    return CampusSignIn(request).get_provider(request, Campus.id)


def _begin(request: HttpRequest, process: str) -> HttpResponse:
    provider = _provider(request)
    if too_often(request, "accounts.campus", by_address, WAYS_PER_ADDRESS):
        return wait_page(request)
    try:
        return provider.begin(request, process, request.POST.get("next", "")[:500])
    except ImmediateHttpResponse as answer:
        return answer.response
    except Exception as error:  # whatever the campus answers, or does not
        return failed(request, AuthError.UNKNOWN, error)


@require_POST
@never_cache
def go(request: HttpRequest) -> HttpResponse:
    """To the campus, to sign in."""
    return _begin(request, "login")


@require_POST
@login_required
@never_cache
def connect(request: HttpRequest) -> HttpResponse:
    """To the campus, to join its account to this one."""
    return _begin(request, "connect")


@require_safe
@never_cache
def back(request: HttpRequest) -> HttpResponse:
    """Back from the campus, with a code or a refusal."""
    provider = _provider(request)
    if too_often(request, "accounts.campus", by_address, WAYS_PER_ADDRESS):
        return wait_page(request)
    adapter = CampusOAuth2(request, provider.app.provider_id)
    try:
        return OAuth2CallbackView.adapter_view(adapter)(request)
    except Exception as error:  # whatever the campus answers, or does not
        return failed(request, AuthError.UNKNOWN, error)


def failed(request: HttpRequest, error: str, exception: Exception | None = None) -> HttpResponse:
    """The page that says that it did not work. Nothing changed."""
    if error == AuthError.CANCELLED:
        return _refuse(request, _("You broke the sign-in off. Nothing has changed."), 403)
    logger.warning("Campus sign-in failed: %s", exception or error, exc_info=exception)
    text = _("It did not answer as it should, or it took too long. Please try again.")
    return _refuse(request, text, 502)


def _refuse(request: HttpRequest, text: str, status: int) -> HttpResponse:
    context = {"campus": campus.name(), "text": text}
    return render(request, "accounts/campus_failed.html", context, status=status)


def arrived(request: HttpRequest, told: dict[str, Any], state: dict[str, Any]) -> HttpResponse:
    """The campus said who it is. Signed in, joined, asked for consent, or told why not."""
    ours = state.get("data") or {}
    try:
        person = campus.person_of(told, ours.get("nonce", ""))
    except campus.Untrue as error:
        return failed(request, AuthError.UNKNOWN, error)
    except campus.NotAllowed:
        return _refuse(request, _("Accounts of this kind cannot sign in here."), 403)
    if state.get("process") == "connect":
        return _join(request, person, ours.get("owner"))
    try:
        user = campus.find(person)
    except campus.KnownHere:
        text = _(
            "There is an account with your e-mail address here. Sign in to it with a code or its "
            "password, and join the campus account under “Me”."
        )
        return _refuse(request, text, 409)
    except campus.NoEmail:
        text = _(
            "It did not tell us an e-mail address that it has confirmed. Make an account with a "
            "code first, and join the campus account under “Me”."
        )
        return _refuse(request, text, 409)
    then = code_views.safe(request, state.get("next", ""))
    if user is None:
        request.session.cycle_key()
        until = int(now().timestamp()) + NEW_SECONDS
        request.session[NEW] = {"person": vars(person), "until": until, "then": then}
        return redirect("accounts:campus-new")
    return _enter(request, user, then)


def _enter(request: HttpRequest, user: User, then: str) -> HttpResponse:
    if not user.is_active:
        return _refuse(request, _("This account is closed."), 403)
    return redirect(services.sign_in(request, user, then))


def _join(request: HttpRequest, person: campus.Person, owner: Any) -> HttpResponse:
    """Join the campus account to who asked for it, if they are still here."""
    if not request.user.is_authenticated or request.user.pk != owner:
        return _refuse(request, _("You are not signed in any more. Please begin again."), 403)
    try:
        campus.join(cast(User, request.user), person)
    except campus.Taken:
        return _refuse(
            request,
            _("This campus account belongs to another account here, or yours has one already."),
            409,
        )
    messages.success(request, _("From now on you can sign in with your campus account."))
    return redirect("accounts:campus")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Who is new agrees to the privacy notice, and has an account."""
    _provider(request)
    noted = request.session.get(NEW)
    if not noted or noted["until"] <= now().timestamp() or request.user.is_authenticated:
        return redirect("accounts:login")
    person = campus.Person(**noted["person"])
    form = AgreeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if too_often(request, "accounts.sign-up", by_address, code_views.ACCOUNTS_PER_ADDRESS):
            return wait_page(request)
        if form.is_valid():
            request.session.pop(NEW)
            return _make(request, person, noted["then"])
    return form_page(
        request,
        form,
        title=_("Nearly done"),
        lead=_("%(campus)s knows you as %(email)s. There is no account with it here yet.")
        % {"campus": campus.name(), "email": person.email},
        button=_("Make the account"),
        back="accounts:login",
        template="accounts/campus_new.html",
    )


def _make(request: HttpRequest, person: campus.Person, then: str) -> HttpResponse:
    try:
        user = campus.make(person, get_language() or "")
    except (services.ContactTaken, campus.Taken):  # a second click, or another browser
        return redirect("accounts:login")
    messages.success(request, _("Welcome! Your account is ready."))
    return _enter(request, user, then)


@require_safe
@login_required
@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """One's campus account: join it, or part from it."""
    _provider(request)
    context = {"campus": campus.name(), "account": campus.account_of(cast(User, request.user))}
    return render(request, "accounts/campus.html", context)


@require_POST
@login_required
@never_cache
def disconnect(request: HttpRequest) -> HttpResponse:
    """Sign in without the campus from now on."""
    _provider(request)
    try:
        campus.part(cast(User, request.user))
    except campus.LastWayIn:
        messages.error(
            request,
            _("It is your only way to sign in. Set a password or give an e-mail address first."),
        )
    else:
        messages.success(request, _("Parted. You sign in with a code or your password."))
    return redirect("accounts:campus")
