"""What a query asks for, as the parameters of the search statement."""

from dataclasses import dataclass, field

from storefront.search import lexicon, sounds
from storefront.search.documents import INITIALS
from storefront.search.normalising import MOST_TOKENS, is_hanzi, normalise, runs, singular

# Joined with others, so short a word of Latin letters is in too many places to mean anything.
FEWEST_TO_GUESS = 3


@dataclass(frozen=True)
class Unit:
    """One word that is asked for, in forms of which any will do. They are letters, digits, #."""

    forms: tuple[str, ...]

    def begun(self, weight: str = "") -> str:
        """The tsquery for what begins with it."""
        return "({})".format(" | ".join(f"'{one}':*{weight}" for one in self.forms))

    def whole(self) -> str:
        """The tsquery for it as a whole."""
        return "({})".format(" | ".join(f"'{one}'" for one in self.forms))


@dataclass(frozen=True)
class Asked:
    """A query, ready for the statement.

    zh       it whole, if it is Chinese, without spaces
    en       its Latin words in the singular, with spaces
    sound    it whole as it sounds or is typed, without spaces
    units    the words of which all must be found
    guesses  Latin forms, to look for what is spelt nearly so: first of it whole, then of each word
    """

    zh: str = ""
    en: str = ""
    sound: str = ""
    units: list[Unit] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)

    @property
    def begun(self) -> str:
        """The tsquery that finds candidates by beginnings: each unit, or the whole in one."""
        also = "".join(f" | '{one}':*" for one in (self.zh, self.sound) if len(one) > 1)
        return " & ".join(unit.begun() for unit in self.units) + also

    @property
    def whole(self) -> str:
        """The same, of whole words alone."""
        also = "".join(f" | '{one}' | '#{one}'" for one in (self.zh, self.sound) if len(one) > 1)
        return " & ".join(unit.whole() for unit in self.units) + also


def understand(query: str) -> Asked | None:
    """What a query asks for; None if there is no letter, digit or character in it."""
    tokens = normalise(query).split()[:MOST_TOKENS]
    joined = "".join(tokens)
    # One letter is in everything, and says nothing.
    if not joined or (len(joined) == 1 and not is_hanzi(joined)):
        return None
    latin = not any(is_hanzi(run) for run in runs(joined))
    if not latin:
        lexicon.teach_chinese()
    units: list[Unit] = []
    for token in tokens:
        for run in runs(token):
            units += _chinese(run) if is_hanzi(run) else _latin(run)
    mixed = not latin and not is_hanzi(joined)
    words = [singular(token) for token in tokens] if latin else []
    # Pure Chinese is compared as it stands; its sound serves the guesses alone.
    sound = joined if latin else sounds.lazy_sound(joined) if mixed else ""
    return Asked(
        zh=joined if is_hanzi(joined) else "",
        en=" ".join(words),
        sound=sound,
        units=units[:MOST_TOKENS],
        guesses=_guesses(tokens, latin),
    )


def _chinese(run: str) -> list[Unit]:
    return [Unit((word,)) for word in sounds.cut(run)]


def _latin(run: str) -> list[Unit]:
    pieces = lexicon.split_latin(run)
    if len(pieces) > 1:
        return [Unit((piece,)) for piece in pieces]
    initials = (INITIALS + run,)
    if len(run) == 1:
        return [Unit(initials)]
    return [Unit((*dict.fromkeys((singular(run), run)), *initials))]


def _guesses(tokens: list[str], latin: bool) -> list[str]:
    """Latin forms of the whole and of each token, or of its words if there is only one."""
    pieces = tokens
    if len(tokens) == 1 and latin:
        pieces = lexicon.split_latin(tokens[0])
        if len(pieces) == 1:
            pieces = lexicon.part_off(tokens[0])
    elif len(tokens) == 1:
        # One character sounds like too many others.
        words = [piece for run in runs(tokens[0]) for piece in _words_of(run)]
        pieces = [word for word in words if len(word) > 1]
    spoken = [singular(one) if latin else sounds.lazy_sound(one) for one in pieces]
    whole = "".join(spoken) if latin else sounds.lazy_sound("".join(tokens))
    return [whole] + [one for one in spoken if one != whole and len(one) >= FEWEST_TO_GUESS]


def _words_of(run: str) -> list[str]:
    return sounds.cut(run) if is_hanzi(run) else lexicon.split_latin(run)
