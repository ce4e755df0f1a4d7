"""Where a session's video is played."""

from django import template
from django.conf import settings

from livestream.sessions.models import LiveSession
from livestream.video.models import Publisher
from livestream.video.replay import parts_of
from livestream.video.services import public_name

register = template.Library()
register.simple_tag(parts_of, name="replay_parts")


@register.filter
def hls_address(session: LiveSession) -> str:
    """The address of a session's live video; empty where this site has no video of its own."""
    if not settings.LIVE_VIDEO_URL:
        return ""
    return f"{settings.LIVE_VIDEO_URL}hls/{public_name(session.pk)}.m3u8"


@register.filter
def sender(session: LiveSession) -> Publisher | None:
    """Who sends a session's video now."""
    return Publisher.objects.filter(session=session, ended_at=None).first()
