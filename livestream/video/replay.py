"""What the replay of a session shows: its parts, and a chapter for each pack that was shown."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from livestream.figures.timeline import shown
from livestream.sessions.models import LiveSession, State
from livestream.video.models import Recording


@dataclass(frozen=True)
class Chapter:
    """A pack that was shown, and where: seconds into a part; `offset_ms` into the session."""

    title: str
    seconds: int
    offset_ms: int


@dataclass(frozen=True)
class Part:
    """A file of the replay, from one cut of the video to the next."""

    address: str
    began_at: datetime
    duration: timedelta
    offset_ms: int
    chapters: list[Chapter] = field(default_factory=list)


def parts_of(session: LiveSession) -> list[Part]:
    """The parts of a replay that is shown, with their chapters. Three queries."""
    start, end = session.started_at, session.ended_at
    if session.state != State.REPLAY or not settings.LIVE_VIDEO_URL:
        return []
    assert start is not None and end is not None  # it has ended
    parts = [_part(recording, start) for recording in session.recordings.all()]
    if not parts:
        return []
    packs = {item.pk: item.pack for item in session.shelf.select_related("pack__produce")}
    for begin, until, item in shown(session, start, end):
        # What was shown when there was no picture begins with the next one.
        part = next((each for each in parts if begin < each.began_at + each.duration), None)
        if part is None or item not in packs or until <= part.began_at:
            continue
        at = max(begin, part.began_at)
        part.chapters.append(
            Chapter(
                title=packs[item].display_name,
                seconds=(at - part.began_at) // timedelta(seconds=1),
                offset_ms=(at - start) // timedelta(milliseconds=1),
            )
        )
    return parts


def _part(recording: Recording, start: datetime) -> Part:
    return Part(
        address=f"{settings.LIVE_VIDEO_URL}replays/{recording.name}.mp4",
        began_at=recording.began_at,
        duration=timedelta(milliseconds=recording.duration_ms),
        offset_ms=(recording.began_at - start) // timedelta(milliseconds=1),
    )
