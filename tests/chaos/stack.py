"""The servers of a chaos run: each can be killed, and comes back."""

import contextlib
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from deploy.embedded.places import ROOT, VAR, open_folder, service_user
from deploy.embedded.postgres import OWNER, SUPERUSER, usable_binaries
from deploy.embedded.processes import free_port, spawn, wait_until
from tests.support.parts import Database, Suite
from tests.support.sandbox import start_sandbox
from tests.support.servers import Running, answers, wait_for

FOLDER = VAR / "chaos"
STRIPE_KEY, PUBLISHABLE, WEBHOOK_SECRET = "sk_test_chaos", "pk_test_chaos", "whsec_chaos"
WORKERS = 2


class Stack:
    """PostgreSQL, Redis, sandbox, two web processes, two workers and the schedule."""

    def __init__(self, template: str = "") -> None:
        """`template` is the address of a migrated database to copy; without it one is migrated."""
        self.suite = Suite(FOLDER, quick=False, unsynced=True)
        self.suite.start()
        self.folder = FOLDER / "runs" / f"{os.getpid()}"
        shutil.rmtree(self.folder, ignore_errors=True)
        open_folder(self.folder)
        (self.folder / "points" / "died").mkdir(parents=True)
        self.database = self._copy(template) if template else self._clone()
        self.port = free_port()
        hook = f"http://127.0.0.1:{self.port}/payments/stripe/webhook"
        self.sandbox = start_sandbox(
            self.folder / "stripe",
            hook,
            WEBHOOK_SECRET,
            webhook_retries=(0.2, 0.5, 1, 2),
            api_key=STRIPE_KEY,
            publishable_key=PUBLISHABLE,
        )
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "CHAOS_FOLDER": str(self.folder),
            "SHANHUO_DB_ROLE": "app",
            "DATABASE_URL": self.database.url,
            "REDIS_URL": self.suite.redis_url,
            "SECRET_KEY": secrets.token_hex(24),
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "STRIPE_API_KEY": STRIPE_KEY,
            "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "STRIPE_API_BASE": self.sandbox.url,
            "STRIPE_JS_URL": self.sandbox.js_url,
            "MEDIA_ROOT": str(self.folder / "media"),
            "SHANHUO_CLOCK_FILE": str(self.folder / "clock"),
            "LOG_LEVEL": "WARNING",
        }
        self.web: Running | None = None
        self.hatchery: Running | None = None

    def _clone(self) -> Database:
        return self.suite.clone(self.suite.new_name())

    def _copy(self, template: str) -> Database:
        """Copy a database of another server: quicker than to migrate."""
        made = self.suite.empty(self.suite.new_name(), OWNER)
        binaries = usable_binaries(self.suite.postgres.home, service_user())
        dump = subprocess.run(
            [binaries / "pg_dump", "--dbname", template], capture_output=True, check=True
        )
        restore = [binaries / "psql", "--quiet", "--set", "ON_ERROR_STOP=1"]
        restore += ["--dbname", self.suite.postgres.url_for(made.name, SUPERUSER)]
        subprocess.run(restore, input=dump.stdout, capture_output=True, check=True)
        return made

    # -- the shop's processes -----------------------------------------------------------------

    def start(self) -> None:
        """Start the web processes and the workers; from the main thread."""
        self._start_web()
        self.hatchery = self._start("hatchery", ["tests.chaos.hatchery", str(WORKERS)])
        log = self.hatchery
        wait_for(lambda: "hatched" in log.said(), 60, "the workers are there", log)
        self.wait_for_web()

    def _start(self, name: str, command: list[str]) -> Running:
        log = self.folder / f"{name}.log"
        environment = {**os.environ, **self.environment, "CHAOS_MAY_DIE": "1"}
        environment.pop("DATABASE_OWNER_URL", None)
        with log.open("ab") as output:
            process = spawn(
                [sys.executable, "-m", *command],
                environment={**environment, "PYTHONUNBUFFERED": "1"},
                directory=ROOT,
                output=output,
                on_parent_death=signal.SIGKILL,
            )
        return Running(name, process, log, f"http://127.0.0.1:{self.port}", self.port)

    def _start_web(self) -> None:
        command = ["gunicorn", "storefront.wsgi", "--no-control-socket", "--preload"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4"]
        command += ["--worker-class", "gthread", "--timeout", "60", "--graceful-timeout", "3"]
        self.web = self._start("web", command)

    def wait_for_web(self) -> None:
        wait_for(lambda: answers(f"{self.url}/healthz"), 90, "the web server answers", self.web)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        """Start again what was killed whole."""
        if self.web is not None and self.web.process.poll() is not None:
            self._start_web()

    # -- killing ------------------------------------------------------------------------------

    def kill_web(self, dice: random.Random, *, whole: bool = False) -> bool:
        """SIGKILL a web process, or all of them with their master."""
        assert self.web is not None
        if whole:
            self.web.kill()
            return True
        return _kill_one(self.web.process.pid, dice)

    def kill_worker(self, dice: random.Random) -> bool:
        """SIGKILL a worker, or now and then the schedule."""
        assert self.hatchery is not None
        return _kill_one(self.hatchery.process.pid, dice)

    def kill_redis(self) -> bool:
        pid = int((FOLDER / "redis" / "process").read_text().split()[0])
        return _signal(pid, signal.SIGKILL)

    def kill_postgres(self, with_signal: int) -> bool:
        """SIGKILL is a crash, SIGQUIT an immediate shutdown; its keeper starts it again."""
        lock = self.suite.postgres.home / "data" / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            return _signal(int(lock.read_text().split()[0]), with_signal)
        return False

    def wait_for_database(self, seconds: float = 60) -> bool:
        import psycopg

        def up() -> bool:
            try:
                psycopg.connect(self.database.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                return False
            return True

        return wait_until(up, seconds, 0.2)

    # -- the sandbox --------------------------------------------------------------------------

    def stripe(self, path: str) -> dict[str, Any]:
        """Read from the sandbox's API with the server's key."""
        request = urllib.request.Request(
            self.sandbox.url + path, headers={"Authorization": f"Bearer {STRIPE_KEY}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def listed(self, what: str) -> list[dict[str, Any]]:
        """A whole list of the sandbox's."""
        rows: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.stripe(f"/v1/{what}?limit=100{after}")
            rows += page["data"]
            if not page["has_more"]:
                return rows
            after = f"&starting_after={rows[-1]['id']}"

    def set_clock(self, seconds: int) -> None:
        path = Path(self.environment["SHANHUO_CLOCK_FILE"])
        making = path.with_suffix(".new")
        making.write_text(str(seconds))
        making.replace(path)

    def stop(self) -> None:
        for part in (self.web, self.hatchery):
            if part is not None:
                part.kill()
        self.sandbox.stop()
        self.suite.forget()
        self.suite.stop()


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _kill_one(parent: int, dice: random.Random) -> bool:
    try:
        children = psutil.Process(parent).children()
    except psutil.NoSuchProcess:
        return False
    return bool(children) and _signal(dice.choice(children).pid, signal.SIGKILL)
