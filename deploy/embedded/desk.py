"""The environment of one desk: every name that the settings read and that nobody has set.

A name that is set always wins, and then its embedded part is not started.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import media
from .parts import Postgres, Redis
from .places import VAR, kept_secret, open_folder
from .processes import free_port

# Commands that need neither database nor Redis.
WITHOUT_PARTS = {"", "help", "--help", "-h", "version", "--version", "check", "collectstatic"}
WITHOUT_PARTS |= {"makemessages", "compilemessages", "makemigrations", "diffsettings", "startapp"}


@dataclass
class Desk:
    """The embedded parts of one folder and the environment that names them."""

    given: Mapping[str, str]
    folder: Path = VAR
    postgres: Postgres = field(init=False)
    redis: Redis = field(init=False)

    def __post_init__(self) -> None:
        self.postgres = Postgres(self.folder / "postgres")
        self.redis = Redis(self.folder / "redis")

    @property
    def own_database(self) -> bool:
        """Whether PostgreSQL is an embedded part here."""
        return not self.given.get("DATABASE_URL")

    @property
    def own_redis(self) -> bool:
        """Whether Redis is an embedded part here."""
        return not self.given.get("REDIS_URL")

    @property
    def own_sandbox(self) -> bool:
        """Whether the payments go to our Stripe sandbox."""
        return not self.given.get("STRIPE_API_KEY")

    @property
    def media(self) -> media.Media | None:
        """The media server of this desk; None where another is named, or the machine has none."""
        if self.given.get("LIVE_RTMP_URL") or not media.is_there():
            return None
        return media.Media(
            self.remembered_port("rtmp"),
            self.remembered_port("video"),
            self.folder / "video",
            self.given.get("HOST") or "127.0.0.1",
        )

    def start(self) -> None:
        """Start (or join) PostgreSQL and Redis, if they are ours; raises PartError."""
        if self.own_database:
            self.postgres.start()
        if self.own_redis:
            self.redis.start()

    @property
    def held(self) -> bool:
        """Whether this process holds one of them."""
        return self.postgres.held or self.redis.held

    def stop(self) -> bool:
        """Let go of them; False if others still use one."""
        return all([self.postgres.stop(), self.redis.stop()])

    def remembered_port(self, name: str) -> int:
        """Return the port that a part of ours had last time, or a free one for the first time."""
        kept = self.folder / "run" / f"{name}.port"
        open_folder(kept.parent)
        if not kept.exists():
            kept.write_text(str(free_port()))
        return int(kept.read_text())

    def remember_port(self, name: str, port: int) -> None:
        """Keep a part's port for the next start, and for `manage.py`."""
        open_folder(self.folder / "run")
        (self.folder / "run" / f"{name}.port").write_text(str(port))

    def site_port(self) -> int:
        """Return PORT, else the port of the last `make run`, else 8000."""
        kept = self.folder / "run" / "web.port"
        return int(self.given.get("PORT") or (kept.read_text() if kept.exists() else 8000))

    def environment(self, *, owner: bool = False) -> dict[str, str]:
        """Return the given names and those that were missing.

        Only with `owner` does it tell the owner role's address: servers never know it.
        """
        secrets = self.folder / "secrets"
        open_folder(secrets)
        site = f"http://localhost:{self.site_port()}"
        missing = {
            "DJANGO_SETTINGS_MODULE": "storefront.settings.development",
            "SECRET_KEY": kept_secret(secrets / "secret-key"),
            "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
            "SITE_URL": site,
            "EMAIL_URL": f"filemail:///{self.folder / 'mail'}",
            "MEDIA_ROOT": str(self.folder / "media"),
            "SHANHUO_CLOCK_FILE": str(self.folder / "clock"),
            # Viewers of live rooms listen to a process of its own, at a port of its own.
            "LIVE_EVENTS_PORT": str(self.remembered_port("stream")),
        }
        port = self.given.get("LIVE_EVENTS_PORT") or missing["LIVE_EVENTS_PORT"]
        missing["LIVE_EVENTS_URL"] = f"http://localhost:{port}/live-events/"
        if self.media is not None:
            missing |= self.media.environment()
            missing["LIVE_INGEST_SECRET"] = kept_secret(secrets / "live-ingest")
        if self.own_database:
            missing["DATABASE_URL"] = self.postgres.url
        if self.own_redis:
            missing["REDIS_URL"] = self.redis.url
        if self.own_sandbox:
            sandbox = f"http://127.0.0.1:{self.remembered_port('sandbox')}"
            missing |= {
                "STRIPE_API_KEY": kept_secret(secrets / "stripe-key", "sk_test_"),
                "STRIPE_PUBLISHABLE_KEY": kept_secret(secrets / "stripe-public", "pk_test_"),
                "STRIPE_WEBHOOK_SECRET": kept_secret(secrets / "stripe-webhook", "whsec_"),
                "STRIPE_API_BASE": sandbox,
                "STRIPE_JS_URL": f"{sandbox}/v3/",
            }
        told = {name: value for name, value in self.given.items() if value}
        environment = {**missing, **told}
        if owner and self.own_database:
            environment["DATABASE_OWNER_URL"] = self.postgres.owner_url
        if owner:
            environment["SHANHUO_DB_ROLE"] = "owner"
        else:
            environment.pop("DATABASE_OWNER_URL", None)
            environment["SHANHUO_DB_ROLE"] = "app"
        return environment


# What this process holds until it ends.
_held: list[Desk] = []


def prepare_manage(command: str, owner: bool) -> None:
    """Set this process's environment for a `manage.py` command, holding the parts till it ends.

    With production's settings nothing is supplied: what is missing there must be said.
    """
    desk = Desk(given=dict(os.environ))
    if desk.given.get("DJANGO_SETTINGS_MODULE", "").endswith(".production"):
        return
    if command in WITHOUT_PARTS:
        os.environ.update(placeholders(desk))
        return
    desk.start()
    _held.append(desk)
    os.environ.update(desk.environment(owner=owner))


def placeholders(desk: Desk) -> dict[str, str]:
    """Return values that let settings load where no server is needed, under those that are set."""
    nothing = {
        "DJANGO_SETTINGS_MODULE": "storefront.settings.development",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "DATABASE_OWNER_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "not-a-secret-and-never-used-to-sign-anything-that-lasts",
        "ALLOWED_HOSTS": "localhost",
        "SITE_URL": "http://localhost:8000",
        "EMAIL_URL": "dummymail://",
        "MEDIA_ROOT": str(desk.folder / "media"),
        "STRIPE_API_KEY": "sk_test_none",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_none",
        "STRIPE_WEBHOOK_SECRET": "whsec_none",
    }
    return nothing | {name: value for name, value in desk.given.items() if value}
