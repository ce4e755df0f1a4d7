"""What the video's tests need of the machine: nginx with its RTMP module, and ffmpeg."""

import shutil

import pytest

from deploy.embedded.chromium import apt_install, is_debian_root
from deploy.embedded.media import is_there

PACKAGES = ["nginx", "libnginx-mod-rtmp", "ffmpeg"]


def media_program() -> None:
    """See to it that both are there: installed where root may do so, else the test is left out."""
    if is_there() and shutil.which("ffmpeg"):
        return
    if is_debian_root():
        apt_install(PACKAGES)
    if not (is_there() and shutil.which("ffmpeg")):
        pytest.skip(f"needs {', '.join(PACKAGES)}")


def ffmpeg() -> str:
    """The program; `media_program` has seen to it."""
    return shutil.which("ffmpeg") or "ffmpeg"
