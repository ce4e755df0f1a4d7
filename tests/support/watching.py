"""Real video for tests: sent as a host sends it, and seen in a browser."""

import os
import subprocess
from typing import Any

from playwright.sync_api import Page

from deploy.embedded.media import Media
from deploy.embedded.places import ROOT
from deploy.embedded.processes import spawn
from tests.support.media import ffmpeg
from tests.support.servers import wait_for

# Seconds of picture that somebody saw go by: it advances, and not by a frame alone.
SEEN = 1.0


def send(media: Media, key: str) -> "subprocess.Popen[bytes]":
    """Send a moving picture and a tone, as OBS would, until it is stopped."""
    command = [ffmpeg(), "-loglevel", "error", "-re"]
    command += ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=15"]
    command += ["-f", "lavfi", "-i", "sine=frequency=440"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "15"]
    command += ["-c:a", "aac", "-f", "flv", f"rtmp://127.0.0.1:{media.rtmp_port}/ingest/{key}"]
    return spawn(
        command,
        environment={"PATH": os.environ["PATH"]},
        directory=ROOT,
        output=subprocess.DEVNULL,
    )


def seen(page: Page) -> float:
    """How far the picture is; frames that were shown are counted by the browser."""
    now: Any = page.evaluate(
        """() => {
            const video = document.querySelector("video");
            const frames = video.getVideoPlaybackQuality().totalVideoFrames;
            return [video.currentTime, frames, video.videoWidth];
        }"""
    )
    return now[0] if now[1] > 0 and now[2] == 320 else 0.0


def watches(page: Page) -> None:
    """The picture moves on."""
    wait_for(lambda: seen(page) > 0, 30, "a picture")
    before = seen(page)
    wait_for(lambda: seen(page) >= before + SEEN, 30, "the picture moves")
