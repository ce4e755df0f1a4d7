"""Staff pages in Wagtail's admin: live sessions, their channels and their shelf."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from catalog.staff import allowed, staff_page
from livestream.sessions import selectors, services
from livestream.sessions.forms import ChannelForm, ItemForm, SessionForm
from livestream.sessions.models import LiveSession, SessionChannel, SessionEvent, ShelfItem, State

PER_PAGE = 50
SEE, EDIT = "live_sessions.view_livesession", "live_sessions.change_livesession"


def page(
    request: HttpRequest, template: str, title: str, trail: list[tuple[str, str]], **context: Any
) -> HttpResponse:
    """A page about live sessions; `trail` are the pages above it as (address, name)."""
    may_edit = request.user.has_perm(EDIT)
    return staff_page(
        request, template, title, trail, header_icon="media", may_edit=may_edit, **context
    )


def trail_to(session: LiveSession | None = None) -> list[tuple[str, str]]:
    """The pages above one about a session, or above the session itself."""
    above = [(reverse("live:sessions"), _("Live sessions"))]
    if session is not None:
        above.append((reverse("live:session", args=[session.pk]), session.title))
    return above


def saved(form: forms.Form, act: Callable[[], Any]) -> Any:
    """Do what a valid form asks for; a refusal goes to its field, and None comes back."""
    try:
        return act()
    except services.CannotSave as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


def _try(request: HttpRequest, session_id: int, act: Callable[[], Any]) -> HttpResponse:
    """Do something to a session, or say why not, and show its page."""
    get_object_or_404(LiveSession, pk=session_id)
    try:
        act()
    except (services.CannotSave, services.CannotMove) as refusal:
        messages.error(request, str(refusal))
    return redirect("live:session", session_id=session_id)


def move_label(start: str, to: str) -> str:
    """What the button of a move says."""
    labels = {
        (State.DRAFT, State.SCHEDULED): _("Schedule"),
        (State.SCHEDULED, State.DRAFT): _("Back to draft"),
        (State.SCHEDULED, State.LIVE): _("Go live"),
        (State.LIVE, State.PAUSED): _("Pause"),
        (State.PAUSED, State.LIVE): _("Go on"),
        (State.ENDED, State.REPLAY): _("Show the replay"),
        (State.REPLAY, State.ENDED): _("Take the replay down"),
    }
    return labels.get((State(start), State(to)), _("End the session"))


@require_safe
@never_cache
@allowed(SEE)
def sessions(request: HttpRequest) -> HttpResponse:
    """The sessions: when, where, and how far they are."""
    shown = Paginator(selectors.all_sessions(), PER_PAGE).get_page(request.GET.get("page"))
    return page(request, "staff/live/sessions.html", _("Live sessions"), [], shown=shown)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE, EDIT)
def edit_session(request: HttpRequest, session_id: int | None = None) -> HttpResponse:
    """Make a session, or change its plan before it begins."""
    found = get_object_or_404(LiveSession, pk=session_id) if session_id is not None else None
    form = SessionForm(request.POST or None, session=found)
    if request.method == "POST" and form.is_valid():
        made = saved(form, lambda: services.save_session(form.plan(), session_id))
        if made is not None:
            return redirect("live:session", session_id=made.pk)
    return page(
        request,
        "staff/form.html",
        found.title if found else _("New live session"),
        trail_to(),
        form=form,
        button=_("Save"),
        status=422 if form.errors else 200,
    )


@require_safe
@never_cache
@allowed(SEE)
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """One session: its plan, its moves, its channels and its shelf."""
    found = get_object_or_404(LiveSession.objects.select_related("campaign"), pk=session_id)
    events = list(found.events.select_related("actor"))
    moves = [
        # What cannot be taken back asks once more.
        (to, move_label(found.state, to), (found.state, to) in services.FINAL)
        for to in services.ways_from(found)
    ]
    return page(
        request,
        "staff/live/session.html",
        found.title,
        trail_to(),
        session=found,
        moves=moves,
        channels=found.channels.all(),
        shelf=selectors.shelf_of(found),
        events=events,
        form=ItemForm(session=found) if found.is_before else None,
    )


@require_POST
@allowed(SEE, EDIT)
def move_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Take a session from the state that the desk saw to another."""
    to, seen = request.POST.get("to", ""), request.POST.get("seen", "")
    return _try(
        request,
        session_id,
        lambda: services.move(
            LiveSession.objects.get(pk=session_id),
            to,
            request.user,
            SessionEvent.Cause.DESK,
            seen=seen,
        ),
    )


