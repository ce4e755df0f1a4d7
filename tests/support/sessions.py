"""Live sessions for tests."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model

from catalog.clock import now
from livestream.campaigns.models import Campaign
from livestream.sessions.models import LiveSession, SessionChannel, SessionEvent, State
from livestream.sessions.services import (
    ChannelPlan,
    SessionPlan,
    add_item,
    move,
    save_channel,
    save_session,
)

PLATFORMS = SessionChannel.Platform.values


def make_campaign(code: str = "autumn") -> Campaign:
    """A campaign that began yesterday and runs for 30 days."""
    begin = now() - timedelta(days=1)
    return Campaign.objects.get_or_create(
        code=code,
        defaults={
            "name_zh": "秋收",
            "name_en": "Harvest",
            "starts_at": begin,
            "ends_at": begin + timedelta(days=30),
        },
    )[0]


def plan(**changes: Any) -> SessionPlan:
    """The plan of a session of two hours, tomorrow."""
    begin = now() + timedelta(days=1)
    given = {
        "title_zh": "秋收专场",
        "title_en": "Harvest evening",
        "starts_at": begin,
        "ends_at": begin + timedelta(hours=2),
        "rehearsal": False,
    } | changes
    if "campaign_id" not in given:
        given["campaign_id"] = make_campaign().pk
    return SessionPlan(**given)


def channel(session: LiveSession, platform: str = "douyin", **changes: Any) -> ChannelPlan:
    """The plan of one of its channels."""
    own = platform == "own"
    given = {
        "platform": platform,
        "account": "" if own else "校园助农",
        "room": "880088",
        "address": "" if own else "https://example.org/room",
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
    }
    return ChannelPlan(**(given | changes))


def make_session(*, channels: int = 0, packs: Sequence[Any] = (), **changes: Any) -> LiveSession:
    """A draft with so many channels and these packs on its shelf."""
    session = save_session(plan(**changes))
    for platform in PLATFORMS[:channels]:
        save_channel(session.pk, channel(session, platform))
    for pack in packs:
        add_item(session.pk, pack.pk)
    return session


def begin_session(**changes: Any) -> LiveSession:
    """A session that is live, begun by somebody at the desk."""
    actor = get_user_model().objects.get_or_create(email="desk@example.org")[0]
    session = make_session(**changes)
    for state in (State.SCHEDULED, State.LIVE):
        move(session, state, actor, SessionEvent.Cause.DESK)
    return session
