"""The public page of a live room, what its script asks for, and what viewers send."""

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import quote, unquote

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_ratelimit.core import is_ratelimited
from redis.exceptions import RedisError

from livestream.room import chat, wire
from livestream.room.embeds import elsewhere
from livestream.room.now import kept_now, now_of
from livestream.room.policy import listens
from livestream.room.selectors import room_state
from livestream.room.shelf import shelf
from livestream.sessions.models import LiveSession, SessionChannel, State
from livestream.sessions.selectors import public_sessions

SEE = "live_sessions.view_livesession"
COOKIE, COOKIE_LASTS = "room", 30 * 24 * 3600
# A whole campus may stand behind one address.
SAID_PER_VISITOR, SAID_PER_ADDRESS = "20/m", "600/m"
LIKED_PER_VISITOR, LIKED_PER_ADDRESS = "90/m", "6000/m"
MOST_LIKES = 10


def _session(request: HttpRequest, session_id: int) -> LiveSession:
    """The session, for everybody once it is scheduled; a draft is for staff."""
    found = get_object_or_404(LiveSession.objects.select_related("campaign"), pk=session_id)
    if found.state == State.DRAFT and not request.user.has_perm(SEE):
        raise Http404
    return found


def _visitor(request: HttpRequest, session_id: int) -> str:
    """Who watches: a member, or a browser, known in this room alone; empty without its cookie."""
    if request.user.is_authenticated:
        return f"u{request.user.pk}"
    cookie = request.COOKIES.get(COOKIE, "")
    if not cookie:
        return ""
    said = f"room {session_id} {cookie}".encode()
    return "g" + hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).hexdigest()[:24]


def _too_often(request: HttpRequest, group: str, visitor: str, rates: tuple[str, str]) -> bool:
    """Whether a visitor or an address asks too often. Without Redis nobody is counted."""
    ways: list[tuple[Any, str]] = [(lambda group, request: visitor, rates[0]), ("ip", rates[1])]
    try:
        return any(
            is_ratelimited(request, group=f"room.{group}", key=key, rate=rate, increment=True)
            for key, rate in ways
        )
    except RedisError:
        return False


@require_safe
def rooms(request: HttpRequest) -> HttpResponse:
    """All livestreams: on air, coming, and replays."""
    return render(request, "room/rooms.html", {"sessions": public_sessions(replays=60)})


@require_safe
@never_cache
@listens
def room(request: HttpRequest, session_id: int) -> HttpResponse:
    """The room: video, what is shown now, shelf, chat. Works without scripts and for latecomers."""
    found = _session(request, session_id)
    state = room_state(session_id)
    on_shelf = shelf(found, state.order)
    channels = list(found.channels.all())
    others = elsewhere(channels)
    context = {
        "session": found,
        "state": state,
        "shelf": on_shelf,
        "produce": [one.now.pack.produce for one in on_shelf],
        "now": now_of(found, state, on_shelf),
        "chat": chat.latest(session_id),
        "elsewhere": others,
        "player": next((one for one in others if one.player), None),
        "own_video": any(one.platform == SessionChannel.Platform.OWN for one in channels),
        "events_url": settings.LIVE_EVENTS_URL,
        "name": _name(request),
    }
    response = render(request, "room/room.html", context)
    if request.method == "GET":
        if not _visitor(request, session_id):
            request.COOKIES[COOKIE] = secrets.token_urlsafe(16)
            response.set_cookie(
                COOKIE,
                request.COOKIES[COOKIE],
                max_age=COOKIE_LASTS,
                secure=request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        chat.see(found, _visitor(request, session_id))
    return response


def _name(request: HttpRequest) -> str:
    """The name under which somebody wrote here last."""
    return unquote(request.COOKIES.get("room-name", ""))[: chat.LONGEST_NAME]


@require_safe
def now_json(request: HttpRequest, session_id: int) -> HttpResponse:
    """The room as it is now, at most a second old, for who cannot listen to the stream."""
    body, tag = kept_now(_session(request, session_id))
    if request.headers.get("If-None-Match") == f'"{tag}"':
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = f'"{tag}"'
    response["Cache-Control"] = "no-cache"
    return response


@require_POST
@never_cache
def say(request: HttpRequest, session_id: int) -> HttpResponse:
    """Say something in the chat. Scripts get JSON, others the page."""
    _session(request, session_id)
    visitor = _visitor(request, session_id)
    name, refusal = request.POST.get("name", ""), ""
    if not visitor:
        refusal = _("Open the room's page first.")
    elif _too_often(request, "say", visitor, (SAID_PER_VISITOR, SAID_PER_ADDRESS)):
        refusal = _("That is very much at once. Wait a moment.")
    else:
        user = request.user if request.user.is_authenticated else None
        author = chat.Author(visitor, user, name)
        try:
            chat.say(session_id, author, request.POST.get("text", ""))
        except chat.CannotSay as reason:
            refusal = str(reason)
    response: HttpResponse
    if request.headers.get("Accept") == "application/json":
        response = JsonResponse({"error": refusal}, status=422 if refusal else 200)
    else:
        if refusal:
            messages.warning(request, refusal)
        response = redirect("room:room", session_id=session_id)
    if not refusal:
        _remember_name(response, request, name)
    return response


def _remember_name(response: HttpResponse, request: HttpRequest, name: str) -> None:
    response.set_cookie(
        "room-name",
        quote(name[: chat.LONGEST_NAME]),
        max_age=COOKIE_LASTS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def _likes(typed: str) -> int:
    """How many likes; a number of many digits would take long to read, and anything else is one."""
    if not typed.isdecimal():
        return 1
    return min(MOST_LIKES, int(typed)) if len(typed) < 10 else MOST_LIKES


@require_POST
@never_cache
def like(request: HttpRequest, session_id: int) -> HttpResponse:
    """Count likes that a viewer tapped since the last time, ten at most."""
    found = _session(request, session_id)
    visitor = _visitor(request, session_id)
    if (
        visitor
        and found.state in (State.LIVE, State.PAUSED)
        and not _too_often(request, "like", visitor, (LIKED_PER_VISITOR, LIKED_PER_ADDRESS))
    ):
        wire.like(session_id, _likes(request.POST.get("count", "1")))
    if request.headers.get("Accept") == "application/json":
        return HttpResponse(status=204)
    return redirect("room:room", session_id=session_id)
