"""Viewers of a live room: the event stream, and polling beside it; part of `make bench`.

`python -m tests.performance.bench_room [--viewers N] [--seconds N]`. One stream process tells N
viewers, who are sockets of this process, two events a second: how long from the desk's write until
a viewer has read it, the process's CPU, and its memory above what it had with nobody there. Then
one web process answers now.json to as many as it can. It fails where a viewer was cut off.
"""

import argparse
import os
import resource
import selectors
import socket
import statistics
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

from tests.support.parts import Suite
from tests.support.servers import Running, ending, start_server, start_stream

EVERY = 0.5
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
ASKS_EVERY = 2.5


def main() -> int:
    """Measure, print, and say whether everybody was told everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, nargs="*", default=[500, 1500, 3000])
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    suite = Suite()
    suite.start()
    try:
        database = suite.clone(suite.new_name())
        os.environ.update(
            DJANGO_SETTINGS_MODULE="storefront.settings.test",
            DATABASE_URL=database.url,
            REDIS_URL=suite.redis_url,
            SECRET_KEY="only-for-tests",
            LOG_LEVEL="WARNING",
        )
        import django

        django.setup()
        return _measure(options)
    finally:
        from django.db import connections

        connections.close_all()
        suite.forget()
        suite.stop()


def _measure(options: argparse.Namespace) -> int:
    from django.contrib.auth import get_user_model

    from livestream.sessions.services import move
    from tests.support import chain
    from tests.support.sessions import make_session

    host = get_user_model().objects.create_user(email="host@example.org", password="pears-4-me")
    session = make_session(packs=[chain.make_grove(letter).pack for letter in "ABCDEFGH"])
    for to in ("scheduled", "live"):
        move(session, to, host, "desk")
    whole = True
    print(f"{'viewers':>8} {'p50':>7} {'p95':>7} {'longest':>8} {'of a core':>10} {'a viewer':>9}")
    with tempfile.TemporaryDirectory() as folder, ending() as started:
        for count in options.viewers:
            server = start_stream(os.environ, Path(folder))
            started.append(server)
            whole &= _stream(server, session.pk, count, options.seconds)
            server.stop()
        web = start_server(os.environ, Path(folder), workers=1, threads=2)
        started.append(web)
        rate = _poll(web, session.pk, min(10, options.seconds))
    print(
        f"polling, one web process: {rate:.0f} answers/s, so {rate * ASKS_EVERY:.0f} viewers "
        f"who ask every {ASKS_EVERY} s"
    )
    return 0 if whole else 1


def _stream(server: Running, session_id: int, count: int, seconds: int) -> bool:
    """Tell so many viewers two events a second, and print what it took."""
    crowd = Crowd(server.port, session_id)
    crowd.enter(1)
    crowd.read(3)
    idle = _memory(server)
    crowd.enter(count - 1)
    crowd.read(3)
    crowd.delays.clear()
    teller = threading.Thread(target=_tell, args=(session_id, seconds))
    began, used = time.monotonic(), _cpu(server)
    teller.start()
    crowd.read(seconds)
    core = (_cpu(server) - used) / (time.monotonic() - began)
    crowd.read(2)
    teller.join()
    each = (_memory(server) - idle) / (count - 1)
    delays = sorted(crowd.delays)
    p95 = delays[int(len(delays) * 0.95)]
    told = len(delays) == count * int(seconds / EVERY)
    print(
        f"{count:>8} {statistics.median(delays):>4.0f} ms {p95:>4.0f} ms {delays[-1]:>5.0f} ms "
        f"{core:>9.0%} {each:>6.1f} kB" + ("" if told else f"   {len(delays)}, {crowd.lost} lost"),
        flush=True,
    )
    crowd.leave()
    return told


def _tell(session_id: int, seconds: int) -> None:
    """What a desk's events are on the wire, each with the moment of its writing."""
    from livestream.room import wire

    begun, first = time.monotonic(), time.time_ns() // 1_000_000
    for number in range(int(seconds / EVERY)):
        time.sleep(max(0.0, begun + number * EVERY - time.monotonic()))
        state = {"sequence": first + number, "state": "live", "pinned": 1, "order": list(range(8))}
        more = {"notice": "今晚八点上新，先到先得", "chat_open": True, "slow_seconds": 0}
        at = f"{time.monotonic() * 1000:.1f}"
        wire.put_state(session_id, first + number, state | more | {"written": f"<{at}>"})


class Crowd:
    """Viewers: sockets that note when what was written reached them."""

    def __init__(self, port: int, session_id: int) -> None:
        self.port = port
        self.ask = f"GET /live-events/{session_id} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        self.selector = selectors.DefaultSelector()
        self.delays: list[float] = []
        self.lost = 0

    def enter(self, count: int) -> None:
        """So many more; they read meanwhile."""
        for number in range(count):
            line = socket.create_connection(("127.0.0.1", self.port), 20)
            line.sendall(self.ask)
            line.setblocking(False)
            self.selector.register(line, selectors.EVENT_READ)
            if number % 50 == 49:
                self.read(0.05)

    def read(self, seconds: float) -> None:
        """Read for some seconds whatever comes."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                line: socket.socket = key.fileobj  # type: ignore[assignment]
                data = line.recv(65536)
                moment = time.monotonic() * 1000
                if not data:
                    self.selector.unregister(line)
                    self.lost += 1
                for part in data.split(b'"written":"<')[1:]:
                    self.delays.append(moment - float(part.split(b">")[0]))

    def leave(self) -> None:
        """All go."""
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self.selector.close()


def _cpu(server: Running) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def _memory(server: Running) -> int:
    """Resident kB of a process."""
    text = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0])


def _poll(web: Running, session_id: int, seconds: int) -> float:
    """Answers a second to eight who ask again and again, as a page does, with its tag."""
    answers, end = [0] * 8, time.monotonic() + seconds

    def ask(number: int) -> None:
        line, tag = HTTPConnection("127.0.0.1", web.port, timeout=20), ""
        while time.monotonic() < end:
            line.request("GET", f"/live/{session_id}/now.json", headers={"If-None-Match": tag})
            answer = line.getresponse()
            answer.read()
            tag = answer.headers["ETag"]
            answers[number] += 1

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(answers) / seconds


if __name__ == "__main__":
    sys.exit(main())
