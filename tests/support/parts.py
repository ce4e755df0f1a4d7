"""The test suite's own servers, and its databases: a template made once, clones made quickly.

Everything lies in var/test and none of it is `make run`'s. Several test runs may share the servers:
each database and each numbered Redis database belongs to one run, by a lock that dies with it.
"""

import fcntl
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from deploy.embedded.parts import Postgres, Redis
from deploy.embedded.places import ROOT, VAR, PartError, locked, open_folder
from deploy.embedded.postgres import APPLICATION, OWNER, SUPERUSER
from deploy.embedded.stamps import PACKAGES, hash_of, migrations_hash
from deploy.embedded.valkey import DATABASES

FOLDER = VAR / "test"
TEMPLATE = "template_shanhuo_"
WITH_DEMO = "demo_shanhuo_"

# One answer for a whole run, unless the template turns out to be missing.
shape = functools.cache(migrations_hash)


@functools.cache
def demo_shape() -> str:
    """The hash of all that decides what the demo's database looks like."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return hash_of(
        [*files, *(ROOT / "deploy" / "demo").rglob("*"), *(ROOT / "locale").rglob("*.mo")]
    )


@dataclass(frozen=True)
class Database:
    """One database by its name and its addresses."""

    name: str
    url: str
    owner_url: str
    superuser_url: str


class Suite:
    """The servers as one test process holds them."""

    def __init__(
        self, folder: Path = FOLDER, *, quick: bool = True, unsynced: bool = False
    ) -> None:
        """As for the parts: what is measured is as safe as in production, what is killed loses
        nothing by it.
        """
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", quick=quick, unsynced=unsynced)
        self.redis = Redis(folder / "redis", quick=quick)
        self._locks: list[IO[str]] = []
        self._count = 0
        self._tidy = False
        self.run = f"{os.getpid()}"

    def start(self) -> None:
        """Join the servers, starting them if they are not up; raises PartError."""
        open_folder(self.folder / "runs")
        self.postgres.start()
        self.redis.start()
        self._own(self.folder / "runs" / f"{self.run}.lock")
        self.redis_number = next(
            number
            for number in range(1, DATABASES)
            if self._own(self.folder / "runs" / f"redis-{number}.lock")
        )

    def _own(self, path: Path) -> bool:
        file = path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._locks.append(file)
        return True

    def stop(self) -> None:
        """Let go; the servers end with their last user."""
        for file in self._locks:
            file.close()
        self.postgres.stop()
        self.redis.stop()

    @property
    def redis_url(self) -> str:
        """This process's own numbered database."""
        return self.redis.url_for(self.redis_number)

    def database(self, name: str) -> Database:
        """Return the addresses of a database, whether or not it exists."""
        return Database(
            name,
            self.postgres.url_for(name, APPLICATION),
            self.postgres.url_for(name, OWNER),
            self.postgres.url_for(name, SUPERUSER),
        )

    def new_name(self) -> str:
        """Return a name for one more database of this process."""
        self._count += 1
        return f"test_{self.run}_{self._count}"

    def _admin(self) -> "psycopg.Connection[tuple]":
        return psycopg.connect(self.postgres.superuser_url, autocommit=True)

    def clone(self, name: str) -> Database:
        """Make a database with the migrated tables, owned by the owner role."""
        with locked(self.folder / "template.lock"), self._admin() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    sql.Identifier(name),
                    sql.Identifier(self._template(connection)),
                    sql.Identifier(OWNER),
                )
            )
        return self.database(name)

    def clone_with_demo(self, name: str, load: Callable[[Database], None]) -> Database:
        """Make a database with the demo in it; `load` fills one, once for all runs of this code."""
        filled = f"{WITH_DEMO}{shape()[:8]}_{demo_shape()}"
        with locked(self.folder / "demo.lock"):
            with self._admin() as connection:
                known = filled in self._names(connection)
            if not known:
                making = self.clone(f"test_{self.run}_demo")
                load(making)
                with self._admin() as connection:
                    self._seal(connection, making.name, filled)
            with self._admin() as connection:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                        sql.Identifier(name), sql.Identifier(filled), sql.Identifier(OWNER)
                    )
                )
        return self.database(name)

    def empty(self, name: str, owner: str = APPLICATION) -> Database:
        """Make a database without tables, in which `owner` may make its own."""
        with self._admin() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(owner)
                )
            )
        return self.database(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        with self._admin() as connection:
            self._drop(connection, name)

    def _drop(self, connection: "psycopg.Connection[tuple]", name: str) -> None:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def _names(self, connection: "psycopg.Connection[tuple]") -> set[str]:
        return {row[0] for row in connection.execute("SELECT datname FROM pg_database")}

    def _template(self, connection: "psycopg.Connection[tuple]") -> str:
        """Return the name of the migrated template, made now if these migrations are new."""
        known = self._names(connection)
        if TEMPLATE + shape() not in known:
            shape.cache_clear()
            if TEMPLATE + shape() not in known:
                self._migrate(connection, TEMPLATE + shape())
        if not self._tidy:
            demo = f"{WITH_DEMO}{shape()[:8]}_{demo_shape()}"
            self._clear(connection, self._names(connection) - {TEMPLATE + shape(), demo})
            self._tidy = True
        return TEMPLATE + shape()

    def _clear(self, connection: "psycopg.Connection[tuple]", known: set[str]) -> None:
        """Drop older templates, and what killed runs left behind."""
        for name in known:
            old = name.startswith((TEMPLATE, WITH_DEMO, "making_"))
            if old or (name.startswith("test_") and not self._in_use(name.split("_")[1])):
                self._drop(connection, name)

    def _in_use(self, run: str) -> bool:
        path = self.folder / "runs" / f"{run}.lock"
        if not path.exists():
            return False
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            path.unlink()
        return False

    def _migrate(self, connection: "psycopg.Connection[tuple]", name: str) -> None:
        making = self.database(f"making_{os.getpid()}")
        self._drop(connection, making.name)
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(making.name), sql.Identifier(OWNER)
            )
        )
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "storefront.settings.test",
            "SHANHUO_DB_ROLE": "owner",
            "DATABASE_URL": making.url,
            "DATABASE_OWNER_URL": making.owner_url,
        }
        for command in (["migrate", "--verbosity=0"], ["grant_roles"]):
            done = subprocess.run(
                [sys.executable, ROOT / "manage.py", *command],
                env=environment,
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise PartError(f"manage.py {command[0]} failed:\n{done.stdout}{done.stderr}")
        self._seal(connection, making.name, name)

    def _seal(self, connection: "psycopg.Connection[tuple]", making: str, name: str) -> None:
        # Nobody may connect to a template: a connection would block its cloning.
        statements = (
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(making), sql.Identifier(name)
            ),
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)),
        )
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [making]
        )
        for statement in statements:
            connection.execute(statement)

    def forget(self) -> None:
        """Drop this process's databases and empty its Redis database."""
        with suppress(psycopg.Error), self._admin() as connection:
            for name in self._names(connection):
                if name.startswith(f"test_{self.run}_"):
                    self._drop(connection, name)
