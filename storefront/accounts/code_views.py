"""Signing in and up by a one-time code: ask, enter, and for who is new, agree.

The same for everybody until the code was right: nobody learns who has an account.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.clock import now
from storefront.accounts import codes, services
from storefront.accounts.contacts import Reached
from storefront.accounts.forms import AskForm, CodeForm, NewAccountForm
from storefront.accounts.limits import by_address, by_session, by_value, too_often, wait_page
from storefront.accounts.models import OneTimeCode, User

# A dormitory shares an address; a phone's owner must not be flooded.
CODES_PER_ADDRESS = "60/h"
CODES_PER_CONTACT = "5/10m"
TRIES_PER_ADDRESS = "120/10m"
ACCOUNTS_PER_ADDRESS = "60/h"
# The session's: which code was asked for, and which contact was proved, until when.
ASKED, PROVED, NEXT = "code_asked", "code_proved", "code_next"
PROVED_SECONDS = 15 * 60
SIGN_IN = OneTimeCode.Purpose.SIGN_IN


def safe(request: HttpRequest, wanted: str) -> str:
    """Where somebody wanted to go, if that is here; else where everybody goes after signing in."""
    good = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and good else resolve_url(settings.LOGIN_REDIRECT_URL)


def _next(request: HttpRequest) -> str:
    return safe(request, request.session.pop(NEXT, ""))


def send(
    request: HttpRequest, form: AskForm, purpose: str, user: Any = None
) -> HttpResponse | None:
    """Send the code of a valid form, and note it in the session. None: it is on its way.

    Gives the page that says to wait; or None with an error on the form if it could not be sent.
    """
    contact: Reached = form.cleaned_data["contact"]
    if too_often(request, "accounts.code", by_address, CODES_PER_ADDRESS) or too_often(
        request, "accounts.code.contact", by_value(contact.value), CODES_PER_CONTACT
    ):
        return wait_page(request)
    try:
        code = codes.ask(contact, purpose, get_language() or "", user)
    except codes.TooManyCodes:
        return wait_page(request)
    except codes.NotSent:
        form.add_error(None, _("The code could not be sent. Please try again in a few minutes."))
        return None
    request.session[ASKED] = {"uuid": str(code.uuid), "purpose": purpose}
    return None


def asked(request: HttpRequest, purpose: str) -> OneTimeCode | None:
    """The code that this browser asked for, with who it went to; None when there is none."""
    noted = request.session.get(ASKED)
    if not noted or noted["purpose"] != purpose:
        return None
    return OneTimeCode.objects.filter(pk=UUID(noted["uuid"])).first()


def try_digits(request: HttpRequest, code: OneTimeCode, form: CodeForm) -> OneTimeCode | None:
    """Use the code up with the digits of a valid form; None, and an error, if they are wrong."""
    try:
        used = codes.use(code.pk, form.cleaned_data["digits"], code.purpose)
    except codes.WrongCode:
        left = codes.tries_left(code.pk)
        form.add_error(
            "digits",
            _("This code is not right. Please look again.")
            if left
            else _("This code is no longer good. Please ask for a new one."),
        )
        return None
    request.session.pop(ASKED, None)
    return used


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask(request: HttpRequest, is_new: bool = False) -> HttpResponse:
    """Where a code shall go. One page for signing in and up; only its heading differs."""
    if request.user.is_authenticated:
        return redirect("accounts:after-login")
    form = AskForm(request.POST if request.method == "POST" else None)
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        answer = send(request, form, SIGN_IN)
        if answer is not None:
            return answer
        if not form.errors:
            request.session[NEXT] = wanted[:500]
            return redirect("accounts:code-enter")
    status = 422 if form.errors else 200
    context = {"form": form, "is_new": is_new, "next": wanted}
    return render(request, "accounts/code_ask.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """The six digits. Right: signed in, or, for who is new, on to the consent."""
    code = asked(request, SIGN_IN)
    if code is None:
        return redirect("accounts:code")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if too_often(request, "accounts.code.try", by_address, TRIES_PER_ADDRESS):
            return wait_page(request)
        if form.is_valid() and try_digits(request, code, form):
            return _proved(request, Reached(code.channel, code.contact))
    shown = Reached(code.channel, code.contact)
    context = {"form": form, "to": shown.value, "by_mail": shown.is_mail, "minutes": codes.MINUTES}
    return render(request, "accounts/code_enter.html", context, status=422 if form.errors else 200)


def _proved(request: HttpRequest, contact: Reached) -> HttpResponse:
    """Somebody proved that a contact is theirs."""
    user = services.user_by(contact)
    if user is None:
        until = int(now().timestamp()) + PROVED_SECONDS
        request.session.cycle_key()
        request.session[PROVED] = [contact.channel, contact.value, until]
        return redirect("accounts:code-new")
    if not user.is_active:
        messages.error(request, _("This account is closed."))
        return redirect("accounts:login")
    services.note_proved(user, contact)
    return redirect(services.sign_in(request, user, _next(request), by_code=True))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """Who is new agrees to the privacy notice, and has an account."""
    channel, value, until = request.session.get(PROVED, ("", "", 0))
    if not value or until < now().timestamp():
        return redirect("accounts:sign-up")
    contact = Reached(channel, value)
    draft = User(email=value) if contact.is_mail else User(phone=value)
    form = NewAccountForm(request.POST if request.method == "POST" else None, user=draft)
    if request.method == "POST":
        if too_often(request, "accounts.sign-up", by_address, ACCOUNTS_PER_ADDRESS) or too_often(
            request, "accounts.sign-up.session", by_session, "20/h"
        ):
            return wait_page(request)
        if form.is_valid():
            return _make(request, contact, form.cleaned_data["password"])
    context = {"form": form, "contact": value}
    return render(request, "accounts/code_new.html", context, status=422 if form.errors else 200)


def _make(request: HttpRequest, contact: Reached, password: str) -> HttpResponse:
    try:
        user = services.make_account(contact, get_language() or "", password)
    except services.ContactTaken:  # a second click, or another browser of the same person
        known = services.user_by(contact)
        if known is None or not known.is_active:
            return redirect("accounts:login")
        user = known
    request.session.pop(PROVED, None)
    wanted = services.sign_in(request, user, _next(request))
    messages.success(request, _("Welcome! Your account is ready."))
    return redirect(wanted)
