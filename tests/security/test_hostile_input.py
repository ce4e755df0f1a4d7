"""Nonsense in every question and in every field of every form: an answer, and never raw HTML."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction

from tests.security.addresses import ADDRESSES, PEOPLE, resolve

pytestmark = pytest.mark.django_db

MARK = "<script>alert('x')</script>"
NONSENSE = {
    "nothing, and no text": "\x00",
    "no number": f"-{'9' * 30}.5e99",
    "long, with HTML": f"🍐'\"{MARK}%s{{{{ 7 }}}}" + "果" * 1500,
}
# What pages read from their address, beside the fields of their own forms.
ASKED = ("page", "p", "q", "sort", "next", "lang", "pack", "province", "village", "county", "to")
# They make Stripe or the printing of a whole PDF work for each question.
WORN = {"portal:packing-list"}


class Forms(HTMLParser):
    """Collects the forms of a page: [(method, action, names of fields)]."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, list[str]]] = []
        self.open = False

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        has = dict(given)
        if tag == "form":
            self.found.append(((has.get("method") or "get").lower(), has.get("action") or "", []))
            self.open = True
        name = has.get("name")
        if self.open and name and name != "csrfmiddlewaretoken":
            self.found[-1][2].append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = False


def forms_of(response: Any) -> list[tuple[str, str, list[str]]]:
    if not response.headers.get("Content-Type", "").startswith("text/html") or response.streaming:
        return []
    reader = Forms()
    reader.feed(response.content.decode())
    return reader.found


def shows_it_raw(response: Any) -> bool:
    html = response.headers.get("Content-Type", "").startswith("text/html")
    return html and not response.streaming and MARK.encode() in response.content


def entitled(name: str) -> str | None:
    """Who goes there: the one with most rights to it."""
    ways = ADDRESSES[name].get
    return next(
        (who for who in ("manager_a", "staff", "buyer", *PEOPLE) if ways.get(who) == "ok"), None
    )


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_gets_an_answer_everywhere(world, nonsense):
    text = NONSENSE[nonsense]
    asked = dict.fromkeys(ASKED, text)
    faults = []

    for name in sorted(ADDRESSES.keys() - WORN):
        who = entitled(name)
        if who is None:
            continue
        client, url = world["clients"][who], resolve(world, name, ADDRESSES[name])
        mark = transaction.savepoint()
        plain = client.get(url)
        tries = [("get", url, asked)]
        for method, action, fields in forms_of(plain):
            if action.startswith(("http:", "https:")) or "logout" in action:
                continue
            tries.append((method, action or url, dict.fromkeys(fields, text)))
        for method, there, given in tries:
            answer = getattr(client, method)(there, given)
            if answer.status_code >= 500 or shows_it_raw(answer):
                faults.append(f"{who} {method} {there} {sorted(given)} → {answer.status_code}")
        transaction.savepoint_rollback(mark)

    assert faults == []
