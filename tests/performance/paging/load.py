"""A light load: `python -m tests.performance.paging.load`, the order as JSON on its input.

So many connections that stay open, each with the cookies of a visitor of its own, ask for paths
drawn by chance, one request after another. One process and one thread, reading no more of an
answer than its head and its length: it takes a small, equal part of the machine from all sites.
"""

import json
import random
import re
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass
class Order:
    """Seconds to go on for, and at least so many requests; what to ask of whom."""

    port: int
    paths: list[str]
    cookies: list[str]
    seconds: float
    least: int = 0
    gzip: bool = False
    seed: int = 0
    # Ask for each path once, in turn, instead.
    each_once: bool = False


@dataclass
class Line:
    """A connection and the answer that it waits for."""

    port: int
    cookie: str
    sock: socket.socket = field(init=False)
    begun: float = 0.0
    got: bytearray = field(default_factory=bytearray)
    missing: int = -1
    status: int = 0
    closes: bool = False

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        self.sock = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, path: str, extra: str) -> None:
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept-Language: zh-hans\r\n"
        head += f"{extra}{self.cookie}\r\n"
        self.got.clear()
        self.missing = -1
        self.begun = time.perf_counter()
        self.sock.sendall(head.encode())

    def read(self) -> bool:
        """Take what came; True when the answer is whole."""
        part = self.sock.recv(1 << 18)
        if not part:
            raise ConnectionError(f"closed after {bytes(self.got[:300])!r}")
        if self.missing < 0:
            self.got += part
            end = self.got.find(HEAD_END)
            if end < 0:
                return False
            head = bytes(self.got[: end + 2])
            length = LENGTH.search(head)
            assert length, head
            self.status, self.closes = int(head[9:12]), bool(CLOSE.search(head))
            self.missing = int(length[1]) - (len(self.got) - end - len(HEAD_END))
        else:
            self.missing -= len(part)
        return self.missing <= 0


def run(order: Order) -> dict:
    """Ask, and give {"times": sorted seconds, "seconds", "statuses"}."""
    chance = random.Random(order.seed)
    lines = [Line(order.port, f"Cookie: {each}\r\n" if each else "") for each in order.cookies]
    extra = "Accept-Encoding: gzip\r\n" if order.gzip else ""
    rest = iter(order.paths)
    times: list[float] = []
    statuses: dict[int, int] = {}
    poll = selectors.DefaultSelector()
    begun = time.perf_counter()
    open_lines = 0

    def next_path() -> str | None:
        if order.each_once:
            return next(rest, None)
        if time.perf_counter() - begun > order.seconds and len(times) >= order.least:
            return None
        return chance.choice(order.paths)

    for line in lines:
        path = next_path()
        if path is not None:
            line.ask(path, extra)
            poll.register(line.sock, selectors.EVENT_READ, line)
            open_lines += 1
    while open_lines:
        for key, _ in poll.select():
            line = key.data
            if not line.read():
                continue
            times.append(time.perf_counter() - line.begun)
            statuses[line.status] = statuses.get(line.status, 0) + 1
            path = next_path()
            if path is None or line.closes:
                poll.unregister(line.sock)
                line.sock.close()
            if path is None:
                open_lines -= 1
                continue
            if line.closes:
                line.connect()
                poll.register(line.sock, selectors.EVENT_READ, line)
            line.ask(path, extra)
    seconds = time.perf_counter() - begun
    return {"times": sorted(times), "seconds": seconds, "statuses": statuses}


if __name__ == "__main__":
    json.dump(run(Order(**json.load(sys.stdin))), sys.stdout)
