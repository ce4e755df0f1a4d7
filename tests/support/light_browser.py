"""A browser's requests at the least cost to the machine that is measured."""

import http.client
import re
import time
from typing import NamedTuple
from urllib.parse import urlencode

TOKEN = "a" * 32  # Django's double submit: the same in cookie and field
TIMEOUT = 120.0


class Answer(NamedTuple):
    """What a request gave. `seconds`: from sending it to its last byte."""

    status: int
    location: str
    text: str
    seconds: float


class Browser:
    """One session with its cookies; redirects are not followed."""

    def __init__(self, port: int) -> None:
        self.port, self.timeout = port, TIMEOUT
        self.cookies = {"csrftoken": TOKEN}
        self.answers: list[tuple[int, float]] = []

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, **given: object) -> Answer:
        return self._ask("POST", path, urlencode(given | {"csrfmiddlewaretoken": TOKEN}))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        headers = {
            "Accept-Language": "en",
            "Connection": "close",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            line.close()
        took = time.perf_counter() - begun
        for set_cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.answers.append((answer.status, took))
        location = re.sub(r"^https?://[^/]+", "", answer.headers.get("Location", ""))
        return Answer(answer.status, location, text, took)
