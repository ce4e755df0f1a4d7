"""What is found, and what is suggested while typing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from catalog.clock import today
from catalog.models import in_language
from storefront.search.asking import Asked, understand
from storefront.search.highlighting import Piece, marked
from storefront.search.models import Document
from storefront.search.sql import nearest_terms, rows_of, statement

MOST = 500
# A word of several is only put right if what it is taken for is at least as near as that.
SURE = 0.5
KINDS = list(Document.Kind.values)


@dataclass(frozen=True)
class Hit:
    """A document that was found. `guessed`: only by what is spelt nearly so."""

    kind: str
    key: str
    produce_id: int | None
    label_zh: str
    label_en: str
    score: float
    guessed: bool


@dataclass(frozen=True)
class Suggestion:
    """A line under the search field: where it leads, and its text with what matches marked."""

    text: str
    url: str
    kind: str
    pieces: tuple[Piece, ...] = ()


def _hits(asked: Asked | None, kinds: list[str], limit: int) -> Iterator[Hit]:
    if asked is None:
        return
    sql, parameters = statement(asked, kinds, today().month, limit)
    for row in rows_of(sql, parameters):
        yield Hit(*row)


def found(query: str, limit: int = MOST) -> list[int]:
    """Keys of the produce that a query finds, the best first, at most `limit`. One query, and a
    second small one at most every half minute. Whatever is typed is no error."""
    hits = _hits(understand(query), [Document.Kind.PRODUCE], limit)
    return [hit.produce_id for hit in hits if hit.produce_id is not None]


def suggestions(query: str, limit: int = 8) -> list[Suggestion]:
    """Produce, categories and places for what is typed so far, in the page's language."""
    asked = understand(query)
    rows = []
    for hit in _hits(asked, KINDS, limit):
        text = in_language(hit.label_zh, hit.label_en)
        rows.append(Suggestion(text, _url(hit), hit.kind, marked(text, query)))
    return rows


def _url(hit: Hit) -> str:
    if hit.kind == Document.Kind.PRODUCE:
        return reverse("shop:produce", args=[hit.key])
    name = {"category": hit.key} if hit.kind == Document.Kind.CATEGORY else {"q": hit.label_zh}
    return f"{reverse('shop:produce-list')}?{urlencode(name)}"


def did_you_mean(query: str) -> str:
    """What a query that finds nothing as it is spelt may have meant, or "". At most two queries."""
    asked = understand(query)
    first = next(_hits(asked, [Document.Kind.PRODUCE], 1), None)
    if asked is None or first is None or not first.guessed:
        return ""
    sql, parameters = nearest_terms(asked)
    best = {place: (label, near) for place, label, near in rows_of(sql, parameters)}
    return _sentence(asked, best)


def _sentence(asked: Asked, best: dict[int, Any]) -> str:
    """The label for the whole, unless the words together come nearer."""
    whole, near = best.get(1, ("", 0.0))
    words = [best.get(place) for place in range(2, len(asked.guesses) + 1)]
    sure = [one for one in words if one and one[1] >= SURE]
    if words and len(sure) == len(words) and sum(one[1] for one in sure) > near * len(words):
        return " ".join(one[0] for one in sure)
    return whole
