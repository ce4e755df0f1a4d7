"""Finds words that advertising must not use. It warns and refuses nothing: people decide."""

import re
import tomllib
from bisect import bisect_right
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FILE = Path(__file__).with_name("advertising_words.toml")
# How much of the text is shown on either side of a word.
AROUND = 8
REASONS: dict[str, str | Promise] = {
    "absolute": _("an absolute claim (Advertising Law, article 9)"),
    "state": _("in the name of the state or its people (Advertising Law, article 9)"),
    "medical": _("a medical claim, which food must not make (Advertising Law, article 17)"),
    "misleading": _("a promise that misleads (Advertising Law, article 28)"),
}


class Found(NamedTuple):
    """A word in a text: text[start:end] is the word."""

    start: int
    end: int
    word: str
    reason: str | Promise


class Warned(NamedTuple):
    """A word with what stands around it, for people to read."""

    before: str
    word: str
    after: str
    reason: str | Promise


@cache
def _rules() -> tuple[tuple[re.Pattern[str], re.Pattern[str] | None, str], ...]:
    """(words, ordinary, reason) of each rule of the file."""
    rules = tomllib.loads(FILE.read_text(encoding="utf-8"))["rule"]
    return tuple(
        (
            re.compile("|".join(f"(?:{one})" for one in rule["words"])),
            re.compile("|".join(rule["ordinary"])) if "ordinary" in rule else None,
            rule["reason"],
        )
        for rule in rules
    )


def forbidden_words(text: str) -> list[Found]:
    """The words of a text that the Advertising Law forbids in advertising, in their order.

    Ordinary words that only look like one (最近, 第一次) are left out. What may be true and can be
    proved is named all the same: its author knows better.
    """
    found = []
    for words, ordinary, reason in _rules():
        plain = [match.span() for match in ordinary.finditer(text)] if ordinary else []
        for match in words.finditer(text):
            start, end = match.span()
            # The last plain span that begins here or before: they do not overlap.
            at = bisect_right(plain, (start, len(text))) - 1
            if at < 0 or plain[at][1] < end:
                found.append(Found(start, end, match.group(), REASONS[reason]))
    return sorted(found, key=lambda one: one[:2])


def warnings_of(text: str) -> list[Warned]:
    """The same, each with its place in the text."""
    return [
        Warned(text[max(0, start - AROUND) : start], word, text[end : end + AROUND], reason)
        for start, end, word, reason in forbidden_words(text)
    ]
