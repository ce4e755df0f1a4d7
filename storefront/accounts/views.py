"""Signing in by password, and where each goes then."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cooperatives.portal.models import Membership
from storefront.accounts import campus, second_step, services
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

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever passed the first step goes on to the second."""
        if second_step.held(request):
            return redirect_to_login(self.get_redirect_url(), reverse("accounts:second-step"))
        return super().get(request, *args, **kwargs)

    def get_success_url(self) -> str:
        """Where they wanted to go; not to staff's pages that would send them back here."""
        url = super().get_success_url()
        of_staff = url.startswith(reverse("wagtailadmin_home"))
        user = self.request.user
        if of_staff and user.is_authenticated and not second_step.works_here(user):
            return reverse("shop:produce-list")
        return url

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the campus's name where one can sign in with its account."""
        return super().get_context_data(campus=campus.name(), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the limits before the password."""
        by_name = by_value(request.POST.get("username", ""))
        if too_often(request, "accounts.login", by_address, SIGN_INS_PER_ADDRESS) or too_often(
            request, "accounts.login.name", by_name, SIGN_INS_PER_NAME
        ):
            return wait_page(request)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """The password is right: on to the second step, or in."""
        return redirect(services.sign_in(self.request, form.get_user(), self.get_success_url()))

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """Show the form again; its status says that nobody signed in."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


@require_safe
@login_required
@never_cache
def after_login(request: HttpRequest) -> HttpResponse:
    """Staff to the admin, a cooperative's people to the portal, buyers to the shop."""
    user = request.user
    if second_step.works_here(user):
        return redirect("wagtailadmin_home")
    if isinstance(user, User) and Membership.objects.filter(user=user).exists():
        return redirect("portal:index")
    return redirect("shop:produce-list")
