"""The supervisor's child processes: their named output, their restarts, their end."""

import contextlib
import json
import os
import pwd
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .places import ROOT, PartError, open_folder
from .processes import alive, kill_group, spawn, started_at, stop, wait_until

LONGEST_PAUSE = 30.0
# A child that lived so long (seconds) starts with no pause again.
WELL = 60.0


@dataclass
class Child:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    on_parent_death: int = signal.SIGTERM
    user: pwd.struct_passwd | None = None
    patience: float = 6.0
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = 0.0
    again_at: float = 0.0
    crashes: int = 0
    rest: bytes = field(default=b"", repr=False)
    # A step's output is kept instead of being told.
    kept: list[str] | None = None


class Children:
    """All of them, and the logs that are followed beside them."""

    def __init__(self, run_folder: Path, log_folder: Path, say: Callable[[str], None]) -> None:
        self.record = run_folder / "children.json"
        self.logs = log_folder
        open_folder(log_folder)
        self.say = say
        self.all: list[Child] = []
        self.followed: dict[Path, tuple[str, int]] = {}
        self.selector = selectors.DefaultSelector()

    # -- starting -------------------------------------------------------------------------------

    def end_leftovers(self) -> None:
        """End what a killed supervisor's children are still doing."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            known = json.loads(self.record.read_text())
            left = [pid for _, pid, mark in known if alive(pid) and started_at(pid) == mark]
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGTERM)
            wait_until(lambda: not any(alive(pid) for pid in left), 5)
            for pid in left:
                kill_group(pid)
        self.record.unlink(missing_ok=True)

    def start(self, child: Child) -> None:
        """Start a child (again)."""
        child.process = spawn(
            child.command,
            environment={**child.environment, "PYTHONUNBUFFERED": "1"},
            directory=ROOT,
            output=subprocess.PIPE,
            user=child.user,
            on_parent_death=child.on_parent_death,
        )
        child.started = time.monotonic()
        if child not in self.all:
            self.all.append(child)
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self.selector.register(child.process.stdout, selectors.EVENT_READ, child)
        self._note()

    def _note(self) -> None:
        running = [c for c in self.all if c.process is not None and c.process.poll() is None]
        marks = [[c.name, c.process.pid, started_at(c.process.pid)] for c in running if c.process]
        self.record.write_text(json.dumps(marks))

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """Run a step to its end and return what it printed; raises PartError if it fails."""
        said: list[str] = []
        child = Child(name, command, environment, kept=said)
        self.start(child)
        self.all.remove(child)
        assert child.process is not None
        last = time.monotonic()
        try:
            while child.process.poll() is None:
                self.pump(0.2)
                if time.monotonic() - last > 8:
                    last = time.monotonic()
                    self.say(f"  {name}: {len(said)} lines so far")
            while self._drain(child, said):
                pass
        finally:
            stop(child.process)
            self._forget(child)
        self._log(name, said)
        if child.process.returncode:
            tail = "\n".join(said[-15:])
            raise PartError(f"`{name}` failed; its last words (all in {self.logs}):\n{tail}")
        return "\n".join(said)

    # -- output ---------------------------------------------------------------------------------

    def _drain(self, child: Child, lines: list[str]) -> bool:
        """Read what a child has written into whole lines; False when there is nothing."""
        stream = child.process.stdout if child.process else None
        if stream is None or stream.closed:
            return False
        data = stream.read(1 << 16)
        if not data:
            if data == b"":  # the end, not only silence
                self._forget(child)
                if child.rest:
                    lines.append(child.rest.decode(errors="replace"))
                    child.rest = b""
            return False
        *whole, child.rest = (child.rest + data).split(b"\n")
        lines += [line.decode(errors="replace").rstrip() for line in whole]
        return True

    def _forget(self, child: Child) -> None:
        stream = child.process.stdout if child.process else None
        if stream is not None and not stream.closed:
            with contextlib.suppress(KeyError):
                self.selector.unregister(stream)
            stream.close()

    def _log(self, name: str, lines: Sequence[str]) -> None:
        if lines:
            with (self.logs / f"{name}.log").open("a") as log:
                log.writelines(f"{line}\n" for line in lines)

    def follow(self, name: str, path: Path) -> None:
        """Follow a log that another process writes, from now on."""
        self.followed[path] = (name, path.stat().st_size if path.exists() else 0)

    def pump(self, seconds: float) -> None:
        """Pass on what the children and the followed logs say, for at most so long."""
        for key, _ in self.selector.select(seconds):
            child: Child = key.data
            if child.kept is not None:
                self._drain(child, child.kept)
                continue
            lines: list[str] = []
            self._drain(child, lines)
            self._tell(child.name, lines)
            self._log(child.name, lines)
        for path, (name, position) in list(self.followed.items()):
            with contextlib.suppress(FileNotFoundError), path.open("rb") as log:
                if log.seek(0, 2) > position:
                    log.seek(position)
                    self._tell(name, log.read().decode(errors="replace").splitlines())
                self.followed[path] = (name, log.tell())

    def _tell(self, name: str, lines: Sequence[str]) -> None:
        for line in lines:
            self.say(f"{name:<9}| {line}")

    # -- watching and ending --------------------------------------------------------------------

    def mend(self) -> None:
        """Start again what has ended, with a growing pause, and say so."""
        moment = time.monotonic()
        for child in self.all:
            assert child.process is not None
            status = child.process.poll()
            if status is None:
                continue
            if not child.again_at:
                well = moment - child.started > WELL
                child.crashes = 1 if well else child.crashes + 1
                child.pause = 1.0 if well else min(max(1.0, child.pause * 2), LONGEST_PAUSE)
                child.again_at = moment + child.pause
                kill_group(child.process.pid)
                self.say(f"{child.name} ended (status {status}): again in {child.pause:.0f} s")
            elif moment >= child.again_at:
                child.again_at = 0.0
                lines: list[str] = []
                while self._drain(child, lines):
                    pass
                self._tell(child.name, lines)
                self._forget(child)
                self.start(child)

    def end(self, names: Sequence[str]) -> None:
        """End these children together, within their patience, and all that they started."""
        ending = [c for c in self.all if c.name in names and c.process is not None]
        for child in ending:
            if child.process and child.process.poll() is None:
                child.process.terminate()
        for child in ending:
            until = time.monotonic() + child.patience
            while child.process and child.process.poll() is None and time.monotonic() < until:
                self.pump(0.05)  # a full pipe would keep it from ending
            if child.process:
                stop(child.process, patience=0)
            self._forget(child)
            self.all.remove(child)
        self._note()
