"""Favourites and reminders of whoever asks. Nothing here is kept for another visitor."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.models import Produce
from livestream.sessions.models import LiveSession, State
from storefront.accounts.limits import by_address, by_session, by_value, too_often, wait_page
from storefront.accounts.models import User
from storefront.shop.selectors import cards
from storefront.wishes import selectors, services
from storefront.wishes.forms import ReachForm, RemindForm
from storefront.wishes.models import Favourite

PER_PAGE = 24
FULL = gettext_lazy("You wait for very much already: take a reminder out first.")
TAPS_PER_SESSION = "120/10m"
ASKED_PER_SESSION = "20/h"
ASKED_PER_ADDRESS = "120/h"
ASKED_PER_CONTACT = "10/d"


@require_safe
@login_required
@never_cache
def favourites(request: HttpRequest) -> HttpResponse:
    """The member's favourites."""
    kept = Favourite.objects.filter(user=cast(User, request.user))
    kept = kept.select_related("produce__category")
    shown = Paginator(kept, PER_PAGE).get_page(request.GET.get("page"))
    context = {"shown": shown, "cards": cards([one.produce for one in shown])}
    return render(request, "wishes/favourites.html", context)


@require_safe
@never_cache
def which(request: HttpRequest) -> JsonResponse:
    """The codes of what the visitor keeps, for our script to fill the hearts of a page."""
    user = request.user
    codes = selectors.favourite_codes(user) if isinstance(user, User) else []
    return JsonResponse({"codes": codes})


@require_POST
@never_cache
def favourite(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a produce, or with keep=0 not any more. By htmx the button alone comes back."""
    produce = get_object_or_404(Produce, code=code)
    by_htmx = bool(request.headers.get("HX-Request"))
    if not isinstance(request.user, User):
        query = urlencode({"next": produce.get_absolute_url()})
        address = f"{reverse('accounts:login')}?{query}"
        if by_htmx:
            return HttpResponse(headers={"HX-Redirect": address})
        messages.info(request, _("Sign in to keep favourites."))
        return redirect(address)
    if too_often(request, "favourites", by_session, TAPS_PER_SESSION):
        return wait_page(request)
    wanted = request.POST.get("keep") != "0"
    try:
        if wanted:
            services.keep(request.user, produce)
            said = _("%(name)s is among your favourites.") % {"name": produce.name}
        else:
            services.drop(request.user, produce)
            said = _("%(name)s is no favourite any more.") % {"name": produce.name}
    except services.Full:
        wanted, said = False, _("You have very many favourites already: take one out first.")
    if by_htmx:
        context = {"produce": produce, "kept": wanted, "said": said}
        of_card = "card" in request.POST
        button = "wishes/_card_heart.html" if of_card else "wishes/_favourite.html"
        return render(request, button, context)
    messages.success(request, said)
    back = request.POST.get("back") == "favourites"
    return redirect("wishes:favourites" if back else produce.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def remind(request: HttpRequest, code: str) -> HttpResponse:
    """Ask to be told when a produce is in season, or there again."""
    produce = get_object_or_404(Produce, code=code)
    user = request.user if isinstance(request.user, User) else None
    kinds = selectors.kinds_for(produce)
    posted = request.POST if request.method == "POST" else None
    form = RemindForm(posted, kinds=kinds, is_guest=user is None)
    if request.method == "POST":
        if _asks_too_often(request):
            return wait_page(request)
        if form.is_valid() and _remind(request, produce, form, user):
            return redirect("wishes:reminders" if user else produce.get_absolute_url())
    context = {"form": form, "produce": produce, "kinds": kinds}
    return render(request, "wishes/remind.html", context, status=422 if form.errors else 200)


def _asks_too_often(request: HttpRequest) -> bool:
    contact = request.POST.get("contact", "")
    return (
        too_often(request, "reminders.session", by_session, ASKED_PER_SESSION)
        or too_often(request, "reminders.address", by_address, ASKED_PER_ADDRESS)
        or bool(contact)
        and too_often(request, "reminders.contact", by_value(contact), ASKED_PER_CONTACT)
    )


def _remind(request: HttpRequest, produce: Produce, form: RemindForm, user: User | None) -> bool:
    """Keep it and say so. False: the form says why not."""
    try:
        services.remind(
            produce,
            form.cleaned_data["kind"],
            user=user,
            guest=None if user else form.cleaned_data["contact"],
            language=get_language() or "",
        )
    except services.Full:
        form.add_error(None, FULL)
        return False
    # The same words for a second time: nobody learns who is reminded of what.
    name = {"name": produce.name}
    messages.success(request, _("We write to you once when you can have %(name)s.") % name)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def remind_live(request: HttpRequest, session_id: int) -> HttpResponse:
    """Ask to be told when a livestream begins (预约); a member by one tap."""
    session = get_object_or_404(
        LiveSession.objects.exclude(state=State.DRAFT), pk=session_id, rehearsal=False
    )
    if not session.is_before:
        return redirect("room:room", session_id=session_id)
    user = request.user if isinstance(request.user, User) else None
    form = ReachForm(request.POST if request.method == "POST" else None, is_guest=user is None)
    if request.method == "POST":
        if _asks_too_often(request):
            return wait_page(request)
        if form.is_valid() and _remind_live(request, session, form, user):
            return redirect("room:room", session_id=session_id)
    context = {"form": form, "session": session}
    return render(request, "wishes/remind_live.html", context, status=422 if form.errors else 200)


def _remind_live(
    request: HttpRequest, session: LiveSession, form: ReachForm, user: User | None
) -> bool:
    try:
        services.remind_of_livestream(
            session,
            user=user,
            guest=None if user else form.cleaned_data["contact"],
            language=get_language() or "",
        )
    except services.Full:
        form.add_error(None, FULL)
        return False
    messages.success(request, _("We write to you once, a quarter of an hour before it begins."))
    return True


@require_safe
@login_required
@never_cache
def reminders(request: HttpRequest) -> HttpResponse:
    """What the member waits for."""
    rows = selectors.waiting(cast(User, request.user))
    return render(request, "wishes/reminders.html", {"reminders": rows})


@require_POST
@login_required
@never_cache
def reminder_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a reminder out."""
    if not services.forget(cast(User, request.user), pk):
        raise Http404("No such reminder")
    messages.success(request, _("We do not remind you of it."))
    return redirect("wishes:reminders")
