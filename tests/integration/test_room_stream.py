"""The event stream of live rooms: real processes, read as a browser would."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from livestream.room import chat, events, wire
from livestream.room.selectors import room_state
from livestream.sessions.services import move
from tests.support import chain
from tests.support.servers import Running, start_stream, wait_for
from tests.support.sessions import make_session


class Listener:
    """A viewer's connection."""

    def __init__(self, server: Running, session_id: int, last: str = "", query: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), 10)
        head = f"GET /live-events/{session_id}{query} HTTP/1.1\r\nHost: x\r\n"
        head += f"Last-Event-ID: {last}\r\n" if last else ""
        self.socket.sendall(f"{head}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value

    def events(self) -> Iterator[tuple[str, dict[str, Any], str]]:
        """(event, data, id) as they come."""
        event: dict[str, str] = {}
        for raw in self.file:
            line = raw.decode().rstrip("\n")
            if not line and "data" in event:
                yield event["event"], json.loads(event["data"]), event.get("id", "")
                event = {}
            name, _, value = line.partition(": ")
            if name in ("event", "data", "id"):
                event[name] = value

    def until(self, kind: str) -> tuple[dict[str, Any], str]:
        """The data and id of the next event of a kind."""
        return next((data, at) for name, data, at in self.events() if name == kind)


@pytest.fixture
def room(fresh_database, tmp_path, environment_on):
    """A live session, its host, and a function that starts a stream process."""
    host = get_user_model().objects.create_user(email="host@example.org", password="pears-4-me")
    session = make_session(packs=[chain.make_grove(letter).pack for letter in "AB"])
    for to in ("scheduled", "live"):
        move(session, to, host, "desk")
    started: list[Running] = []

    def start() -> Running:
        started.append(start_stream(environment_on(fresh_database, tmp_path), tmp_path))
        return started[-1]

    yield session, host, start
    for server in started:
        server.kill()


def test_viewers_of_two_processes_share_a_room_and_miss_nothing(room):
    session, host, start = room
    one, two = start(), start()
    first, second = session.shelf.values_list("pk", flat=True)
    listener, other = Listener(one, session.pk), Listener(two, session.pk)
    assert listener.status == 200
    assert listener.headers["content-type"].startswith("text/event-stream")
    assert listener.headers["access-control-allow-origin"] == "*"
    assert listener.until("room")[0] == room_state(session.pk).plain()
    other.until("room")

    pressed = time.monotonic()
    events.pin(session.pk, second, host)
    told, at = listener.until("room")
    assert time.monotonic() - pressed < 1
    assert told["pinned"] == other.until("room")[0]["pinned"] == second
    said = chat.say(session.pk, chat.Author("g1", None, "小禾"), "甜吗\n\ndata: x")
    assert listener.until("chat")[0] == chat.plain(said) | {"text": "甜吗 data: x"}

    # Whoever comes back to either process is told what he missed, once.
    back = Listener(two, session.pk, last=at)
    told = back.events()
    assert next(told)[0] == "room"
    assert next(told)[0] == "figures"
    assert next(told)[1]["id"] == said.pk
    # Figures of all processes, soon.
    wire.like(session.pk, 3)
    for name, figures, _ in listener.events():
        if name == "figures" and figures.get("viewers") == 3:
            break
    wait_for(lambda: wire.counted(session.pk) == (3, 3), 5, "all are counted")
    kept = json.loads(wire.line().hget(wire.state_key(session.pk), "shelf"))
    assert set(kept) == {str(first), str(second)}

    # One that dies takes its own viewers alone along.
    two.kill()
    events.pin(session.pk, first, host)
    assert listener.until("room")[0]["pinned"] == first


def test_a_room_that_nobody_made_and_other_addresses_are_not_there(room):
    session, _, start = room
    server = start()
    assert Listener(server, session.pk + 1000).status == 404
    assert Listener(server, session.pk, query="/more").status == 404
    assert Listener(server, session.pk, query="?after=nonsense&x=1").status == 200
