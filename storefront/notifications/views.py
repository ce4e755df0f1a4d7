"""A buyer chooses which messages to get: signed in, or by the link under a message."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from storefront.accounts.models import User
from storefront.notifications import preferences
from storefront.notifications.forms import PreferenceForm
from storefront.notifications.links import read_key
from storefront.notifications.models import Message
from storefront.notifications.preferences import Buyer

# RFC 8058: what a mail programme posts when its reader presses "unsubscribe".
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """The member's choice."""
    user = cast(User, request.user)
    return _choose(request, Buyer(user.email or "", user.phone or "", user.pk))


# The key in the address is the right to choose; a mail programme's post has no cookie to check.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def choose(request: HttpRequest, key: str) -> HttpResponse:
    """The choice of whoever got the message with this key."""
    message = Message.objects.select_related("order__user").filter(pk=read_key(key) or 0).first()
    if message is None:
        raise Http404("No such message")
    buyer = preferences.buyer_of_message(message)
    name, value = ONE_CLICK
    if request.method == "POST" and request.POST.get(name) == value:
        preferences.stop(buyer, message.channel)
        return HttpResponse(_("Stopped."), content_type="text/plain")
    return _choose(request, buyer)


def _choose(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    form = PreferenceForm(request.POST if request.method == "POST" else None, buyer=buyer)
    if request.method == "POST" and form.is_valid():
        preferences.choose(buyer, form.wishes())
        messages.success(request, _("Kept. From now on you get what you chose."))
        return redirect(request.path)
    status = 422 if form.errors else 200
    return render(request, "messages/choose.html", {"form": form, "buyer": buyer}, status=status)
