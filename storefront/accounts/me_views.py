"""A person's own pages: overview, profile, password, e-mail and phone, signing out everywhere."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from storefront.accounts import address_book, campus, code_views, codes, second_step, services
from storefront.accounts.contacts import Reached
from storefront.accounts.form_pages import form_page
from storefront.accounts.forms import AskForm, CodeForm, PasswordForm, ProfileForm
from storefront.accounts.limits import by_session, by_value, too_often, wait_page
from storefront.accounts.models import OneTimeCode, User
from storefront.shop.order_selectors import orders_of

CHANGE = OneTimeCode.Purpose.CHANGE
CHANGES_PER_SESSION = "60/10m"
# Who sits at somebody's open browser must not try passwords.
PASSWORDS_PER_PERSON = "10/10m"
LATEST = 3


@require_safe
@login_required
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """The latest orders, the addresses, and where everything else is."""
    context = {
        "orders": orders_of(request.user)[:LATEST],
        "addresses": address_book.addresses_of(request.user)[:2],
        "campus": campus.name(),
    }
    return render(request, "accounts/me.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Name, and the language of messages."""
    user = cast(User, request.user)
    given = {"first_name": user.first_name, "unit": user.unit, "language": user.language}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=given)
    if request.method == "POST":
        if too_often(request, "accounts.profile", by_session, CHANGES_PER_SESSION):
            return wait_page(request)
        if form.is_valid():
            services.set_profile(user, **form.cleaned_data)
            messages.success(request, _("Kept."))
            return redirect("accounts:me")
    return form_page(
        request,
        form,
        title=_("Name and language"),
        lead=_("How we address you, and in which language we write to you."),
        button=_("Keep"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def password(request: HttpRequest) -> HttpResponse:
    """Set or change the password. Every other session ends."""
    user = cast(User, request.user)
    data = request.POST if request.method == "POST" else None
    if request.method == "POST" and too_often(
        request, "accounts.password", by_value(str(user.pk)), PASSWORDS_PER_PERSON
    ):
        return wait_page(request)
    form = PasswordForm(data, user=user, proved=second_step.is_fresh(request))
    if request.method == "POST" and form.is_valid():
        services.set_password(user, form.cleaned_data["password"])
        services.end_all_sessions(user)
        update_session_auth_hash(request, user)
        request.session.pop(second_step.FRESH, None)
        messages.success(request, _("The new password is set. Other devices are signed out."))
        return redirect("accounts:me")
    return form_page(
        request,
        form,
        title=_("Password"),
        lead=_("With a new password all your other devices are signed out."),
        button=_("Set the password"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def contact(request: HttpRequest) -> HttpResponse:
    """Another e-mail address or phone: a code goes to the new one."""
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = code_views.send(request, form, CHANGE, request.user)
        if answer is not None:
            return answer
        if not form.errors:
            return redirect("accounts:contact-enter")
    return form_page(
        request,
        form,
        title=_("Change e-mail or phone"),
        lead=_("We send a code to the new address or number. Until you enter it, nothing changes."),
        button=_("Send me a code"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def contact_enter(request: HttpRequest) -> HttpResponse:
    """The code that came to the new address or number."""
    user = cast(User, request.user)
    code = code_views.asked(request, CHANGE)
    if code is None or code.user_id != user.pk:
        return redirect("accounts:contact")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        key = by_value(str(user.pk))
        if too_often(request, "accounts.contact.try", key, "30/10m"):
            return wait_page(request)
        if form.is_valid() and code_views.try_digits(request, code, form):
            return _change(request, user, Reached(code.channel, code.contact))
    shown = Reached(code.channel, code.contact)
    context = {
        "form": form,
        "to": shown.value,
        "by_mail": shown.is_mail,
        "minutes": codes.MINUTES,
        "changes": True,
    }
    return render(request, "accounts/code_enter.html", context, status=422 if form.errors else 200)


def _change(request: HttpRequest, user: User, new: Reached) -> HttpResponse:
    try:
        services.change_contact(user, new)
    except services.ContactTaken:
        messages.error(
            request, _("Another account has this one. Sign in there, or choose another.")
        )
        return redirect("accounts:contact")
    messages.success(request, _("Changed. From now on you sign in with it."))
    return redirect("accounts:me")


@require_POST
@login_required
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End all sessions of the person, this one too."""
    services.end_all_sessions(cast(User, request.user))
    logout(request)
    messages.success(request, _("You are signed out on all devices."))
    return redirect(settings.LOGOUT_REDIRECT_URL)
