"""What the rest uses: a PostgreSQL and a Redis that are up between start() and stop().

    postgres = Postgres(Path("var/postgres"))
    postgres.start()
    postgres.url            # the application's role
    postgres.owner_url      # the role that owns the tables
    postgres.superuser_url  # by the private socket
    postgres.stop()

Several processes may hold one server; it ends with the last of them, however that one ends.
"""

from pathlib import Path
from urllib.parse import quote

from .keeper import Kept
from .places import VAR, PartError
from .postgres import APPLICATION, DATABASE, OWNER, SUPERUSER

__all__ = ["PartError", "Postgres", "Redis"]


class Postgres(Kept):
    """A hold on the embedded PostgreSQL of a folder."""

    kind = "PostgreSQL"

    def __init__(
        self, directory: Path = VAR / "postgres", *, quick: bool = False, unsynced: bool = False
    ) -> None:
        """For tests: `quick` trades safety against any crash for speed, `unsynced` only safety
        against a crash of the machine.
        """
        super().__init__(directory, quick=quick, unsynced=unsynced)

    def url_for(self, database: str, role: str = APPLICATION) -> str:
        """Return the address of a database for one of the three roles."""
        password = self.state["passwords"][role]
        port = self.state["port"]
        if role == SUPERUSER:
            socket = quote(self.state["sockets"], safe="")
            return f"postgres://{role}:{password}@/{database}?host={socket}&port={port}"
        return f"postgres://{role}:{password}@127.0.0.1:{port}/{database}"

    @property
    def url(self) -> str:
        """The application's role, in the database of `make run`."""
        return self.url_for(DATABASE)

    @property
    def owner_url(self) -> str:
        """The role that owns the tables and migrates."""
        return self.url_for(DATABASE, OWNER)

    @property
    def superuser_url(self) -> str:
        """The superuser, by the private socket."""
        return self.url_for("postgres", SUPERUSER)

    @property
    def home(self) -> Path:
        """The folder of the cluster: what is kept there lives and dies with the data."""
        return Path(self.state["home"])

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.directory / "postgres.log"


class Redis(Kept):
    """A hold on the embedded Redis of a folder."""

    kind = "Redis"

    def __init__(self, directory: Path = VAR / "redis", *, quick: bool = False) -> None:
        """`quick` keeps nothing on disk: for tests."""
        super().__init__(directory, quick=quick)

    def url_for(self, number: int) -> str:
        """Return the address of one of its 64 numbered databases."""
        return f"redis://:{self.state['password']}@127.0.0.1:{self.state['port']}/{number}"

    @property
    def url(self) -> str:
        """Database 0."""
        return self.url_for(0)

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.directory / "redis.log"
