"""Recordings of the media server become a replay with chapters."""

import os
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.clock import now
from livestream.room import events
from livestream.sessions.models import LiveSession
from livestream.sessions.services import move, save_channel
from livestream.video import recordings, replay
from livestream.video.models import Recording
from storefront.accounts.models import User
from tests.support import chain
from tests.support.media import ffmpeg, media_program
from tests.support.sessions import channel, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def host() -> User:
    return User.objects.create_user(email="host@example.org", password="pears-4-me")


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    media_program()
    settings.LIVE_VIDEO_FOLDER = str(tmp_path)
    settings.LIVE_VIDEO_URL = "https://video.example.org/"
    for name in ("recordings", "replays"):
        (tmp_path / name).mkdir()
    return tmp_path


def record(folder: Path, session: LiveSession, ago: float, seconds: int) -> Path:
    """What the media server wrote of a session: so many seconds, begun so many seconds ago."""
    path = folder / "recordings" / f"s{session.pk}-{time.time() - ago:.0f}.flv"
    command = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x36:rate=5"]
    command += ["-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-g", "5"]
    subprocess.run([*command, "-pix_fmt", "yuv420p", "-f", "flv", str(path)], check=True)
    os.utime(path, (time.time() - 20, time.time() - 20))
    return path


def aired(host: User, set_clock: Any, seconds: int, **more: Any) -> LiveSession:
    """A session that began so many seconds ago and has just ended."""
    session = make_session(**more)
    save_channel(session.pk, channel(session, "own"))
    move(session, "scheduled", host, "desk")
    set_clock(-seconds)
    move(session, "live", host, "desk")
    set_clock(0)
    return session


def end(session: LiveSession, host: User) -> None:
    move(session, "ended", host, "desk")


def test_only_what_was_on_air_is_kept(folder, host, set_clock):
    session = aired(host, set_clock, 40)
    early = record(folder, session, ago=60, seconds=30)  # ten of them after the start
    end(session, host)

    assert recordings.take_recordings() == 1

    part = Recording.objects.get()
    assert part.source == early.name
    assert not early.exists()
    assert 8_000 <= part.duration_ms <= 12_000
    assert abs(part.began_at - session.started_at) < timedelta(seconds=1)
    file = folder / "replays" / f"{part.name}.mp4"
    assert file.stat().st_size == part.size > 0
    assert file.stat().st_mode & 0o777 == 0o644
    assert recordings.take_recordings() == 0


def test_a_recording_waits_until_its_session_ended_and_it_is_settled(folder, host, set_clock):
    session = aired(host, set_clock, 40)
    raw = record(folder, session, ago=30, seconds=5)
    assert recordings.take_recordings() == 0
    end(session, host)
    os.utime(raw)

    assert recordings.take_recordings() == 0
    assert raw.exists()
    assert [each.path for each in recordings.waiting(session.pk)] == [raw]
    assert list(recordings.waiting(session.pk + 1)) == []


def test_of_rehearsals_and_of_what_was_never_on_air_nothing_is_kept(folder, host, set_clock):
    rehearsal = aired(host, set_clock, 40, rehearsal=True)
    real = aired(host, set_clock, 10)
    record(folder, rehearsal, ago=30, seconds=5)
    record(folder, real, ago=60, seconds=5)
    end(rehearsal, host)
    end(real, host)

    assert recordings.take_recordings() == 0
    assert not Recording.objects.exists()
    assert list((folder / "recordings").iterdir()) == []


def test_what_cannot_be_read_is_put_aside_and_others_are_made(folder, host, set_clock):
    session = aired(host, set_clock, 40)
    broken = folder / "recordings" / f"s{session.pk}-{time.time() - 35:.0f}.flv"
    broken.write_bytes(b"FLV no video")
    os.utime(broken, (time.time() - 20, time.time() - 20))
    stranger = folder / "recordings" / "../etc-passwd.flv"
    stranger.write_bytes(b"")
    record(folder, session, ago=30, seconds=5)
    end(session, host)

    assert recordings.take_recordings() == 1
    assert [path.name for path in (folder / "recordings").iterdir()] == [f"{broken.name}.bad"]
    assert stranger.exists()


def test_one_that_was_killed_half_way_makes_the_same_part_again(
    folder, host, set_clock, monkeypatch
):
    session = aired(host, set_clock, 40)
    record(folder, session, ago=30, seconds=5)
    end(session, host)

    def killed(**given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Recording.objects, "create", killed)
        recordings.take_recordings()
    assert recordings.take_recordings() == 1

    assert len(list((folder / "replays").glob("*.mp4"))) == Recording.objects.count() == 1


def test_chapters_are_the_packs_that_were_shown_across_a_cut(
    folder, host, set_clock, django_assert_max_num_queries
):
    grove = chain.make_grove()
    session = aired(host, set_clock, 100, packs=[grove.pack])
    item = session.shelf.get()
    for ago, what in ((90, item.pk), (60, None), (45, item.pk)):
        set_clock(-ago)
        events.pin(session.pk, what, host)
    set_clock(0)
    record(folder, session, ago=100, seconds=50)
    record(folder, session, ago=40, seconds=30)  # the second pin fell into the cut
    end(session, host)
    assert recordings.take_recordings() == 2
    assert replay.parts_of(session) == []
    move(session, "replay", host, "desk")

    with django_assert_max_num_queries(3):
        first, second = replay.parts_of(session)

    name = grove.pack.display_name
    assert [(each.title, each.seconds in (9, 10)) for each in first.chapters] == [(name, True)]
    assert [(each.title, each.seconds) for each in second.chapters] == [(name, 0)]
    assert first.address.startswith("https://video.example.org/replays/")
    assert 59_000 <= second.offset_ms <= 61_000


def test_the_replay_has_its_chapters_as_links(folder, host, set_clock):
    grove = chain.make_grove()
    session = aired(host, set_clock, 60, packs=[grove.pack])
    set_clock(-50)
    events.pin(session.pk, session.shelf.get().pk, host)
    set_clock(0)
    record(folder, session, ago=60, seconds=40)
    end(session, host)
    recordings.take_recordings()
    address = reverse("room:room", args=[session.pk])
    part = f"https://video.example.org/replays/{Recording.objects.get().name}.mp4"

    before = Client().get(address).content.decode()
    move(session, "replay", host, "desk")
    page = Client().get(address).content.decode()

    assert part not in before
    assert f'src="{part}"' in page
    assert f'href="{part}#t=' in page
    assert grove.pack.display_name in page
    assert now() > session.ended_at
