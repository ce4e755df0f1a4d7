"""Finding a real Chromium for the browser tests, or installing one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .places import PartError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium(install: bool = False) -> Path | None:
    """Return the program, or None; with `install`, fetch it where that can be done.

    CHROMIUM in the environment names it. Raises PartError when it cannot be had.
    """
    found = _known()
    if not install:
        return found
    if is_debian_root() and (found is None or not _has_chinese_font()):
        packages = [] if found else ["chromium"]
        packages += [] if _has_chinese_font() else ["fonts-noto-cjk"]
        print(f"- apt-get install {' '.join(packages)}", flush=True)
        apt_install(packages)
        found = found or _known()
    if found is None:
        print("- fetching Chromium with playwright's installer", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = _of_playwright() if done.returncode == 0 else None
    if found is None:
        raise PartError(
            "The browser tests need Chromium: install it with the system's packages, or name it "
            "with CHROMIUM=/path/to/chromium."
        )
    return found


def _known() -> Path | None:
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise PartError(f"CHROMIUM names {named}, which cannot be run.")
        return Path(named)
    for name in NAMES:
        if program := shutil.which(name):
            return Path(program)
    return MAC if MAC.exists() else _of_playwright()


def _of_playwright() -> Path | None:
    # Its Python layer would start a driver process only to tell this path.
    folder = Path(
        os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright"
    )
    if sys.platform == "darwin" and "PLAYWRIGHT_BROWSERS_PATH" not in os.environ:
        folder = Path.home() / "Library/Caches/ms-playwright"
    patterns = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
    found = [path for pattern in patterns for path in folder.glob(pattern)]
    return max(found, default=None)


def is_debian_root() -> bool:
    """Whether packages of the system's can be installed here."""
    debian = Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None
    return os.geteuid() == 0 and debian


def _has_chinese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    told = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(told.stdout.strip())


def apt_install(packages: list[str]) -> None:
    """Install packages of Debian's; whether it worked shows in what is there afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    # An image's list of packages is often absent or old, so a failure is tried again after update.
    for command in (install, ["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        if command is install and done.returncode == 0:
            return
