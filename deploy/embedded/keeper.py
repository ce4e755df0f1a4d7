"""The keeper: a small process that owns one embedded server for as long as somebody uses it.

Every user (the supervisor, a `manage.py` command, a test run) holds a shared lock on `users`; the
kernel frees it even if the user is killed. The keeper holds `keeper` while it lives, starts the
server again if it dies, and ends it when the exclusive lock on `users` can be had, which is when
nobody is left. So nothing is ever left behind, and nobody stops a server under another's feet.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Protocol

from .places import ROOT, PartError, locked, open_folder, write_private
from .processes import wait_until

IDLE_CHECK = 0.25
RESTARTS_IN_A_MINUTE = 5


class Server(Protocol):
    """What a keeper can keep."""

    def launch(self) -> None:
        """Start the server and return once it answers; raises PartError."""

    def running(self) -> bool:
        """Say whether the process lives."""

    def state(self) -> dict[str, Any]:
        """Return what users must know to connect."""

    def halt(self) -> None:
        """Stop the server and wait for it."""


def keep(server: Server, directory: Path) -> int:
    """Run the server until nobody uses it; returns the exit status."""
    with (directory / "keeper").open("a") as mine, (directory / "users").open("a") as users:
        # Somebody may be looking whether we run, for which he holds the lock for an instant.
        if not wait_until(lambda: _exclusive(mine), 3):
            return 0
        state = directory / "state.json"
        asked_to_end = [False]

        def end(number: int, frame: object) -> None:
            asked_to_end[0] = True

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        starts: list[float] = []
        try:
            while True:
                starts = [t for t in starts if t > time.monotonic() - 60] + [time.monotonic()]
                if len(starts) > RESTARTS_IN_A_MINUTE:
                    raise PartError(f"The server in {directory} keeps ending: see its log there.")
                server.launch()
                write_private(state, json.dumps(server.state()))
                while server.running():
                    time.sleep(IDLE_CHECK)
                    if asked_to_end[0] or _exclusive(users):
                        return 0
                print("the server ended by itself: starting it again", flush=True)
        except PartError as error:
            write_private(directory / "failed", str(error))
            return 1
        finally:
            server.halt()
            state.unlink(missing_ok=True)


def _exclusive(file: IO[str]) -> bool:
    # On success the lock is kept until the keeper ends: a new user waits, then starts a new keeper.
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Kept:
    """A user's hold on a kept server. Base of Postgres and Redis in parts.py."""

    kind = ""

    def __init__(self, directory: Path, **options: object) -> None:
        self.directory = Path(directory)
        self.options = options
        self._users: IO[str] | None = None
        self._state: dict[str, Any] = {}

    @property
    def state(self) -> dict[str, Any]:
        """What the running server told; raises PartError before start()."""
        if not self._state:
            raise PartError(f"{self.kind} has not been started.")
        return self._state

    @property
    def held(self) -> bool:
        """Whether this process holds it."""
        return self._users is not None

    def running(self) -> bool:
        """Say whether a keeper lives, whoever started it."""
        try:
            with (self.directory / "keeper").open("a") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return True
        except FileNotFoundError:
            return False
        return False

    def start(self, patience: float = 90) -> "Kept":
        """Hold the server, starting it if it is not up; raises PartError with one sentence."""
        open_folder(self.directory)
        if self._users is None:
            try:
                self._users = (self.directory / "users").open("a")
            except PermissionError as error:
                raise PartError(
                    f"{self.directory} belongs to another user: remove it as that user."
                ) from error
            # Waits for a keeper that is just ending.
            fcntl.flock(self._users, fcntl.LOCK_SH)
        with locked(self.directory / "starting"):
            if not (self.running() and self._read()):
                self._start_keeper(patience)
        return self

    def _start_keeper(self, patience: float) -> None:
        # A keeper that is asked to end while it is used leaves without freeing our lock.
        wait_until(lambda: not self.running(), 20)
        (self.directory / "failed").unlink(missing_ok=True)
        (self.directory / "state.json").unlink(missing_ok=True)
        options = json.dumps(self.options)
        with (self.directory / "keeper.log").open("wb") as log:
            keeper = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "deploy.embedded.keeper",
                    self.kind,
                    self.directory,
                    options,
                ],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        if not wait_until(lambda: self._read() or keeper.poll() is not None, patience):
            keeper.terminate()
            raise PartError(f"{self.kind} did not start in {patience:.0f} s: see {self.directory}.")
        if not self._read():
            with contextlib.suppress(FileNotFoundError):
                raise PartError((self.directory / "failed").read_text())
            raise PartError(f"{self.kind} did not start: see {self.directory}/keeper.log.")
        keeper.returncode = 0  # it outlives us on purpose: no warning when this object goes

    def _read(self) -> bool:
        try:
            self._state = json.loads((self.directory / "state.json").read_text())
        except (FileNotFoundError, ValueError):
            return False
        return True

    def stop(self, patience: float = 20) -> bool:
        """Let go; wait for the server's end unless others use it. True if it has ended."""
        if self._users is None:
            return not self.running()
        self._users.close()
        self._users = None
        self._state = {}

        def ended_or_used() -> bool:
            return not self.running() or self._others()

        wait_until(ended_or_used, patience, 0.1)
        return not self.running()

    def _others(self) -> bool:
        # Only a shared hold of another user makes this fail with "would block" for long; the keeper
        # holds the exclusive lock while it ends, and then `running` turns false by itself.
        try:
            with (self.directory / "users").open("a") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
        except BlockingIOError:
            return False
        return False


def main(arguments: list[str]) -> int:
    """Run as `python -m deploy.embedded.keeper KIND DIRECTORY OPTIONS`."""
    from .postgres import PostgresServer
    from .valkey import RedisServer

    kind, directory, options = arguments
    kinds = {"PostgreSQL": PostgresServer, "Redis": RedisServer}
    folder = Path(directory)
    try:
        server = kinds[kind](folder, **json.loads(options))
    except PartError as error:
        write_private(folder / "failed", str(error))
        return 1
    return keep(server, folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
