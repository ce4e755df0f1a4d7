"""Recordings: what the media server wrote becomes the parts of a session's replay.

A recording waits until its session has ended: only then is it known what of it viewers saw, and
the rest (a microphone that was open before the start) is cut off.
"""

import fcntl
import hashlib
import hmac
import logging
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from catalog.clock import now
from livestream.sessions.models import LiveSession, State
from livestream.video.models import Recording

log = logging.getLogger(__name__)
# The public name, then when it began, in seconds since 1970 or milliseconds.
NAME = re.compile(r"s(\d{1,17})-(\d{10})(?:\d{3})?\.(?:flv|mp4|ts)")
# Seconds for which a file must not have grown; a sender is cut after ten without a picture.
SETTLED = 15
# Shorter ones show nothing.
SHORTEST = timedelta(seconds=1)
MILLISECOND = timedelta(milliseconds=1)


class Unreadable(Exception):
    """A recording cannot be made a replay; the message is ffmpeg's."""


@dataclass(frozen=True)
class Raw:
    """A file that the media server wrote, and when it began by this site's clock."""

    path: Path
    session_id: int
    began_at: datetime


def folder(name: str) -> Path | None:
    """`recordings` or `replays`; None where this site keeps nothing."""
    return Path(settings.LIVE_VIDEO_FOLDER) / name if settings.LIVE_VIDEO_FOLDER else None


def waiting(session_id: int | None = None) -> Iterator[Raw]:
    """The files that wait, of one session or all."""
    place = folder("recordings")
    if place is None or not place.is_dir():
        return
    for path in sorted(place.iterdir()):
        found = NAME.fullmatch(path.name)
        if found and session_id in (None, int(found[1])):
            # The site's clock may be another than the machine's (`var/clock`).
            age = timedelta(seconds=time.time() - int(found[2]))
            yield Raw(path, int(found[1]), now() - age)


def take_recordings() -> int:
    """Make a part of each recording whose session has ended. Gives how many parts were made.

    What cannot be read is kept under another name. Nothing where another process is at it.
    """
    place = folder("replays")
    if place is None or not place.is_dir() or shutil.which("ffmpeg") is None:
        return 0
    with (place / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        return sum(_take(raw, place) for raw in list(waiting()) if _is_settled(raw.path))


def _is_settled(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > SETTLED


def _take(raw: Raw, place: Path) -> bool:
    """Make a part of a recording; False: not yet, or there is nothing in it to show."""
    session = LiveSession.objects.filter(pk=raw.session_id).first()
    if session is None or session.state not in (State.ENDED, State.REPLAY):
        return False
    made = False
    try:
        if not Recording.objects.filter(source=raw.path.name).exists():
            made = _make(raw, session, place)
    except Unreadable as fault:
        log.warning("The recording %s cannot be read: %s", raw.path.name, fault)
        raw.path.rename(raw.path.with_name(f"{raw.path.name}.bad"))
        return False
    raw.path.unlink()
    return made


def _make(raw: Raw, session: LiveSession, place: Path) -> bool:
    start, end = session.started_at, session.ended_at
    assert start is not None and end is not None  # it has ended
    length = _duration(raw.path)
    begin = max(start, raw.began_at)
    shown = min(end, raw.began_at + length) - begin
    if session.rehearsal or shown < SHORTEST:
        return False
    # The same recording gives the same name: a process that was killed leaves nothing behind.
    secret = settings.SECRET_KEY.encode()
    name = hmac.new(secret, f"replay {raw.path.name}".encode(), hashlib.sha256).hexdigest()[:32]
    part = place / f"{name}.part"
    cut = [_seconds(begin - raw.began_at), _seconds(shown)]
    _run(
        *("ffmpeg", "-nostdin", "-v", "error", "-y", "-ss", cut[0], "-i", str(raw.path)),
        *("-t", cut[1], "-c", "copy", "-movflags", "+faststart", "-f", "mp4", str(part)),
    )
    # The media server reads it as somebody else.
    part.chmod(0o644)
    part.rename(place / f"{name}.mp4")
    file = place / f"{name}.mp4"
    try:
        with transaction.atomic():
            Recording.objects.create(
                session=session,
                source=raw.path.name,
                name=name,
                began_at=begin,
                duration_ms=_duration(file) // MILLISECOND,
                size=file.stat().st_size,
                made_at=now(),
            )
    except IntegrityError as fault:
        raise Unreadable(str(fault)) from fault
    return True


def _seconds(span: timedelta) -> str:
    milliseconds = span // MILLISECOND
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"


def _duration(path: Path) -> timedelta:
    told = _run(
        *("ffprobe", "-v", "error", "-show_entries", "format=duration"),
        *("-of", "csv=p=0", str(path)),
    ).strip()
    if not re.fullmatch(r"\d{1,7}(\.\d+)?", told):
        raise Unreadable("it has no length")
    return int(Decimal(told) * 1000) * MILLISECOND


def _run(*command: str) -> str:
    """What a program says; raises Unreadable with its last words where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unreadable(done.stderr.strip()[-300:])
    return done.stdout
