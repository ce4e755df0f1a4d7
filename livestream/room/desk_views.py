"""The control desk of a live room, in Wagtail's admin: for one phone in one hand."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError
from wagtail.admin import messages

from catalog.staff import allowed
from livestream.figures.sales import sold_in
from livestream.offers.services import CannotOffer
from livestream.room import chat, coupons, events, wire
from livestream.room.models import ChatMessage, Mute
from livestream.room.policy import listens
from livestream.room.selectors import room_state
from livestream.room.shelf import shelf
from livestream.sessions import services
from livestream.sessions.models import LiveSession, SessionEvent
from livestream.sessions.staff_views import EDIT, SEE, move_label, page, trail_to

CHAT_SHOWN, EVENTS_SHOWN = 40, 12


@require_safe
@never_cache
@listens
@allowed(SEE, EDIT)
def desk(request: HttpRequest, session_id: int) -> HttpResponse:
    """The desk; a script asks for its parts alone."""
    found = get_object_or_404(LiveSession, pk=session_id)
    context = _context(found)
    if request.GET.get("part"):
        return render(request, "staff/live/_desk.html", context)
    context["events_url"] = settings.LIVE_EVENTS_URL
    return page(request, "staff/live/desk.html", _("Desk"), trail_to(found), **context)


def _context(session: LiveSession) -> dict[str, Any]:
    state = room_state(session.pk)
    viewers, likes = _counted(session.pk)
    return {
        "session": session,
        "state": state,
        "shelf": shelf(session, state.order),
        "moves": [
            (to, move_label(session.state, to), (session.state, to) in services.FINAL)
            for to in services.ways_from(session)
        ],
        "runs": session.state in events.RUN,
        "coupons": [] if session.rehearsal else coupons.for_campaign(session.campaign_id),
        "undo": events.last_undoable(session),
        "said": ChatMessage.objects.filter(session=session).order_by("-pk")[:CHAT_SHOWN],
        "muted": Mute.objects.filter(session=session, lifted_at=None),
        "events": session.shelf_events.select_related("actor").order_by("-sequence")[:EVENTS_SHOWN],
        "sold": sold_in(session).whole,
        "viewers": viewers,
        "likes": likes,
        "unique": session.visits.count(),
    }


def _counted(session_id: int) -> tuple[int, int]:
    try:
        return wire.counted(session_id)
    except RedisError:
        return 0, 0


def _number(request: HttpRequest, name: str) -> int:
    """A number of the form; 0, which nothing has, for anything else."""
    typed = request.POST.get(name, "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _shifted(request: HttpRequest, session_id: int, up: bool) -> None:
    """Let an item change places with its neighbour, in the order that the desk saw."""
    order, item = list(room_state(session_id).order), _number(request, "item")
    at = order.index(item) if item in order else -1
    other = at - 1 if up else at + 1
    if at >= 0 and 0 <= other < len(order):
        order[at], order[other] = order[other], order[at]
        events.reorder(session_id, order, request.user, seen=_number(request, "seen"))


def _begin_flash(request: HttpRequest, session_id: int) -> None:
    events.begin_flash(
        session_id,
        _number(request, "item"),
        request.POST.get("price", ""),
        seconds=60 * _number(request, "minutes"),
        quantity=_number(request, "quantity"),
        per_buyer=_number(request, "per_buyer") or None,
        actor=request.user,
    )


def _move(request: HttpRequest, session_id: int) -> None:
    services.move(
        LiveSession.objects.get(pk=session_id),
        request.POST.get("to", ""),
        request.user,
        SessionEvent.Cause.DESK,
        seen=request.POST.get("state", ""),
    )


def _acts(request: HttpRequest, session_id: int) -> dict[str, Callable[[], Any]]:
    """What the buttons of the desk do."""
    user = request.user
    return {
        "pin": lambda: events.pin(session_id, _number(request, "item"), user),
        "unpin": lambda: events.pin(session_id, None, user),
        "up": lambda: _shifted(request, session_id, up=True),
        "down": lambda: _shifted(request, session_id, up=False),
        "notice": lambda: events.notice(session_id, request.POST.get("text", ""), user),
        "no-notice": lambda: events.notice(session_id, "", user),
        "chat-open": lambda: events.set_chat(session_id, True, _number(request, "slow"), user),
        "chat-close": lambda: events.set_chat(session_id, False, _number(request, "slow"), user),
        "undo": lambda: events.undo(session_id, user, seen=_number(request, "seen")),
        "coupon": lambda: events.coupon(session_id, request.POST.get("code", "")[:128], user),
        "no-coupon": lambda: events.coupon(session_id, "", user),
        "flash": lambda: _begin_flash(request, session_id),
        "flash-end": lambda: events.end_flash(session_id, _number(request, "item"), user),
        "hide": lambda: chat.hide(session_id, _number(request, "message"), user),
        "mute": lambda: chat.mute(session_id, _number(request, "message"), user),
        "unmute": lambda: chat.unmute(session_id, _number(request, "mute"), user),
        "move": lambda: _move(request, session_id),
    }


@require_POST
@never_cache
@allowed(SEE, EDIT)
def act(request: HttpRequest, session_id: int) -> HttpResponse:
    """Do what a button asks for. Scripts are told why not as JSON, others on the page."""
    get_object_or_404(LiveSession, pk=session_id)
    refusal = ""
    do = _acts(request, session_id).get(request.POST.get("do", ""))
    try:
        if do is not None:
            do()
    except (events.CannotDo, services.CannotMove, CannotOffer) as reason:
        refusal = str(reason)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"error": refusal}, status=422 if refusal else 200)
    if refusal:
        messages.error(request, refusal)
    return redirect("desk:desk", session_id=session_id)
