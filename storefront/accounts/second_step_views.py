"""The second step of signing in: entering it, setting it up, its recovery codes, turning it off."""

from typing import cast

import segno
from allauth.mfa.adapter import get_adapter
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.clock import now
from storefront.accounts import code_views, second_factor, second_step
from storefront.accounts.form_pages import form_page
from storefront.accounts.forms import SecondStepForm, SetUpForm
from storefront.accounts.limits import by_address, by_value, too_often, wait_page
from storefront.accounts.models import User

TRIES_PER_ADDRESS = "120/10m"
TRIES_PER_PERSON = "10/10m"
# The session's: the secret that is being set up, encrypted; until when the codes may be seen.
SECRET, SHOWN = "second_step_secret", "second_step_codes_until"
SHOWN_SECONDS = 10 * 60


def _too_often(request: HttpRequest, user: User) -> bool:
    return too_often(request, "accounts.second", by_address, TRIES_PER_ADDRESS) or too_often(
        request, "accounts.second.person", by_value(str(user.pk)), TRIES_PER_PERSON
    )


def _used(user: User, form: SecondStepForm) -> bool:
    """Use the form's code up; False, and an error, if it is not good."""
    if not form.is_valid():
        return False
    try:
        second_factor.use(user, form.cleaned_data["digits"])
    except second_factor.WrongDigits:
        form.add_error("digits", _("This code is not right, or was used. Take the next one."))
    except second_factor.TooManyTries:
        form.add_error("digits", _("Too many wrong codes. Please wait ten minutes."))
    return not form.errors


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """The code, from whoever passed the first step. Right: signed in."""
    held = second_step.held(request)
    if request.method == "POST" and "leave" in request.POST:
        second_step.let_go(request)
        return redirect("accounts:login")
    if held is None:
        second_step.let_go(request)
        return redirect(
            "accounts:after-login" if request.user.is_authenticated else "accounts:login"
        )
    form = SecondStepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if _too_often(request, held.user):
            return wait_page(request)
        if _used(held.user, form):
            wanted = code_views.safe(request, held.then or request.GET.get("next", ""))
            second_step.let_in(request, held.user, held.by_code)
            _say_what_is_left(request, held.user, form.cleaned_data["digits"])
            return redirect(wanted)
    return form_page(
        request,
        form,
        title=_("Second step"),
        lead=_("Open the app on your phone that shows codes, and enter the one for this site."),
        button=_("Sign in"),
        template="accounts/second_step.html",
    )


def _say_what_is_left(request: HttpRequest, user: User, digits: str) -> None:
    if len(digits) == second_factor.DIGITS:
        return
    left = second_factor.codes_left(user)
    said = ngettext(
        "You used a recovery code. %(count)d is left.",
        "You used a recovery code. %(count)d are left.",
        left,
    )
    messages.warning(request, said % {"count": left})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """Whether one has a second step; new recovery codes and turning it off need a code."""
    user = cast(User, request.user)
    if user.second_factor_at is None:
        context = {"required": second_step.is_required(user)}
        return render(request, "accounts/second_step_none.html", context)
    required = second_step.is_required(user)
    form = SecondStepForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if _too_often(request, user):
            return wait_page(request)
        turns_off = request.POST.get("do") == "off"
        if turns_off and required:
            form.add_error(None, _("With this account you work here: it needs the second step."))
        elif _used(user, form):
            return _turn_off(request, user) if turns_off else _renew(request, user)
    return form_page(
        request,
        form,
        title=_("Second step of signing in"),
        lead=_("It is set up: after the first step we ask for a code of your app."),
        button=_("Make new recovery codes"),
        template="accounts/second_step_own.html",
        required=required,
        since=user.second_factor_at,
        left=second_factor.codes_left(user),
    )


def _turn_off(request: HttpRequest, user: User) -> HttpResponse:
    second_factor.turn_off(user)
    second_step.mark(request, user)
    messages.success(request, _("The second step is off."))
    return redirect("accounts:second-step-own")


