"""How a document is made from what it is about. Nothing here reads or writes the database."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from storefront.search import sounds
from storefront.search.normalising import is_hanzi, normalise, runs, singular

# Part of every digest: a new number has all documents made again.
VERSION = 1
# Before it stand the initials, so that they are not taken for words.
INITIALS = "#"
LONGEST_LEXEME = 60
# What an administrative name may be written without: 灌阳县 is found as 灌阳 too.
_ENDINGS = re.compile(
    "(?:(?:[壮苗瑶侗回藏彝羌土满]|布依|土家|蒙古|维吾尔|哈萨克|朝鲜|傣|白|哈尼|仡佬)+族)*"
    "(?:自治[县区州旗]|特别行政区|[省市县区州旗村镇乡])$"
)
_WORDS = re.compile("[，,、;；/|\n]+")


@dataclass(frozen=True)
class Meaning:
    """A row of other words: normalised, what is typed and what it means in our names."""

    typed: tuple[str, ...]
    meant: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """All that a document is made from. `places` and `groups` are names that also find it."""

    kind: str
    key: str
    label_zh: str
    label_en: str = ""
    produce_id: int | None = None
    season_from: int = 1
    season_to: int = 12
    groups: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    meanings: tuple[Meaning, ...] = ()


@dataclass
class Made:
    """A document's columns, and its terms as {(text, lexeme): label}."""

    source: Source
    words: str = ""
    names: str = ""
    texts: str = ""
    name_zh: str = ""
    split_zh: str = ""
    name_en: str = ""
    sounds: list[str] = field(default_factory=list)
    initials: str = ""
    aliases: list[str] = field(default_factory=list)
    terms: dict[tuple[str, str], str] = field(default_factory=dict)


def split_list(text: str) -> tuple[str, ...]:
    """The words of a list that staff typed; spaces part Chinese words, not English ones."""
    found = []
    for part in _WORDS.split(text):
        here = part.split() if all(is_hanzi(one) for one in part.split()) else [part]
        found += [clean for one in here if (clean := normalise(one))]
    return tuple(dict.fromkeys(found))


def short_place(name: str) -> str:
    """A place without its administrative ending, if two characters or more are left."""
    bare = _ENDINGS.sub("", name)
    return bare if len(bare) > 1 else name


def without_place(name: str, places: Iterable[str]) -> str:
    """A name without the place that it begins with: 灌阳百香果 → 百香果."""
    for place in sorted(places, key=len, reverse=True):
        if name.startswith(place) and len(name) - len(place) > 1:
            return name[len(place) :]
    return name


def english(text: str) -> list[str]:
    """The English words of a text, in the singular."""
    return [singular(one) for one in runs(normalise(text)) if not is_hanzi(one)]


