"""Real server processes for the tests that need them. They die with the test."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.places import ROOT
from deploy.embedded.prepare import find_npm
from deploy.embedded.processes import free_port, spawn, stop


@dataclass
class Running:
    """A started process: where it answers, and where its log is."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    url: str = ""
    port: int = 0

    def said(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(errors="replace")

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        """End it (again is no fault)."""
        stop(self.process, with_signal, patience=5)

    def kill(self) -> None:
        """End it as a power cut would."""
        stop(self.process, signal.SIGKILL)


@contextmanager
def ending() -> Iterator[list[Running]]:
    """A list of what was started; at the end all of it ends, the latest first."""
    started: list[Running] = []
    try:
        yield started
    finally:
        # What they would still do goes to a database that is dropped next.
        for server in reversed(started):
            server.kill()


def wait_for(
    true: Callable[[], bool], seconds: float, what: str, server: Running | None = None
) -> None:
    """Wait until it is so; fails with the server's log when it ends or the time is over."""
    end = time.monotonic() + seconds
    while not true():
        ended = server is not None and server.process.poll() is not None
        if ended or time.monotonic() > end:
            log = f"\n{server.said()[-4000:]}" if server else ""
            raise AssertionError(f"{what}: not within {seconds} s{log}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Say whether the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _start(name: str, command: list[str], env: Mapping[str, str], folder: Path) -> Running:
    log = folder / f"{name}-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = spawn(
            [sys.executable, "-m", *command],
            environment=env,
            directory=ROOT,
            output=output,
            on_parent_death=signal.SIGKILL if name == "worker" else signal.SIGTERM,
        )
    return Running(name, process, log)


def start_server(
    env: Mapping[str, str],
    folder: Path,
    workers: int = 4,
    threads: int = 1,
    port: int = 0,
    wait: bool = True,
) -> Running:
    """Start gunicorn and, unless told not to, wait for /healthz."""
    port = port or free_port()
    command = ["gunicorn", "storefront.wsgi", "--no-control-socket", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(workers), "--threads", str(threads), "--worker-class", "gthread"]
    command += ["--graceful-timeout", "3", "--timeout", "60", "--backlog", "2048"]
    server = _start("web", command, env, folder)
    server.port, server.url = port, f"http://127.0.0.1:{port}"
    if wait:
        until_up(server)
    return server


def until_up(server: Running) -> None:
    """Wait until a web server that was started answers."""
    wait_for(lambda: answers(f"{server.url}/healthz"), 60, "the web server answers", server)


def start_stream(env: Mapping[str, str], folder: Path, port: int = 0) -> Running:
    """Start the event stream of live rooms and wait until it answers."""
    port = port or free_port()
    command = ["uvicorn", "storefront.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "1"]
    server = _start("stream", command, env, folder)
    server.port, server.url = port, f"http://127.0.0.1:{port}"
    wait_for(lambda: answers(f"{server.url}/live-events/healthz"), 60, "the stream answers", server)
    return server


def start_worker(env: Mapping[str, str], folder: Path, concurrency: int = 2) -> Running:
    """Start a Celery worker and wait until it takes tasks."""
    command = ["celery", "-A", "storefront", "worker", "--pool", "threads"]
    command += ["--concurrency", str(concurrency), "--loglevel", "INFO"]
    command += ["--without-gossip", "--without-mingle", "-n", f"test-{free_port()}@%h"]
    server = _start("worker", command, env, folder)
    wait_for(lambda: " ready." in server.said(), 60, "the worker is ready", server)
    return server


def start_sandbox(
    folder: Path,
    webhook_url: str,
    webhook_secret: str,
    api_key: str,
    port: int = 0,
    events: Sequence[str] = ("*",),
) -> Running:
    """Start our Stripe sandbox, whose endpoint enables `events`, and wait for its health."""
    port = port or free_port()
    data = folder / f"stripe-{port}"
    data.mkdir(exist_ok=True)
    command = ["deploy.stripe_sandbox", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--data", str(data), "--webhook-url", webhook_url]
    command += ["--webhook-secret", webhook_secret, "--api-key", api_key]
    command += ["--webhook-events", ",".join(events)]
    server = _start("sandbox", command, os.environ, folder)
    server.port, server.url = port, f"http://127.0.0.1:{port}"
    wait_for(lambda: answers(f"{server.url}/_sandbox/health"), 30, "the sandbox answers", server)
    return server


def start_campus(folder: Path, return_address: str) -> Running:
    """Start a real OpenID provider with the people of campus_provider.mjs."""
    port = free_port()
    log = folder / f"campus-{port}.log"
    npm, environment = find_npm()
    node = shutil.which("node", path=environment["PATH"]) or npm[0]
    script = ROOT / "tests" / "support" / "campus_provider.mjs"
    with log.open("wb") as output:
        process = spawn(
            [node, script, str(port), return_address],
            environment=environment,
            directory=ROOT,
            output=output,
        )
    server = Running("campus", process, log, f"http://127.0.0.1:{port}", port)
    wait_for(lambda: "ready\n" in server.said(), 30, "the campus answers", server)
    return server