def _renew(request: HttpRequest, user: User) -> HttpResponse:
    second_factor.new_codes(user)
    return _show(request, "")


def _show(request: HttpRequest, then: str) -> HttpResponse:
    until = int(now().timestamp()) + SHOWN_SECONDS
    request.session[SHOWN] = {"until": until, "then": then}
    return redirect("accounts:second-step-codes")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def set_up(request: HttpRequest) -> HttpResponse:
    """The secret as a QR code and in letters; the app's first code confirms it."""
    user = cast(User, request.user)
    if user.second_factor_at is not None:
        return redirect("accounts:second-step-own")
    secret = _secret(request)
    proved = second_step.is_fresh(request)
    form = SetUpForm(request.POST if request.method == "POST" else None, user=user, proved=proved)
    if request.method == "POST":
        if _too_often(request, user):
            return wait_page(request)
        if form.is_valid() and _confirmed(request, user, secret, form):
            wanted = request.GET.get("next", "")
            return _show(request, code_views.safe(request, wanted) if wanted else "")
    required = second_step.is_required(user)
    return form_page(
        request,
        form,
        title=_("Set up the second step"),
        lead=_("Who works here signs in by two steps. Set yours up, and go on.")
        if required
        else _("Then a password that somebody else knows is not enough to sign in."),
        button=_("Confirm"),
        back="shop:produce-list" if required else "accounts:second-step-own",
        template="accounts/second_step_set_up.html",
        picture=_picture(second_factor.address_of(user, secret)),
        address=second_factor.address_of(user, secret),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )


def _secret(request: HttpRequest) -> str:
    """The secret that this session sets up; a new one where there is none."""
    kept = request.session.get(SECRET)
    if kept:
        try:
            return get_adapter().decrypt(kept)
        except InvalidToken:  # the key changed meanwhile
            pass
    secret = second_factor.new_secret()
    request.session[SECRET] = get_adapter().encrypt(secret)
    return secret


def _confirmed(request: HttpRequest, user: User, secret: str, form: SetUpForm) -> bool:
    try:
        second_factor.set_up(user, secret, form.cleaned_data["digits"])
    except second_factor.WrongDigits:
        form.add_error(
            "digits", _("This is not the code. Is the time of your phone right? Take the next one.")
        )
        return False
    except second_factor.AlreadySetUp:  # in another window: its secret is the one
        form.add_error(None, _("It is set up already."))
        return False
    request.session.pop(SECRET, None)
    request.session.cycle_key()
    second_step.mark(request, user)
    return True


def _picture(address: str) -> SafeString:
    """The QR code as an SVG, black on white in any theme."""
    code = segno.make(address, error="m", micro=False)
    drawn = code.svg_inline(scale=5, border=4, light="#fff", omitsize=True)
    return mark_safe(drawn)  # noqa: S308  segno draws squares alone


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes, once they were made; the button says that they are kept."""
    shown = _shown(request)
    if shown is None:
        return redirect("accounts:second-step-own")
    if request.method == "POST":
        request.session.pop(SHOWN)
        return redirect(shown["then"] or "accounts:second-step-own")
    context = {"codes": _spaced(cast(User, request.user))}
    return render(request, "accounts/second_step_codes.html", context)


@require_safe
@login_required
@never_cache
def codes_file(request: HttpRequest) -> HttpResponse:
    """The same codes as a text file."""
    if _shown(request) is None:
        return redirect("accounts:second-step-own")
    user = cast(User, request.user)
    lines = [second_factor.Secrets().get_totp_issuer(), settings.SITE_URL, str(user.email or "")]
    text = "\n".join([*lines, "", *_spaced(user), ""])
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return answer


def _shown(request: HttpRequest) -> dict | None:
    shown = request.session.get(SHOWN)
    return shown if shown and shown["until"] > now().timestamp() else None


def _spaced(user: User) -> list[str]:
    return [f"{code[:4]} {code[4:]}" for code in second_factor.good_codes(user)]
