"""Signing in, out and up, and where each goes then."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cooperatives.portal.models import Membership
from storefront.accounts import services
from storefront.accounts.forms import SignInForm, SignUpForm
from storefront.accounts.limits import by_address, by_value, too_often, wait_page
from storefront.accounts.models import User

# Many sign in behind one campus address; nobody tries one name so often.
SIGN_INS_PER_ADDRESS = "120/5m"
SIGN_INS_PER_NAME = "10/5m"
SIGN_UPS_PER_ADDRESS = "30/h"


class SignIn(LoginView):
    """By e-mail or phone."""

    template_name = "accounts/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the limits before the password."""
        by_name = by_value(request.POST.get("username", ""))
        if too_often(request, "accounts.login", by_address, SIGN_INS_PER_ADDRESS) or too_often(
            request, "accounts.login.name", by_name, SIGN_INS_PER_NAME
        ):
            return wait_page(request)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """Show the form again; its status says that nobody signed in."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_up(request: HttpRequest) -> HttpResponse:
    """A new account, signed in at once."""
    if request.user.is_authenticated:
        return redirect("accounts:after-login")
    form = SignUpForm(request.POST or None)
    if request.method == "POST":
        if too_often(request, "accounts.sign-up", by_address, SIGN_UPS_PER_ADDRESS):
            return wait_page(request)
        if form.is_valid():
            try:
                user = services.sign_up(**form.cleaned_data, language=get_language() or "")
            except services.EmailTaken:
                form.add_error(
                    "email", _("There is an account with this address already. Please sign in.")
                )
            else:
                login(request, user, backend="storefront.accounts.backends.EmailOrPhoneBackend")
                return redirect("accounts:after-login")
    return render(
        request, "accounts/sign_up.html", {"form": form}, status=422 if form.errors else 200
    )


@require_safe
@login_required
@never_cache
def after_login(request: HttpRequest) -> HttpResponse:
    """Staff to the admin, a cooperative's people to the portal, buyers to the shop."""
    user = request.user
    if user.is_staff:
        return redirect("wagtailadmin_home")
    if isinstance(user, User) and Membership.objects.filter(user=user).exists():
        return redirect("portal:index")
    return redirect("shop:produce-list")
