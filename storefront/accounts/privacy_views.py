"""The privacy notice, and what a person may ask of us: a copy of their data, and its end."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from storefront.accounts import campus, deleting, privacy
from storefront.accounts.exporting import archive_of
from storefront.accounts.limits import by_value, too_often, wait_page
from storefront.accounts.models import User

DOWNLOADS_PER_PERSON = "10/h"


@require_safe
def notice(request: HttpRequest) -> HttpResponse:
    """The notice with its version and the table of how long what is kept."""
    context = {
        "version": privacy.VERSION,
        "kept": privacy.retention(),
        "contact": settings.DEFAULT_FROM_EMAIL,
        "campus": campus.name(),
    }
    return render(request, "accounts/privacy.html", context)


@require_safe
@login_required
@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """What of one's data can be done: download, delete; and the consents given."""
    user = cast(User, request.user)
    return render(request, "accounts/data.html", {"consents": user.consents.all()})


@require_POST
@login_required
@never_cache
def download(request: HttpRequest) -> HttpResponse:
    """Everything about the person, as a zip: JSON, and a page to read."""
    user = cast(User, request.user)
    if too_often(request, "accounts.download", by_value(str(user.pk)), DOWNLOADS_PER_PERSON):
        return wait_page(request)
    answer = HttpResponse(archive_of(user), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def delete(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays; the tick and the button delete the account."""
    user = cast(User, request.user)
    hindrance = deleting.hindrance(user)
    unsure = False
    if request.method == "POST" and not hindrance:
        if request.POST.get("sure") == "yes":
            try:
                deleting.delete_account(user)
            except deleting.CannotDelete as refusal:
                hindrance = str(refusal)
            else:
                logout(request)
                messages.success(request, _("Your account is deleted. Thank you for your time."))
                return redirect("shop:produce-list")
        else:
            unsure = True
    context = {"hindrance": hindrance, "unsure": unsure}
    refused = request.method == "POST"
    return render(request, "accounts/delete.html", context, status=422 if refused else 200)
