"""The staff's page about a session's video: where to send it, its key, what came."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from catalog.staff import allowed
from livestream.room.policy import listens
from livestream.sessions.models import LiveSession, SessionChannel
from livestream.sessions.services import CannotSave
from livestream.sessions.staff_views import EDIT, SEE, page, trail_to
from livestream.video.models import Ingest, Publisher
from livestream.video.recordings import waiting
from livestream.video.services import TAKES, let_begin, new_key

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@listens
@allowed(SEE, EDIT)
def video(request: HttpRequest, session_id: int) -> HttpResponse:
    """Where a session's video is sent to, and how it looks.

    By POST: a new key, shown in this answer alone; or whether the video begins the session.
    """
    found = get_object_or_404(LiveSession.objects.select_related("campaign"), pk=session_id)
    key = ""
    if request.method == "POST":
        if request.POST.get("do") != "key":
            let_begin(found.pk, request.POST.get("begins") == "on")
            return redirect("live-video:video", session_id=found.pk)
        try:
            key = new_key(found.pk, request.user)
        except CannotSave as refusal:
            messages.error(request, str(refusal))
    return page(
        request,
        "staff/live/video.html",
        _("Our own video"),
        trail_to(found),
        session=found,
        key=key,
        server=settings.LIVE_RTMP_URL if settings.LIVE_INGEST_SECRET else "",
        ingest=Ingest.objects.filter(session=found).first(),
        sender=Publisher.objects.filter(session=found, ended_at=None).first(),
        takes=found.state in TAKES,
        own=found.channels.filter(platform=SessionChannel.Platform.OWN).exists(),
        recordings=found.recordings.all(),
        waiting=sum(1 for _raw in waiting(found.pk)),
        signals=found.signals.select_related("actor").order_by("-pk")[:SHOWN],
    )
