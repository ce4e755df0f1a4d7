"""`make run`: the whole site on one desk, under one process that ends it all."""

import fcntl
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from typing import IO, NoReturn

from .children import Child, Children
from .desk import Desk
from .media import HOW_TO_GET_IT
from .parts import Postgres, Redis
from .places import ROOT, VAR, PartError, open_folder, service_user
from .prepare import prepare
from .processes import free_port, port_is_free
from .stamps import Stamp, hash_of, migrations_hash

RUN, LOGS = VAR / "run", VAR / "log"
# The shop's own processes, in the order in which they end.
SHOP = ("schedule", "worker", "stream", "video", "web")


class Stopped(BaseException):
    """Ctrl-C or SIGTERM: not an Exception, so that nothing on the way swallows it."""


def say(text: str) -> None:
    """Print a line at once; a reader that has gone (`| head`) does not end the site."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def _stop(number: int, frame: object) -> NoReturn:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise Stopped


class Supervisor:
    """Starts everything in order, watches it, and ends it in the opposite order."""

    def __init__(self) -> None:
        port = os.environ.get("PORT") or "8000"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise PartError(f"PORT is {port!r}: it must be a number from 1 to 65535.")
        self.port = int(port)
        self.host = os.environ.get("HOST") or "127.0.0.1"
        self.desk = Desk(given={**os.environ, "PORT": port})
        self.children = Children(RUN, LOGS, say)
        self.lock: IO[str] | None = None
        self.sign_ins = ""

    def run(self) -> int:
        """Bring the site up and follow it until it is told to stop; returns the exit status."""
        began = time.monotonic()
        try:
            self._be_the_only_one()
            self.children.end_leftovers()
            self._check_port()
            prepare()
            self._start_parts()
            self._load()
            self._start_shop()
            self._announce(time.monotonic() - began)
            self._follow()
        except PartError as error:
            print(error, file=sys.stderr, flush=True)
            return 1
        except Stopped:
            say("\n- stopping")
            return 0
        finally:
            for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(name, signal.SIG_IGN)
            self._end()

    # -- before ---------------------------------------------------------------------------------

    def _be_the_only_one(self) -> None:
        self.lock = (RUN / "supervisor").open("a")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            address = f"http://localhost:{self.desk.remembered_port('web')}/"
            self.lock = None
            raise PartError(f"This clone already runs at {address}: stop that one first.") from None

    def _check_port(self) -> None:
        if self.port < 1024 and os.geteuid() != 0:
            raise PartError(f"Only root may use port {self.port}: choose another, PORT=8000.")
        if not port_is_free(self.port, self.host):
            raise PartError(
                f"Port {self.port} is taken: choose another, such as PORT={self.port + 1} make run."
            )
        self.desk.remember_port("web", self.port)
        for name in ("stream", "rtmp", "video"):
            self.desk.remember_port(name, free_port(self.desk.remembered_port(name)))

    def _start_parts(self) -> None:
        say("- starting PostgreSQL and Redis")
        self.desk.start()
        if self.desk.own_database:
            self._follow_part("postgres", self.desk.postgres)
        if self.desk.own_redis:
            self._follow_part("redis", self.desk.redis)
        for name in ("mail", "media"):
            open_folder(VAR / name)
        if self.desk.own_sandbox:
            self._start_sandbox()

    def _follow_part(self, name: str, part: Postgres | Redis) -> None:
        self.children.follow(name, part.log)
        self.children.follow(name, part.directory / "keeper.log")

    def _start_sandbox(self) -> None:
        port = free_port(self.desk.remembered_port("sandbox"))
        self.desk.remember_port("sandbox", port)
        environment = self.desk.environment()
        data = VAR / "stripe_sandbox"
        open_folder(data)
        command = [sys.executable, "-m", "deploy.stripe_sandbox", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--data", str(data)]
        command += ["--webhook-url", f"http://{self._local()}:{self.port}/payments/stripe/webhook"]
        command += ["--webhook-secret", environment["STRIPE_WEBHOOK_SECRET"]]
        command += ["--api-key", environment["STRIPE_API_KEY"]]
        self.children.start(Child("stripe", command, environment))
        self._wait_for(f"http://127.0.0.1:{port}/_sandbox/health", "stripe", 30)

    # -- data -----------------------------------------------------------------------------------

    def _manage(self, *arguments: str, owner: bool = False) -> str:
        environment = self.desk.environment(owner=owner)
        command = [sys.executable, "manage.py", *arguments]
        return self.children.run(arguments[0], command, environment)

    def _stamp(self, name: str) -> Stamp:
        # Beside the cluster, so that it is gone when the data is; a real server has none.
        folder = self.desk.postgres.home if self.desk.own_database else RUN
        return Stamp(folder / f"{name}.stamp")

    def _load(self) -> None:
        migrated, wanted = self._stamp("migrated"), migrations_hash()
        if not self.desk.own_database or not migrated.says(wanted):
            say("- making the tables (half a minute the first time)")
            migrated.clear()
            self._manage("migrate", owner=True)
            self._manage("grant_roles", owner=True)
            migrated.set(wanted)
        static = hash_of(
            [ROOT / "requirements" / "production.txt", *(ROOT / "assets" / "dist").rglob("*")]
        )
        collected = Stamp(RUN / "static.stamp")
        if not collected.says(static) or not (VAR / "static").is_dir():
            say("- collecting the static files")
            self._manage("collectstatic", "--noinput", "--verbosity=0")
            collected.set(static)
        self._load_demo(wanted)

    def _load_demo(self, migrations: str) -> None:
        demo = ROOT / "storefront" / "management" / "commands" / "load_demo.py"
        if not demo.exists() or os.environ.get("DEMO") == "0":
            return
        files = [demo, *(ROOT / "storefront" / "demo").rglob("*")]
        files += (ROOT / "deploy" / "demo").rglob("*")
        # What it prints has the site's address and the demo's password in it.
        said = [self.desk.environment()["SITE_URL"], os.environ.get("DEMO_PASSWORD", "")]
        wanted = "-".join([migrations, hash_of(files), *said])
        loaded = self._stamp("demo")
        if self.desk.own_database and loaded.says(wanted):
            self.sign_ins = loaded.note()
            return
        say("- loading the demo (half a minute the first time)")
        self.sign_ins = self._manage("load_demo")
        loaded.set(wanted, self.sign_ins)

    # -- the shop -------------------------------------------------------------------------------

    def _start_shop(self) -> None:
        environment = self.desk.environment()
        module = [sys.executable, "-m"]
        web = [
            *module,
            "gunicorn",
            "storefront.wsgi",
            "--no-control-socket",
            "--bind",
            f"{self.host}:{self.port}",
        ]
        web += ["--workers", "2", "--threads", "2", "--worker-class", "gthread", "--preload"]
        web += ["--graceful-timeout", "4", "--access-logfile", "-", "--log-level", "warning"]
        celery = [*module, "celery", "--quiet", "-A", "storefront"]
        # Threads: one process, so that even a kill -9 leaves none behind.
        worker = [*celery, "worker", "--pool", "threads", "--concurrency", "2"]
        worker += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
        beat = [*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""]
        beat += ["--schedule", str(RUN / "schedule")]
        stream = [*module, "uvicorn", "storefront.asgi:application", "--host", self.host]
        stream += ["--port", environment["LIVE_EVENTS_PORT"], "--no-access-log"]
        stream += ["--log-level", "warning", "--timeout-graceful-shutdown", "1"]
        say("- starting the web server, the event stream, the worker and the schedule")
        killed = signal.SIGKILL
        # On one desk, root is who is there.
        quiet = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}
        self.children.start(Child("web", web, environment))
        self._wait_for(f"http://{self._local()}:{self.port}/healthz", "web", 90)
        self.children.start(Child("stream", stream, environment))
        self._start_media(environment)
        self.children.start(Child("worker", worker, environment | quiet, on_parent_death=killed))
        self.children.start(Child("schedule", beat, environment, on_parent_death=killed))

    def _start_media(self, environment: dict[str, str]) -> None:
        if self.desk.media is None:
            if "LIVE_RTMP_URL" not in environment:
                say(f"  {HOW_TO_GET_IT}")
            return
        site, secret = f"http://{self._local()}:{self.port}", environment["LIVE_INGEST_SECRET"]
        command = self.desk.media.prepare(site, secret)
        # It needs nothing of the environment, and all of it is the site's.
        self.children.start(Child("video", command, {"LANG": "C"}, user=service_user()))

    def _local(self) -> str:
        return "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104

    def _wait_for(self, address: str, name: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(address, timeout=3):  # noqa: S310  an http address
                    return
            except urllib.error.HTTPError:
                return  # it answers: what it answers is its own affair
            except OSError:
                self.children.pump(0.2)
                self.children.mend()
            crashes = [child.crashes for child in self.children.all if child.name == name]
            if time.monotonic() > until or max(crashes, default=0) >= 3:
                log = LOGS / f"{name}.log"
                raise PartError(f"{name} does not answer: see {log}.")

    def _announce(self, took: float) -> None:
        site = f"http://localhost:{self.port}"
        lines = ["", f"山货集 · Shanhuo is up after {took:.0f} s", ""]
        lines += [f"  shop                {site}/", f"  cooperatives        {site}/coop/"]
        lines += [f"  pages, campaigns    {site}/cms/", f"  mail                {VAR / 'mail'}"]
        if self.desk.own_sandbox:
            lines += [
                "  card for payments   4242 4242 4242 4242, any later month, any three digits",
                f"  refunds, disputes   http://127.0.0.1:{self.desk.remembered_port('sandbox')}"
                "/dashboard (in place of Stripe's)",
            ]
        if self.desk.media is not None:
            lines.append(
                f"  video from OBS      rtmp://localhost:{self.desk.media.rtmp_port}/ingest"
            )
        lines += ["", *self.sign_ins.splitlines(), "", "Ctrl-C stops everything.", ""]
        say("\n".join(lines))

    def _follow(self) -> NoReturn:
        looked = time.monotonic()
        while True:
            self.children.pump(0.3)
            self.children.mend()
            if time.monotonic() - looked > 2:
                looked = time.monotonic()
                for part, ours in (
                    (self.desk.postgres, self.desk.own_database),
                    (self.desk.redis, self.desk.own_redis),
                ):
                    if ours and not part.running():
                        say(f"{part.kind} ended: starting it again")
                        part.start()

    def _end(self) -> None:
        self.children.end(SHOP)
        self.children.end([child.name for child in self.children.all])
        if self.lock is None:
            return
        if self.desk.held and not self.desk.stop():
            say("- PostgreSQL or Redis stays up: another command uses it")
        self.children.record.unlink(missing_ok=True)
        self.lock.close()


def main() -> int:
    """Run as `python -m deploy.embedded.supervisor`."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) != signal.SIG_IGN or name == signal.SIGTERM:  # nohup
            signal.signal(name, _stop)
    try:
        open_folder(RUN)
        return Supervisor().run()
    except PartError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except Stopped:
        return 0


if __name__ == "__main__":
    sys.exit(main())
