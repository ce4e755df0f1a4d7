"""The words that documents have, kept in each process for cutting up what people type."""

import threading
import time

from django.db.models import Count, Max

from storefront.search import sounds
from storefront.search.models import Term
from storefront.search.normalising import is_hanzi, singular

# How old a process's words may be, in seconds of its own monotonic clock.
FRESH = 30.0
SHORTEST_PIECE = 2
LEFT_OVER = 4
_lock = threading.Lock()
_state: dict = {"checked": -FRESH, "version": None, "latin": frozenset()}


def refresh(at_once: bool = False) -> None:
    """Learn the terms that came since. At most one small query in FRESH seconds."""
    with _lock:
        if not at_once and time.monotonic() - _state["checked"] < FRESH:
            return
        version = tuple(Term.objects.aggregate(rows=Count("pk"), last=Max("pk")).values())
        if version != _state["version"]:
            rows = list(Term.objects.values_list("text", "label"))
            _state["latin"] = frozenset(text for text, _ in rows)
            _state["hanzi"] = [label for _, label in rows if is_hanzi(label)]
            _state["version"] = version
            _state["taught"] = False
        _state["checked"] = time.monotonic()


def split_latin(text: str) -> list[str]:
    """Words typed without spaces, apart: guanyanghongshufen → guanyang, hongshufen.

    As it is if it is a word itself, or if no words make it up.
    """
    refresh()
    known = _state["latin"]
    if text in known or singular(text) in known or len(text) < 2 * SHORTEST_PIECE + 2:
        return [text]
    # best[n]: the fewest words that text[:n] is made of.
    best: list[list[str] | None] = [[]] + [None] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(end):
            head = best[start]
            if head is None or text[start:end] not in known:
                continue
            here = best[end]
            if here is None or len(head) + 1 < len(here):
                best[end] = [*head, text[start:end]]
    return best[len(text)] or [text]


def part_off(text: str) -> list[str]:
    """The longest word that a text without spaces begins with, and the rest; or the text alone."""
    for end in range(len(text) - LEFT_OVER, LEFT_OVER - 1, -1):
        if text[:end] in _state["latin"]:
            return [text[:end], text[end:]]
    return [text]


def teach_chinese() -> None:
    """Have Chinese cut by the names that documents have."""
    refresh()
    with _lock:
        hanzi, taught = _state.get("hanzi", []), _state.get("taught")
        _state["taught"] = True
    if not taught:
        sounds.learn(hanzi)