class _Lexemes:
    """Lexemes with their best weight, and terms.

    A of its name, B of another word for it, C of its category and places, D of its texts.
    """

    def __init__(self) -> None:
        self.weights: dict[str, str] = {}
        self.terms: dict[tuple[str, str], str] = {}
        # Words that are not only the end of one.
        self.whole: set[str] = set()

    def add(self, lexeme: str, weight: str, whole: bool = False) -> None:
        lexeme = lexeme[:LONGEST_LEXEME]
        if lexeme and weight < self.weights.get(lexeme, "E"):
            self.weights[lexeme] = weight
        if whole:
            self.whole.add(lexeme)

    def add_name(self, text: str, weight: str, places: Sequence[str] = ()) -> None:
        """A name in either script: found from each of its characters, syllables or words on.

        `places` that it begins with stay out of its term: a term is shared by all 百香果.
        """
        for run in runs(text):
            if is_hanzi(run):
                self._add_chinese(run, weight, without_place(run, places))
        words = english(text)
        for place, word in enumerate(words):
            self.add(word, weight, whole=True)
            self.add("".join(words[place:]), weight)
            self._term(word, word, word)
        if words and words[0] in {sounds.lazy_sound(place) for place in places}:
            words = words[1:]
        if len(words) > 1:
            joined = "".join(words)
            self._term(joined, joined, " ".join(words))

    def add_text(self, text: str) -> None:
        """Running text: whole words alone, and last of all."""
        for run in runs(text):
            if not is_hanzi(run):
                self.add(singular(run), "D", whole=True)
                continue
            for word in sounds.cut_finely(run):
                if len(word) > 1:
                    self.add(word, "D", whole=True)

    def _add_chinese(self, run: str, weight: str, whole: str) -> None:
        for place in range(len(run)):
            self.add(run[place:], weight)
        for reading in sounds.readings(run):
            for place in range(len(reading)):
                self.add("".join(reading[place:]), weight)
                if weight in "AB":
                    self.add(INITIALS + sounds.initials(reading[place:]), weight)
        for word in {*sounds.cut_finely(run), whole}:
            if len(word) > 1:
                self.add(word, weight, whole=True)
                for reading in sounds.readings(word):
                    self.add("".join(reading), weight)
                    self._term("".join(reading), word, word)

    def _term(self, text: str, lexeme: str, label: str) -> None:
        if len(text) > 2:
            self.terms[text[:LONGEST_LEXEME], lexeme[:LONGEST_LEXEME]] = label[:100]

    def vector(self, weights: str, texts: bool = False) -> str:
        """The lexemes of these weights as the text of a tsvector: letters, digits and # alone."""
        return " ".join(
            f"'{lexeme}':{position}{'' if texts else weight}"
            for position, (lexeme, weight) in enumerate(sorted(self.weights.items()), 1)
            if weight in weights and (not texts or lexeme in self.whole)
        )


def other_names(name_zh: str, name_en: str, meanings: Iterable[Meaning]) -> list[str]:
    """What else buyers call it: the words themselves, and the name with them put in."""
    found: list[str] = []
    for meaning in meanings:
        for meant in meaning.meant:
            name = name_zh if is_hanzi(meant) else f"{name_en} "
            if (meant if is_hanzi(meant) else f" {meant} ") not in name:
                continue
            for typed in meaning.typed:
                if typed in name:
                    continue
                found.append(typed)
                if is_hanzi(typed) == is_hanzi(meant):
                    found.append(name.replace(meant, typed).strip())
    return list(dict.fromkeys(found))


def make(source: Source) -> Made:
    """The document of a source."""
    label_zh, words_en = normalise(source.label_zh), english(source.label_en)
    name_zh = label_zh.replace(" ", "")
    name_en = "".join(f" {word}" for word in words_en)
    spoken = sounds.readings(name_zh)
    places = _with_short(source.places)
    lexemes = _Lexemes()
    lexemes.add_name(label_zh, "A", places if source.kind == "produce" else ())
    lexemes.add_name(" ".join(words_en), "A", [short_place(place) for place in places])
    aliases = other_names(name_zh, name_en, source.meanings)
    for alias in aliases:
        lexemes.add_name(alias, "B", places)
    others = [one for group in source.groups for one in _others_of_group(group, source.meanings)]
    for name in [*_with_short(source.groups + source.places), *others]:
        lexemes.add_name(normalise(name), "C")
    for text in source.texts:
        # Longer than a query, so it is taken in pieces.
        for piece in re.split(r"[\s，。、；：,.;:!?！？（）()]+", text):
            lexemes.add_text(normalise(piece))
    return Made(
        source=source,
        words=lexemes.vector("ABC"),
        names=lexemes.vector("AB"),
        texts=lexemes.vector("ABCD", texts=True),
        name_zh=name_zh,
        split_zh="".join(f" {word}" for word in sounds.cut(name_zh)),
        name_en=name_en,
        sounds=["".join(reading) for reading in spoken],
        initials=sounds.initials(spoken[0]),
        aliases=[_as_asked(alias) for alias in aliases],
        terms=lexemes.terms,
    )


def _others_of_group(group: str, meanings: Iterable[Meaning]) -> list[str]:
    return other_names(normalise(group), "", meanings)


def _as_asked(alias: str) -> str:
    return alias if is_hanzi(alias) else " ".join(english(alias)) or alias


def _with_short(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        found += [name, short_place(name)]
    return list(dict.fromkeys(filter(None, found)))
