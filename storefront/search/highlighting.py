"""Which part of a name is what was typed."""

from dataclasses import dataclass

from storefront.search import sounds
from storefront.search.normalising import is_hanzi, normalise


@dataclass(frozen=True)
class Piece:
    """A piece of a name; `match`: it was typed."""

    text: str
    match: bool


def marked(text: str, query: str) -> tuple[Piece, ...]:
    """A name in pieces. The whole unmarked where no stretch of it is what was typed."""
    asked = normalise(query)
    span = _literal(text, asked) or _literal(text, asked.replace(" ", "")) or _spoken(text, asked)
    for word in [] if span else asked.split():
        span = span or _literal(text, word)
    if not span:
        return (Piece(text, False),)
    start, end = span
    pieces = (Piece(text[:start], False), Piece(text[start:end], True), Piece(text[end:], False))
    return tuple(piece for piece in pieces if piece.text)


def _literal(text: str, asked: str) -> tuple[int, int] | None:
    # A case that is folded to another length would shift the stretch.
    lower = text.lower()
    start = lower.find(asked) if asked and len(lower) == len(text) else -1
    return (start, start + len(asked)) if start >= 0 else None


def _spoken(text: str, asked: str) -> tuple[int, int] | None:
    """The characters that sound as typed, or whose initials were typed."""
    typed = asked.replace(" ", "")
    if not typed or not is_hanzi(text) or is_hanzi(typed):
        return None
    spoken = sounds.syllables(text)
    for start in range(len(spoken)):
        for end in range(start + 1, len(spoken) + 1):
            said = "".join(spoken[start:end])
            # The last syllable may be only begun.
            before = "".join(spoken[start : end - 1])
            if said == typed or (said.startswith(typed) and len(before) < len(typed)):
                return start, end
    letters = sounds.initials(spoken)
    start = letters.find(typed)
    return (start, start + len(typed)) if start >= 0 and len(letters) == len(text) else None
