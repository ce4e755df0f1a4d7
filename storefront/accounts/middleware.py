"""The second step of signing in, before any page."""

from collections.abc import Callable
from functools import partial
from typing import cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from storefront.accounts import second_step
from storefront.accounts.models import User


class SecondStep:
    """`request.user` is somebody only after all steps; staff without a second factor set it up.

    Both are looked at when a page asks who it is: others cost nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        request.user = cast(User, SimpleLazyObject(partial(second_step.user_of, request)))
        if request.path.startswith(reverse("wagtailadmin_home")) and second_step.lacks(
            request.user
        ):
            set_up = reverse("accounts:second-step-set-up")
            return redirect_to_login(request.get_full_path(), set_up)
        return self.get_response(request)
