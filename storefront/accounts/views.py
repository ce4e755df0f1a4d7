"""Signing in by password, and where each goes then."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cooperatives.portal.models import Membership
from storefront.accounts.forms import SignInForm
from storefront.accounts.limits import by_address, by_value, too_often, wait_page
from storefront.accounts.models import User

# Many sign in behind one campus address; nobody tries one name so often.
SIGN_INS_PER_ADDRESS = "120/5m"
SIGN_INS_PER_NAME = "10/5m"


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