@require_POST
@allowed(SEE, EDIT)
def delete_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Delete a draft that was never scheduled."""
    found = get_object_or_404(LiveSession, pk=session_id)
    try:
        services.delete_draft(session_id)
    except services.CannotSave as refusal:
        messages.error(request, str(refusal))
        return redirect("live:session", session_id=session_id)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.title})
    return redirect("live:sessions")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE, EDIT)
def edit_channel(
    request: HttpRequest, session_id: int, channel_id: int | None = None
) -> HttpResponse:
    """Add a channel to a session, or change one."""
    found = get_object_or_404(LiveSession, pk=session_id)
    channel = None
    if channel_id is not None:
        channel = get_object_or_404(SessionChannel, session=found, pk=channel_id)
    form = ChannelForm(request.POST or None, session=found, channel=channel)
    if (
        request.method == "POST"
        and form.is_valid()
        and saved(form, lambda: services.save_channel(session_id, form.plan(), channel_id))
    ):
        return redirect("live:session", session_id=session_id)
    return page(
        request,
        "staff/form.html",
        channel.get_platform_display() if channel else _("New channel"),
        trail_to(found),
        form=form,
        button=_("Save"),
        status=422 if form.errors else 200,
    )


@require_POST
@allowed(SEE, EDIT)
def remove_channel(request: HttpRequest, session_id: int, channel_id: int) -> HttpResponse:
    """Take a channel out of a session."""
    get_object_or_404(SessionChannel, session=session_id, pk=channel_id)
    return _try(request, session_id, lambda: services.remove_channel(session_id, channel_id))


@require_POST
@allowed(SEE, EDIT)
def add_item(request: HttpRequest, session_id: int) -> HttpResponse:
    """Put a pack on the shelf."""
    found = get_object_or_404(LiveSession, pk=session_id)
    form = ItemForm(request.POST, session=found)
    if not form.is_valid():
        errors = [str(error) for row in form.errors.values() for error in row]
        messages.error(request, " ".join(errors))
        return redirect("live:session", session_id=session_id)
    data = form.cleaned_data
    return _try(
        request,
        session_id,
        lambda: services.add_item(session_id, data["pack"].pk, data["per_buyer"]),
    )


@require_POST
@allowed(SEE, EDIT)
def change_item(request: HttpRequest, session_id: int, item_id: int) -> HttpResponse:
    """Move an item on the shelf, limit it, or take it away: by the button that was pressed."""
    get_object_or_404(ShelfItem, session=session_id, pk=item_id)
    typed = request.POST.get("per_buyer", "").strip()
    acts: dict[str, Callable[[], Any]] = {
        "up": lambda: services.shift_item(session_id, item_id, up=True),
        "down": lambda: services.shift_item(session_id, item_id, up=False),
        "limit": lambda: services.limit_item(session_id, item_id, _number(typed)),
        "remove": lambda: services.remove_item(session_id, item_id),
    }
    return _try(request, session_id, acts.get(request.POST.get("do", ""), lambda: None))


def _number(typed: str) -> int | None:
    """The number that was typed; None for nothing, 0 (which is refused) for anything else."""
    if not typed:
        return None
    return int(typed) if re.fullmatch("[0-9]{1,4}", typed) else 0
