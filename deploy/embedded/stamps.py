"""Doing a slow step again only when what it depends on has changed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from .places import ROOT

PACKAGES = ("catalog", "cooperatives", "livestream", "storefront")


def hash_of(paths: Iterable[Path]) -> str:
    """Return one hash of the names and contents of files."""
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


def migrations_hash() -> str:
    """Return the hash of every file that decides what a migrated database looks like."""
    files = [ROOT / "requirements" / "production.txt"]
    for package in PACKAGES:
        files += (ROOT / package).rglob("migrations/*")
        files += (ROOT / package).rglob("management/commands/grant_roles.py")
        files += (ROOT / package).rglob("append_only.py")
        files += (ROOT / package).rglob("sealing.py")
    return hash_of(files)


class Stamp:
    """A note of what a step was last done with."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def says(self, value: str) -> bool:
        """Say whether the step was done with this value."""
        return self.path.exists() and self.path.read_text().partition("\n")[0] == value

    def note(self) -> str:
        """Return what was kept with the value."""
        return self.path.read_text().partition("\n")[2] if self.path.exists() else ""

    def set(self, value: str, note: str = "") -> None:
        """Say that the step is done."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(f"{value}\n{note}")

    def clear(self) -> None:
        """Say that it is not."""
        self.path.unlink(missing_ok=True)
