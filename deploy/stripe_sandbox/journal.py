"""An append-only file of JSON lines, one per write; what is in it outlives the process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # not on Windows: there, two sandboxes on one file are not noticed
    fcntl = None  # type: ignore[assignment]

FORMAT = ["stripe-sandbox", 1]


class JournalError(Exception):
    """The file cannot be used; the message says why, in one sentence."""


class Journal:
    """`append` gathers lines, `flush` hands them to the system in one write.

    The server flushes before each answer, so an answer that was given survives `kill -9` (a power
    cut may lose the last moments: there is no fsync, this is test money).
    """

    def __init__(self, path: Path) -> None:
        if path.is_dir() or not path.suffix:
            path = path / "stripe_sandbox.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise JournalError(f"{path} is in use by another sandbox") from None
        self._lines: list[str] = []
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def read(self) -> Iterator[list[Any]]:
        """All lines of earlier runs. A last line that a crash cut short is dropped."""
        end = 0
        with open(self.path, "rb") as lines:
            for number, line in enumerate(lines):
                if not line.endswith(b"\n"):
                    break
                try:
                    fields = json.loads(line)
                except ValueError:
                    raise JournalError(f"{self.path}:{number + 1}: not a journal line") from None
                if number == 0 and fields != FORMAT:
                    raise JournalError(f"{self.path} is not a journal of this sandbox's version")
                end += len(line)
                if number:
                    yield fields
        os.ftruncate(self._file, end)
        if end == 0:
            self.append(FORMAT)
            self.flush()

    def append(self, fields: list[Any]) -> None:
        self._lines.append(self._encode(fields))

    def flush(self) -> None:
        if self._lines:
            data = ("\n".join(self._lines) + "\n").encode()
            self._lines.clear()
            while data:
                data = data[os.write(self._file, data) :]

    def erase(self) -> None:
        self._lines.clear()
        os.ftruncate(self._file, 0)
        self.append(FORMAT)
        self.flush()

    def close(self) -> None:
        self.flush()
        os.close(self._file)
